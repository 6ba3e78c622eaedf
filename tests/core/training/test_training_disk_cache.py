import threading

import numpy as np
import pytest

from core.training.disk_cache import kept

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
    import os

    for age, name in ((300, "old"), (200, "middle"), (100, "young")):
        path = tmp_path / f"{name}.npy"
        kept(path, (1000,), "uint8", ones, MEBI)
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    kept(tmp_path / "old.npy", (1000,), "uint8", ones, MEBI)  # a use makes it the youngest
    kept(tmp_path / "new.npy", (1000,), "uint8", ones, 2500)
    assert {path.name for path in tmp_path.glob("*.npy")} == {"old.npy", "new.npy"}
    kept(tmp_path / "large.npy", (5000,), "uint8", ones, 2500)
    assert {path.name for path in tmp_path.glob("*.npy")} == {"large.npy"}
