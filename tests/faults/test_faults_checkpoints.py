"""A checkpoint damaged at any place: the newest whole one is loaded, never a wrong number, never a crash."""

import json
import shutil

import numpy as np
import pytest

from core.training import checkpoints

ARRAYS = {"variable/00000": np.linspace(0, 1, 6, dtype="float32"), "seeds/00000": np.uint32([7, 9])}
FILES = (checkpoints.ARRAYS, checkpoints.MANIFEST)


def arrays_of(epoch):
    return {name: array + np.array(epoch, array.dtype) for name, array in ARRAYS.items()}


def save(folder, epoch):
    return checkpoints.save(folder, "spec", epoch, arrays_of(epoch), {"epoch": epoch, "best": epoch / 8})


def epoch_loaded(folder) -> int:
    """The epoch of what is loaded, 0 where nothing is; fails where anything of it is another's."""
    found = checkpoints.newest(folder, "spec")
    if found is None:
        return 0
    arrays, state = found
    assert state == {"epoch": state["epoch"], "best": state["epoch"] / 8}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in arrays_of(state["epoch"]).items():
        np.testing.assert_array_equal(arrays[name], array)
    return state["epoch"]


@pytest.fixture
def two(tmp_path):
    save(tmp_path, 1)
    return tmp_path, save(tmp_path, 2)


@pytest.mark.parametrize("file", FILES)
def test_cut_at_every_offset_the_one_before_is_loaded(two, file):
    folder, newest = two
    whole = (newest / file).read_bytes()
    for end in range(len(whole)):
        (newest / file).write_bytes(whole[:end])
        assert epoch_loaded(folder) == 1, end
    (newest / file).write_bytes(whole)
    assert epoch_loaded(folder) == 2


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "flip", [0x01, pytest.param(0x80, marks=pytest.mark.faults), pytest.param(0xFF, marks=pytest.mark.faults)]
)
def test_a_byte_changed_at_every_offset_never_gives_wrong_weights(two, file, flip):
    folder, newest = two
    whole = (newest / file).read_bytes()
    for at in range(len(whole)):
        (newest / file).write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
        assert epoch_loaded(folder) in ((1,) if file == checkpoints.ARRAYS else (1, 2)), at  # spaces may change


@pytest.mark.parametrize("content", [b"null", b"[]", b"3", b'"x"', b"{}", b"[" * 100_000, b'{"format": 2}', b"\xff"])
def test_a_manifest_that_is_something_else_is_passed_over(two, content):
    folder, newest = two
    (newest / checkpoints.MANIFEST).write_bytes(content)
    assert epoch_loaded(folder) == 1


def test_files_and_folders_in_each_others_place_are_passed_over(two):
    folder, newest = two
    shutil.rmtree(newest)
    newest.write_bytes(b"a file")
    assert epoch_loaded(folder) == 1
    newest.unlink()
    newest.mkdir()
    (newest / checkpoints.ARRAYS).mkdir()
    (newest / checkpoints.MANIFEST).mkdir()
    assert epoch_loaded(folder) == 1


def test_where_all_are_damaged_a_training_begins_anew_and_its_new_checkpoints_stay(tmp_path):
    for epoch in (19, 20):
        (save(tmp_path, epoch) / checkpoints.ARRAYS).write_bytes(b"")
    assert epoch_loaded(tmp_path) == 0
    for epoch in (1, 2, 3):
        save(tmp_path, epoch)
        assert epoch_loaded(tmp_path) == epoch
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00002", "epoch-00003"]


def test_a_late_writer_of_an_earlier_epoch_pushes_no_whole_one_out(tmp_path):
    for epoch in (7, 8):
        save(tmp_path, epoch)
    save(tmp_path, 5)
    assert epoch_loaded(tmp_path) == 8


def test_a_checkpoint_of_the_format_before_is_still_loaded(two):
    folder, newest = two
    manifest = json.loads((newest / checkpoints.MANIFEST).read_text())
    del manifest["check"]
    (newest / checkpoints.MANIFEST).write_text(json.dumps(manifest | {"format": 1}))
    assert epoch_loaded(folder) == 2
