"""Photos of an import that is still going on: kept apart, so that a failed import leaves nothing behind."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from PIL import Image

from core.datasets.catalogue import photo_file, stored_photo
from core.datasets.decoding import Encoded, UnreadablePhoto
from core.settings import Settings

Decode = Callable[[Sequence[bytes]], list[Encoded | UnreadablePhoto]]


@dataclass(frozen=True)
class Kept:
    id: str  # SHA-256 of the bytes the photo came as
    width: int  # px, as kept
    height: int  # px


def sweep_staging(settings: Settings) -> None:
    """Remove what imports that were killed left: a folder whose lock nobody holds."""
    for path in _root(settings).glob("*.lock"):
        try:
            with FileLock(path, timeout=0):
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink(missing_ok=True)
        except (Timeout, OSError):
            continue


def _root(settings: Settings) -> Path:
    return settings.photos / ".staging"


class Staging:
    """A folder beside the photos that lives as long as one import; used as a context."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._root = _root(settings)
        self._folder = self._root / uuid.uuid4().hex
        self._lock = FileLock(self._folder.with_suffix(".lock"))

    def __enter__(self) -> "Staging":
        self._root.mkdir(parents=True, exist_ok=True)
        sweep_staging(self._settings)
        self._lock.acquire()
        self._folder.mkdir()
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def keep(self, contents: Sequence[bytes], decode: Decode) -> list[Kept | UnreadablePhoto]:
        """Decode and stage photos, or find them among the stored ones. Safe from several threads at once.

        Raises what `decode` raises where nothing can be decoded at all.
        """
        ids = [hashlib.sha256(content).hexdigest() for content in contents]
        found: list = [self._stored(photo_id) for photo_id in ids]
        new = [place for place, kept in enumerate(found) if kept is None]
        for place, encoded in zip(new, decode([contents[place] for place in new]) if new else (), strict=True):
            found[place] = encoded if isinstance(encoded, UnreadablePhoto) else self._stage(ids[place], encoded)
        return found

    def _stored(self, photo_id: str) -> Kept | None:
        if (known := stored_photo(self._settings, photo_id)) is not None:
            try:
                with Image.open(known) as photo:
                    return Kept(photo_id, *photo.size)
            except OSError:  # damaged meanwhile: written again
                pass
        return None

    def _stage(self, photo_id: str, encoded: Encoded) -> Kept:
        beside = self._folder / f".{photo_id}.{uuid.uuid4().hex[:8]}.part"
        beside.write_bytes(encoded.content)
        beside.replace(self._folder / f"{photo_id}{encoded.suffix}")
        return Kept(photo_id, encoded.width, encoded.height)

    def publish(self, ids: Iterable[str]) -> None:
        """Move the staged photos among `ids` to their places; the others go with the folder."""
        wanted = set(ids)
        # One sync for all photos: a photo that is in its place is whole, even after a power cut.
        os.sync()
        for path in self._folder.iterdir():
            if path.stem in wanted:
                place = photo_file(self._settings, path.stem, path.suffix)
                place.parent.mkdir(exist_ok=True)
                path.replace(place)
