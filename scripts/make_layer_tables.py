"""Write core/models/tables/*.json from the installed Keras: `python scripts/make_layer_tables.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.models import BACKBONES
from core.models.tables import measure, write

if __name__ == "__main__":
    for backbone in BACKBONES.values():
        print(write(measure(backbone)))
