"""Write core/models/tables/*.json from the installed Keras: `python scripts/make_layer_tables.py [BACKBONE ...]`.

Without names all of them, in some minutes.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.models import BACKBONES, find_backbone
from core.models.tables import measure, write

if __name__ == "__main__":
    made = {}
    for backbone in [find_backbone(name) for name in sys.argv[1:]] or BACKBONES.values():
        start = time.perf_counter()
        table = measure(backbone, made.get(backbone.family))
        made.setdefault(backbone.family, table)
        print(write(table), f"{time.perf_counter() - start:.0f} s", flush=True)
