import errno
import json

import numpy as np
import pytest

from core.training import checkpoints

ARRAYS = {"variable/00000": np.arange(12, dtype="float32").reshape(3, 4), "variable/00001": np.uint32([7, 9])}


def save(folder, epoch, **state):
    return checkpoints.save(folder, "spec", epoch, ARRAYS, state)


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path):
    save(tmp_path, 3, best=0.5, history=[{"train_loss": 0.1}])
    arrays, state = checkpoints.newest(tmp_path, "spec")
    assert state == {"best": 0.5, "history": [{"train_loss": 0.1}]}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_two_are_kept_and_the_newest_is_loaded(tmp_path):
    for epoch in (1, 2, 9, 10):
        save(tmp_path, epoch, at=epoch)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00009", "epoch-00010"]
    assert checkpoints.newest(tmp_path, "spec")[1] == {"at": 10}


@pytest.mark.parametrize("file", [checkpoints.ARRAYS, checkpoints.MANIFEST])
@pytest.mark.parametrize("damage", ["cut short", "changed", "missing"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path, file, damage):
    save(tmp_path, 1, at=1)
    victim = save(tmp_path, 2, at=2) / file
    content = bytearray(victim.read_bytes())
    if damage == "cut short":
        victim.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        content[len(content) // 3] ^= 0xFF
        victim.write_bytes(content)
    else:
        victim.unlink()
    assert checkpoints.newest(tmp_path, "spec")[1] == {"at": 1}


def test_a_checkpoint_of_another_spec_or_format_is_passed_over(tmp_path):
    folder = save(tmp_path, 1)
    assert checkpoints.newest(tmp_path, "other") is None
    manifest = json.loads((folder / checkpoints.MANIFEST).read_text())
    (folder / checkpoints.MANIFEST).write_text(json.dumps(manifest | {"format": 99}))
    assert checkpoints.newest(tmp_path, "spec") is None


def test_what_a_killed_writer_left_is_no_checkpoint_and_is_in_nobodys_way(tmp_path):
    beside = tmp_path / ".epoch-00002.part"
    beside.mkdir()
    (beside / checkpoints.ARRAYS).write_bytes(b"half")
    assert checkpoints.newest(tmp_path, "spec") is None
    save(tmp_path, 2, at=2)
    assert checkpoints.newest(tmp_path, "spec")[1] == {"at": 2}
    assert not beside.exists()


def test_pickled_objects_are_never_loaded(tmp_path):
    folder = checkpoints.save(tmp_path, "spec", 1, {"variable/00000": np.array([{}], dtype=object)}, {})
    assert folder.exists()
    assert checkpoints.newest(tmp_path, "spec") is None


def test_deleting_leaves_nothing_and_deleting_nothing_is_fine(tmp_path):
    save(tmp_path / "checkpoints", 1)
    checkpoints.delete(tmp_path / "checkpoints")
    checkpoints.delete(tmp_path / "checkpoints")
    assert checkpoints.newest(tmp_path / "checkpoints", "spec") is None


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_checkpoint_of_numbers_that_are_none_is_passed_over(tmp_path, number):
    save(tmp_path, 1, at=1)
    checkpoints.save(tmp_path, "spec", 2, ARRAYS | {"best/00000": np.array([1.0, number])}, {"at": 2})
    assert checkpoints.newest(tmp_path, "spec")[1] == {"at": 1}


def test_where_writing_fails_nothing_of_it_is_left_and_the_older_one_stays(tmp_path, monkeypatch):
    save(tmp_path, 1, at=1)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "_sync", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-00001"]
    assert checkpoints.newest(tmp_path, "spec")[1] == {"at": 1}
