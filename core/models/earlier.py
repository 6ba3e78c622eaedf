"""What an earlier run trained, as start weights of another: kept by content, so that the new run stands on its own."""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock

from core.errors import WeightsNotFound
from core.models.weights import content_hash, stored
from core.records import RunSpec
from core.settings import Settings

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_SPEC, _TRAINED = "spec.json", "trained.weights.h5"


def is_run_id(weights: str | None) -> bool:
    """Whether `weights` of a spec names an earlier run."""
    return bool(weights and _RUN_ID.fullmatch(weights))


def keep_run(settings: Settings, spec: RunSpec, trained: Path) -> str:
    """Keep what a finished run trained together with its spec, once; returns the SHA-256 of both, 64 hex digits.

    spec: as it was stored, so that its own start weights go by their content. trained: what `save_trained` wrote.
    """
    text = spec.model_dump_json(exclude_defaults=True)
    sha256 = run_hash(spec, trained)
    folder = _folder(settings, sha256)
    settings.frozen_weights.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.frozen_weights / ".runs.lock"):
        if not folder.is_dir():
            beside = Path(tempfile.mkdtemp(dir=settings.frozen_weights, prefix=".", suffix=".part"))
            try:
                shutil.copyfile(trained, beside / _TRAINED)
                (beside / _SPEC).write_text(text, encoding="utf-8")
                beside.rename(folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    return sha256


def run_hash(spec: RunSpec, trained: Path) -> str:
    """SHA-256 of a spec and of what was trained by it, 64 hex digits."""
    return hashlib.sha256(f"{spec.id} {content_hash(trained)}".encode()).hexdigest()


def kept_run(settings: Settings, sha256: str) -> tuple[RunSpec, Path] | None:
    """Spec and trained weights of the run kept under that hash; None where the hash is of something else."""
    folder = _folder(settings, sha256)
    if not folder.is_dir():
        return None
    try:
        spec = RunSpec.model_validate_json((folder / _SPEC).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise WeightsNotFound(name=f"the earlier run {sha256[:12]}", folder=folder) from None
    if not (folder / _TRAINED).is_file():
        raise WeightsNotFound(name=f"the earlier run {sha256[:12]}", folder=folder)
    return spec, folder / _TRAINED


def _folder(settings: Settings, sha256: str) -> Path:
    path = stored(settings, sha256)
    return path.with_name(path.name.removesuffix(".weights.h5"))
