"""Photos in: import from folder, zip or dropped files, the catalogue, the split, the demo photos."""

from core.datasets.catalogue import (
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
from core.datasets.folders import allowed_path, allowed_roots
from core.datasets.importing import import_dropped_folder, import_files, import_folder, import_path, import_zip
from core.datasets.splitting import (
    class_counts,
    find_split,
    list_splits,
    make_split,
    planned_counts,
    split_rows,
    thin_classes,
)

__all__ = [
    "allowed_path",
    "allowed_roots",
    "class_counts",
    "exam_rows",
    "find_dataset",
    "find_split",
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
    "photo_file",
    "photo_path",
    "photo_rows",
    "planned_counts",
    "split_rows",
    "store_dataset",
    "thin_classes",
]
