"""Where Thaw keeps things and what the environment says, read once per process."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    home: Path  # everything Thaw stores; THAW_HOME
    weights: Path | None  # the operator's folder of *_notop.weights.h5; THAW_WEIGHTS
    tracking_uri: str  # where runs are kept; MLFLOW_TRACKING_URI, else SQLite inside home
    photo_roots: tuple[Path, ...] | None  # folders a visitor may import from by path; THAW_PHOTOS, None where unset
    hosts: tuple[str, ...] = ()  # names besides this machine's own that the server answers to; THAW_HOSTS
    class_mode: bool = False  # whether the server asks for a class code; THAW_CLASS
    teachers: tuple[str, ...] = ()  # mail addresses that are teachers where a school's login is used; THAW_TEACHERS
    login_domains: tuple[str, ...] = ()  # mail domains that may sign in there; THAW_LOGIN_DOMAINS
    memory_mb: int | None = None  # that a job may hold; THAW_MEMORY, None where this machine decides

    @property
    def artifact_root(self) -> Path:
        """Folder of the embedded run store's artifacts."""
        return self.home / "artifacts"

    @property
    def photos(self) -> Path:
        """Folder of all imported and drawn photos, addressed by photo id."""
        return self.home / "photos"

    @property
    def cache(self) -> Path:
        """Folder of what can be computed again: decoded photos, frozen-prefix outputs."""
        return self.home / "cache"

    @property
    def frozen_weights(self) -> Path:
        """Folder of pre-trained weights files by content hash, kept once for all runs."""
        return self.home / "weights"

    @property
    def jobs(self) -> Path:
        """Folder of the jobs' attempts: logs, checkpoints, results not yet published."""
        return self.home / "jobs"


def read(environ=os.environ) -> Settings:
    """Settings from environment variables; every path absolute, nothing is created."""
    home = Path(environ.get("THAW_HOME") or Path.home() / ".thaw").expanduser().resolve()
    weights = environ.get("THAW_WEIGHTS")
    roots = environ.get("THAW_PHOTOS")
    return Settings(
        home=home,
        weights=Path(weights).expanduser().resolve() if weights else None,
        tracking_uri=environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'runs.db'}",
        photo_roots=tuple(Path(root).expanduser().resolve() for root in roots.split(os.pathsep) if root)
        if roots
        else None,
        hosts=_listed(environ.get("THAW_HOSTS", "")),
        class_mode=environ.get("THAW_CLASS", "").strip().lower() in ("1", "true", "yes", "on"),
        teachers=_listed(environ.get("THAW_TEACHERS", "").lower()),
        login_domains=_listed(environ.get("THAW_LOGIN_DOMAINS", "").lower()),
        memory_mb=_megabytes(environ.get("THAW_MEMORY", "").strip()),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _megabytes(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise ValueError(f"THAW_MEMORY must be a whole number of megabytes, for example 4096. Received: {text}")
    return int(text) if text else None


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read()
