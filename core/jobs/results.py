"""What a worker hands to the supervisor: the files of a result in the attempt's folder, and last the JSON of it."""

import os
import sys
from pathlib import Path

from core.jobs import places
from core.kill_points import kill_point
from core.records import Predictions
from core.runs.files import read_json, read_predictions, write_json, write_predictions


def leave(folder: Path, predictions: Predictions, metrics: dict[str, float], files: dict[str, Path]) -> None:
    """Leave a result, whose `files` lie in `folder`; the JSON that makes it complete comes last, all else on disk."""
    write_predictions(folder, predictions)
    for path in files.values():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    kill_point("result-files")
    write_json(folder / places.RESULT, {"metrics": metrics, "files": {name: path.name for name, path in files.items()}})
    kill_point("result-left")


def read(folder: Path) -> tuple[Predictions, dict[str, float], dict[str, Path]] | None:
    """Predictions, figures and files of a complete result; None where there is none, or a part of it was damaged."""
    left = read_json(folder / places.RESULT)
    if not left:
        return None
    try:
        files = {name: folder / Path(path).name for name, path in left["files"].items()}
        if gone := [name for name, path in files.items() if not path.is_file()]:
            raise FileNotFoundError(f"{', '.join(gone)} is missing")
        return read_predictions(folder), left["metrics"], files
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise  # the disk, not what is on it
        print(f"Result in {folder}: {type(error).__name__}: {error}", file=sys.stderr)
        return None
