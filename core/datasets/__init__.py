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

__all__ = [
    "exam_rows",
    "find_dataset",
    "left_out",
    "list_datasets",
    "load_photo",
    "photo_file",
    "photo_path",
    "photo_rows",
    "store_dataset",
]
