"""Arrays that can be computed again: one `.npy` an entry, shared by all runs, bounded in bytes."""

import os
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
    never sees half of it. Afterwards the entries of the folder that were not used for longest are deleted until all
    together hold at most `limit` bytes; the new one stays. `tick` is called while waiting for another job that
    computes the same entry; what it raises ends the waiting. Returns a read-only memory map.
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
        if array is None:
            _write(path, shape, dtype, fill)
            _evict(path, limit)
            array = _opened(path, shape, dtype)
        return array
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


def _write(path: Path, shape: tuple[int, ...], dtype: str, fill: Callable[[np.ndarray], None]) -> None:
    beside = path.with_suffix(".part")  # one fixed name: what a killed job left is overwritten, never piled up
    try:
        array = np.lib.format.open_memmap(beside, mode="w+", dtype=dtype, shape=tuple(shape))
        fill(array)
        array.flush()
        del array
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _evict(newest: Path, limit: int) -> None:
    entries = []
    for path in newest.parent.glob("*.npy"):
        try:
            stat = path.stat()
        except FileNotFoundError:  # another job evicts at the same time
            continue
        entries.append((stat.st_mtime, stat.st_size, path))
    held = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if held <= limit:
            break
        if path != newest:
            path.unlink(missing_ok=True)  # who has it mapped keeps reading it
            held -= size
