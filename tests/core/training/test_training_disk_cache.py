import errno
import multiprocessing
import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from core.training import disk_cache
from core.training.disk_cache import discard, kept

MEBI = 2**20


def ones(array):
    array[:] = 1


def test_an_entry_is_computed_once_and_read_only(tmp_path):
    calls = []

    def fill(array):
        calls.append(1)
        array[:] = np.arange(6).reshape(2, 3)

    first = kept(tmp_path / "a.npy", (2, 3), "float32", fill, MEBI)
    second = kept(tmp_path / "a.npy", (2, 3), "float32", fill, MEBI)
    assert len(calls) == 1
    np.testing.assert_array_equal(first, second)
    assert isinstance(second, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        second[0, 0] = 5


def test_a_damaged_entry_is_computed_again(tmp_path):
    kept(tmp_path / "a.npy", (1000,), "uint8", ones, MEBI)
    whole = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(whole[:500])
    assert kept(tmp_path / "a.npy", (1000,), "uint8", ones, MEBI).sum() == 1000


def test_a_filling_that_is_stopped_leaves_nothing_behind(tmp_path):
    def fill(array):
        array[0] = 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "a.npy", (10,), "uint8", fill, MEBI)
    assert not list(tmp_path.glob("a.npy")) + list(tmp_path.glob("*.part"))
    assert kept(tmp_path / "a.npy", (10,), "uint8", ones, MEBI).sum() == 10


def test_two_that_want_the_same_entry_compute_it_once(tmp_path):
    calls, started, go_on, ticks = [], threading.Event(), threading.Event(), []

    def slow(array):
        calls.append(1)
        started.set()
        go_on.wait(10)
        array[:] = 7

    def tick():
        ticks.append(1)
        go_on.set()  # the second one is waiting now

    results = []
    path = tmp_path / "a.npy"
    one = threading.Thread(target=lambda: results.append(kept(path, (4,), "uint8", slow, MEBI)))
    one.start()
    started.wait(10)
    results.append(kept(path, (4,), "uint8", slow, MEBI, tick))
    one.join(10)
    assert len(calls) == 1
    assert ticks
    assert [result.tolist() for result in results] == [[7] * 4] * 2


def test_what_was_not_used_for_longest_is_deleted_first_and_the_new_entry_stays(tmp_path):
    for age, name in ((300, "old"), (200, "middle"), (100, "young")):
        path = tmp_path / f"{name}.npy"
        kept(path, (1000,), "uint8", ones, MEBI)
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    kept(tmp_path / "old.npy", (1000,), "uint8", ones, MEBI)  # a use makes it the youngest
    kept(tmp_path / "new.npy", (1000,), "uint8", ones, 2500)
    assert {path.name for path in tmp_path.glob("*.npy")} == {"old.npy", "new.npy"}
    kept(tmp_path / "large.npy", (5000,), "uint8", ones, 2500)
    assert {path.name for path in tmp_path.glob("*.npy")} == {"large.npy"}


def test_the_bound_holds_while_the_new_entry_is_written(tmp_path):
    kept(tmp_path / "old.npy", (1000,), "uint8", ones, 2500)
    held = []

    def fill(array):
        held.append(sum(path.stat().st_size for path in tmp_path.iterdir()))

    kept(tmp_path / "new.npy", (2000,), "uint8", fill, 2500)
    assert held[0] <= 2500


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_without_room_is_noticed_before_anything_is_computed_and_no_part_is_left(tmp_path, monkeypatch):
    kept(tmp_path / "other.npy", (10,), "uint8", ones, MEBI)
    monkeypatch.setattr(disk_cache.os, "posix_fallocate", full, raising=False)
    computed = []
    with pytest.raises(OSError, match="No space left") as caught:
        kept(tmp_path / "a.npy", (10,), "uint8", computed.append, MEBI)
    assert caught.value.errno == errno.ENOSPC
    assert not computed
    assert {path.name for path in tmp_path.iterdir() if path.suffix != ".lock"} == {"other.npy"}


def test_where_space_cant_be_reserved_the_free_space_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.delattr(disk_cache.os, "posix_fallocate", raising=False)
    assert kept(tmp_path / "a.npy", (10,), "uint8", ones, MEBI).sum() == 10
    monkeypatch.setattr(disk_cache.shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    with pytest.raises(OSError, match="No space left"):
        kept(tmp_path / "b.npy", (10,), "uint8", ones, MEBI)


def test_who_reads_a_deleted_entry_goes_on_and_the_next_one_computes_it_again(tmp_path):
    path = tmp_path / "a.npy"
    array = kept(path, (1000,), "uint8", ones, MEBI)
    assert discard(path)
    assert not path.exists()
    assert array.sum() == 1000
    assert kept(path, (1000,), "uint8", ones, MEBI).sum() == 1000


def test_what_a_killed_job_left_goes_with_the_entry(tmp_path):
    (tmp_path / "a.part").write_bytes(b"half")
    assert discard(tmp_path / "a.npy")
    assert not (tmp_path / "a.part").exists()


def computes(path, calls, started, go_on):
    def slow(array):
        with calls.get_lock():
            calls.value += 1
        started.set()
        assert go_on.wait(300)
        array[:] = 7

    if kept(path, (4,), "uint8", slow, MEBI).tolist() != [7] * 4:
        raise SystemExit(1)


def test_another_process_that_computes_an_entry_is_waited_for_and_not_disturbed_by_a_deletion(tmp_path):
    context = multiprocessing.get_context("spawn")
    calls, started, go_on = context.Value("i", 0), context.Event(), context.Event()
    path = tmp_path / "a.npy"
    jobs = [context.Process(target=computes, args=(path, calls, started, go_on)) for _ in range(2)]
    for job in jobs:
        job.start()
    assert started.wait(300)
    assert not discard(path)  # its lock is held
    assert (tmp_path / "a.part").exists()
    go_on.set()
    for job in jobs:
        job.join(300)
    assert [job.exitcode for job in jobs] == [0, 0]
    assert calls.value == 1
    assert discard(path)


def test_an_entry_deleted_in_the_moment_it_gets_its_name_still_reaches_who_made_it(tmp_path, monkeypatch):
    path = tmp_path / "a.npy"
    real = type(path).replace

    def replaced(beside, target):
        real(beside, target)
        path.unlink()  # another job's eviction

    monkeypatch.setattr(type(path), "replace", replaced)
    assert kept(path, (4,), "uint8", ones, MEBI).tolist() == [1] * 4
