"""Pre-trained weights: found, checked, and kept once for all runs under the hash of their content."""

import contextlib
import hashlib
import json
import os
import re
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from core.errors import BadSpec, WeightsNotFound, WeightsUnavailable
from core.models.backbones import Backbone
from core.models.weights_file import fits, require_fit
from core.settings import Settings

CONNECT_SECONDS = 10
_CHUNK = 1 << 20
_HASH = re.compile(r"[0-9a-f]{64}")

Report = Callable[[int, int | None], None]  # bytes so far, bytes in all


def stored(settings: Settings, sha256: str) -> Path:
    """Where the weights of that content hash are kept (they may not be there yet). Raises BadSpec if it is no hash."""
    if not _HASH.fullmatch(sha256):
        raise BadSpec(reason=f"weights_hash must be 64 hexadecimal digits; received {sha256[:80]!r}")
    return settings.frozen_weights / f"{sha256}.weights.h5"


def resolve(settings: Settings, backbone: Backbone, weights: str, report: Report | None = None) -> tuple[Path, str]:
    """Find weights by name and keep a copy under their content hash. Needs no Keras.

    weights: "imagenet" (looked for in settings.weights, then among what was fetched before, then in Keras's own cache,
        then downloaded) or the name of a file in settings.weights.
    report: called with bytes done and bytes in all while downloading.

    Returns the path of the copy inside settings.frozen_weights and the SHA-256 of its content, 64 hex digits.
    Raises BadSpec, WeightsNotFound, WeightsMismatch, WeightsUnavailable.
    """
    if not backbone.pretrained:
        raise BadSpec(reason=f"{backbone.title} has no pre-trained weights; choose weights none. Received: {weights}")
    if weights != "imagenet":
        return keep(settings, backbone, _file_in_folder(settings, weights))
    if settings.weights and (path := settings.weights / backbone.weights_file).is_file():
        kept = keep(settings, backbone, path)
    elif kept := _known(settings, backbone):
        return kept
    else:
        kept = _fetched(settings, backbone, report)
    _remember(settings, backbone, kept[1])
    return kept


def _file_in_folder(settings: Settings, name: str) -> Path:
    folder = settings.weights
    plain = Path(name).name == name and name not in ("", ".", "..") and "\x00" not in name
    if folder is None or not plain or not _lies_in(folder, name):
        raise WeightsNotFound(name=name[:200], folder=folder or "the THAW_WEIGHTS folder, which is not set")
    return folder / name


def _lies_in(folder: Path, name: str) -> bool:
    """Whether it is a file of the folder; a link that leads elsewhere is none that a visitor may choose by its name."""
    try:
        path = (folder / name).resolve()
        return path.is_file() and path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # too long a name, a loop of links
        return False


def list_files(settings: Settings, backbone: Backbone) -> list[str]:
    """Names of the files in settings.weights that fit the backbone, sorted: what a person can choose by name."""
    if settings.weights is None or not backbone.pretrained:
        return []
    found = sorted(path for path in settings.weights.glob("*.h5") if _lies_in(settings.weights, path.name))
    return [path.name for path in found if fits(path, backbone)]


@lru_cache(maxsize=64)
def _hash_of(path: Path, _size: int, _mtime_ns: int) -> str:
    """SHA-256 of a file; kept in memory as long as its size and time stay."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits; read again only where its size or time changed."""
    status = path.stat()
    return _hash_of(path, status.st_size, status.st_mtime_ns)


def keep(settings: Settings, backbone: Backbone, source: Path) -> tuple[Path, str]:
    """Copy a weights file that fits the backbone to its place by content hash, once. Raises WeightsMismatch."""
    require_fit(source, backbone)
    path = stored(settings, sha256 := content_hash(source))
    if not path.exists():
        with _beside(path) as copy, source.open("rb") as file:
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            if digest.hexdigest() != sha256:
                raise BadSpec(reason=f"{source.name} changed while it was read; try again")
    return path, sha256


@contextlib.contextmanager
def _beside(path: Path):
    """A file to write that takes the place of `path` once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _index(settings: Settings) -> dict[str, str]:
    """Content hash of the ImageNet weights by backbone, as found last on this computer."""
    try:
        content = json.loads((settings.frozen_weights / "imagenet.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(sha256) for name, sha256 in content.items()} if isinstance(content, dict) else {}


def _known(settings: Settings, backbone: Backbone) -> tuple[Path, str] | None:
    sha256 = _index(settings).get(backbone.name, "")
    if _HASH.fullmatch(sha256) and (path := stored(settings, sha256)).is_file():
        return path, sha256
    return None


def _remember(settings: Settings, backbone: Backbone, sha256: str) -> None:
    if _index(settings).get(backbone.name) == sha256:
        return
    with FileLock(settings.frozen_weights / ".imagenet.lock"):
        content = json.dumps(_index(settings) | {backbone.name: sha256}, indent=1, sort_keys=True)
        with _beside(settings.frozen_weights / "imagenet.json") as file:
            file.write(content.encode())


def at_hand(settings: Settings, backbone: Backbone) -> bool:
    """Whether the ImageNet weights are on this computer, so that nothing would be downloaded. Looks, never reads."""
    if not backbone.pretrained:
        return False
    here = settings.weights and (settings.weights / backbone.weights_file).is_file()
    return bool(here or _known(settings, backbone) or _in_keras_cache(backbone))


def _in_keras_cache(backbone: Backbone) -> Path | None:
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    cached = keras_home / "models" / backbone.download.file
    return cached if cached.is_file() else None


def _fetched(settings: Settings, backbone: Backbone, report: Report | None) -> tuple[Path, str]:
    """From Keras's own cache or its server; the file is checked before it is kept. Raises WeightsUnavailable."""
    if cached := _in_keras_cache(backbone):
        return keep(settings, backbone, cached)
    settings.frozen_weights.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.frozen_weights / f".{backbone.name}.lock"):
        if known := _known(settings, backbone):  # another process fetched it meanwhile
            return known
        target = settings.frozen_weights / f".{backbone.name}.fetched.h5"
        try:
            _download(backbone, target, report)
            kept = keep(settings, backbone, target)
            _remember(settings, backbone, kept[1])
            return kept
        finally:
            target.unlink(missing_ok=True)


def _download(backbone: Backbone, target: Path, report: Report | None) -> None:
    download = backbone.download

    def unavailable(reason: str) -> WeightsUnavailable:
        return WeightsUnavailable(backbone=backbone.title, reason=reason, file=backbone.weights_file)

    limit, done = 4 * download.megabytes * 10**6, 0
    digest = hashlib.new("sha256" if len(download.checksum or "") == 64 else "md5", usedforsecurity=False)
    try:
        with (
            urllib.request.urlopen(download.url, timeout=CONNECT_SECONDS) as answer,
            _beside(target) as file,
        ):
            total = int(answer.headers.get("Content-Length") or 0) or None
            while chunk := answer.read(_CHUNK):
                done += len(chunk)
                if done > limit:
                    raise unavailable("the server sent far more than the weights")
                digest.update(chunk)
                file.write(chunk)
                if report:
                    report(done, total)
            if (total and done != total) or (download.checksum and digest.hexdigest() != download.checksum):
                raise unavailable("the download arrived damaged")
    except urllib.error.HTTPError as error:
        raise unavailable(f"the server answered {error.code}") from None
    except TimeoutError:
        raise unavailable(f"no answer within {CONNECT_SECONDS} s") from None
    except urllib.error.URLError as error:
        slow = isinstance(error.reason, TimeoutError)
        lost = isinstance(error.reason, socket.gaierror | ConnectionError)
        reason = f"no answer within {CONNECT_SECONDS} s" if slow else "there is no network" if lost else error.reason
        raise unavailable(str(reason)) from None
    except OSError as error:
        raise unavailable(error.strerror or type(error).__name__) from None
