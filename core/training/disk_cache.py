"""Arrays that can be computed again: one `.npy` an entry, shared by all runs, bounded in bytes."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

WAIT_SECONDS = 0.2  # between two looks at a lock that another job holds


def kept(
    path: Path,
    shape: tuple[int, ...],
    dtype: str,
    fill: Callable[[np.ndarray], None],
    limit: int,
    tick: Callable[[], None] = lambda: None,
) -> np.memmap:
    """The array kept at `path`; where it is missing `fill` computes it once, whoever asks at the same time.

    `fill` gets the writable array of `shape` and `dtype`. It is written beside, synced and renamed, so that a reader
    never sees half of it. Before, the entries of the folder that were not used for longest are deleted until all
    together, the new one counted, hold at most `limit` bytes; the new one comes whatever its size. `tick` is called
    while waiting for another job that computes the same entry; what it raises ends the waiting. Returns a read-only
    memory map. Raises OSError with errno ENOSPC where the disk has no room for the entry, before anything is computed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    array = _opened(path, shape, dtype)
    if array is not None:
        return array
    lock = FileLock(path.with_suffix(".lock"))
    while True:
        try:
            lock.acquire(timeout=WAIT_SECONDS)
            break
        except Timeout:
            tick()
    try:
        array = _opened(path, shape, dtype)
        return _written(path, shape, dtype, fill, limit) if array is None else array
    finally:
        lock.release()


def _opened(path: Path, shape: tuple[int, ...], dtype: str) -> np.memmap | None:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):  # not there, or damaged: computed (again)
        return None
    if array.shape != tuple(shape) or array.dtype != np.dtype(dtype):
        return None
    os.utime(path)  # the time of last use decides what is evicted
    return array


def discard(path: Path) -> bool:
    """Delete the entry at `path`; False where a job computes it just now, which then goes on undisturbed.

    Who has the entry mapped keeps reading it; its bytes come free when the last of them has ended.
    """
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    try:
        path.unlink(missing_ok=True)
        _beside(path).unlink(missing_ok=True)  # what a killed job left
        return True
    finally:
        lock.release()


def _beside(path: Path) -> Path:
    return path.with_suffix(".part")  # one fixed name: what a killed job left is overwritten, never piled up


def _written(path: Path, shape: tuple[int, ...], dtype: str, fill: Callable[[np.ndarray], None], limit: int):
    beside = _beside(path)
    try:
        array = np.lib.format.open_memmap(beside, mode="w+", dtype=dtype, shape=tuple(shape))
        size = beside.stat().st_size
        _evict(path, limit - size)
        _reserve(beside, size)
        fill(array)
        array.flush()
        del array
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        # Opened before it has its name: whoever deletes entries meanwhile can't take it away from us.
        array = np.load(beside, mmap_mode="r", allow_pickle=False)
        beside.replace(path)
        return array
    finally:
        beside.unlink(missing_ok=True)


def _reserve(path: Path, size: int) -> None:
    """Take the disk space of a mapped file now. Raises OSError: a disk that fills up later would kill the process."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    elif shutil.disk_usage(path).free < size:  # macOS
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _evict(coming: Path, limit: int) -> None:
    """Delete what was not used for longest until all but the coming entry hold at most `limit` bytes."""
    entries = []
    for path in coming.parent.glob("*.npy"):
        try:
            stat = path.stat()
        except FileNotFoundError:  # another job evicts at the same time
            continue
        if path != coming:
            entries.append((stat.st_mtime, stat.st_size, path))
    held = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if held <= limit:
            break
        path.unlink(missing_ok=True)  # who has it mapped keeps reading it
        held -= size
