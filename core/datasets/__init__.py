"""Photos in: import from folder, zip or dropped files, the catalogue, the split, the demo photos."""

from core.datasets.catalogue import (
    damaged_datasets,
    exam_rows,
    find_dataset,
    left_out,
    list_datasets,
    load_photo,
    photo_file,
    photo_path,
    photo_rows,
    store_dataset,
)
from core.datasets.dividing import planned_counts
from core.datasets.folders import allowed_path, allowed_roots
from core.datasets.given import given_notes, given_split
from core.datasets.importing import import_dropped_folder, import_files, import_folder, import_path, import_zip
from core.datasets.labels_csv import read_labels
from core.datasets.splitting import (
    class_counts,
    find_split,
    list_splits,
    make_split,
    near_copies_known,
    near_copies_of,
    sides,
    split_rows,
    thin_classes,
)

__all__ = [
    "DIGITS",
    "LEAVES",
    "allowed_path",
    "allowed_roots",
    "class_counts",
    "damaged_datasets",
    "ensure_demo",
    "exam_rows",
    "find_dataset",
    "find_split",
    "given_notes",
    "given_split",
    "import_dropped_folder",
    "import_files",
    "import_folder",
    "import_path",
    "import_zip",
    "left_out",
    "list_datasets",
    "list_splits",
    "load_photo",
    "make_split",
    "near_copies_known",
    "near_copies_of",
    "photo_file",
    "photo_path",
    "photo_rows",
    "planned_counts",
    "read_labels",
    "sides",
    "split_rows",
    "store_dataset",
    "thin_classes",
]


def __getattr__(name: str):
    # Only who asks for the demo photos loads what draws them, and `python -m core.datasets.demo` loads it once.
    if name in ("DIGITS", "LEAVES", "ensure_demo"):
        from core.datasets import demo

        return getattr(demo, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
