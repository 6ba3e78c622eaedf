"""Checkpoints of a running training: complete folders of plain arrays, each with a manifest that proves it whole."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from core.kill_points import kill_point

KEPT = 2  # the newest, and the one before in case the newest is damaged
ARRAYS = "arrays.npz"
MANIFEST = "manifest.json"
FORMAT = 2  # 1 had no check over the manifest itself


def save(folder: Path, spec_id: str, epoch: int, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> Path:
    """Write the checkpoint of `epoch` (counts over all phases) as a new folder in `folder`; returns it.

    Written beside, synced, renamed: a folder with its final name is complete. `state` must be plain JSON; it and the
    SHA-256 of the arrays' file stand in the manifest. Older checkpoints but the one before are deleted, and later ones
    that are damaged. Where writing fails (a full disk), nothing of the new one is left and the older ones stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"epoch-{epoch:05d}"
    beside = folder / f".{final.name}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        _write(beside, spec_id, epoch, arrays, state)
        kill_point("checkpoint-written")
        shutil.rmtree(final, ignore_errors=True)  # a damaged one of the same epoch
        beside.rename(final)
        kill_point("checkpoint-renamed")
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    _sync_folder(folder)
    for old in _folders(folder):
        # Whoever trains from an earlier epoch on found the later ones damaged. They would push the good ones out.
        if old.name > final.name and _load(old, spec_id) is None:
            shutil.rmtree(old, ignore_errors=True)
    for old in _folders(folder)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def _write(beside: Path, spec_id: str, epoch: int, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
    with (beside / ARRAYS).open("wb") as file:
        np.savez(file, **arrays)
        _sync(file)
    kill_point("checkpoint-arrays")
    manifest = {
        "format": FORMAT,
        "spec": spec_id,
        "epoch": epoch,
        "sha256": {ARRAYS: _sha256(beside / ARRAYS)},
        "state": state,
    }
    with (beside / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(manifest | {"check": _check(manifest)}, file, indent=1)
        _sync(file)
    _sync_folder(beside)


def newest(folder: Path, spec_id: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Arrays and state of the newest valid checkpoint of this spec; None where there is none.

    A folder that is cut short, damaged, of another spec or of another format is passed over; so is one that holds
    numbers that are none, from which no training can go on.
    """
    loaded = (_load(candidate, spec_id) for candidate in _folders(folder))
    return next((found for found in loaded if found is not None), None)


def _load(candidate: Path, spec_id: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    try:
        manifest = json.loads((candidate / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] not in (1, FORMAT) or manifest["spec"] != spec_id:
            return None
        if (manifest["format"] == FORMAT or "check" in manifest) and manifest["check"] != _check(manifest):
            return None
        if manifest["sha256"][ARRAYS] != _sha256(candidate / ARRAYS):
            return None
        with np.load(candidate / ARRAYS, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        whole = all(np.isfinite(array).all() for array in arrays.values())
        return (arrays, manifest["state"]) if whole else None
    except MemoryError:
        raise
    except Exception:  # whatever a damaged file makes JSON, zip or NumPy stumble over: there may be an older one
        return None


def delete(folder: Path) -> None:
    """Delete all checkpoints; called once the run is finished."""
    shutil.rmtree(folder, ignore_errors=True)


def _folders(folder: Path) -> list[Path]:
    """Folders of complete checkpoints, newest first."""
    return sorted(folder.glob("epoch-*"), reverse=True)


def _sync(file) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(manifest: dict[str, Any]) -> str:
    """SHA-256 of the manifest without its own check: a changed digit of its state is valid JSON, too."""
    content = {key: value for key, value in manifest.items() if key != "check"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
