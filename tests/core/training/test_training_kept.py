import os
from datetime import UTC, datetime

import numpy as np
import pytest
from filelock import FileLock

from core.errors import UnknownKept
from core.training import kept
from core.training.disk_cache import kept as keep

PREFIX, COPIES, DECODED = "aa11-xception-116", "bb22", "cc33-96"


def put(settings, kind, name, age):
    path = settings.cache / kind / f"{name}.npy"
    array = keep(path, (100,), "uint8", lambda array: array.fill(1), 2**20)
    os.utime(path, (1_700_000_000 - age,) * 2)
    return path, array


@pytest.fixture
def three(settings):
    return [
        put(settings, kind, name, age)
        for kind, name, age in (("copies", COPIES, 20), ("prefix", PREFIX, 10), ("decoded", DECODED, 30))
    ]


def test_entries_say_what_they_are_how_large_and_when_they_were_used(settings, three):
    first, second, third = kept.entries(settings)
    assert (first.id, first.kind, first.backbone, first.layers) == (PREFIX, "prefix", "xception", 116)
    assert (second.id, second.kind, second.backbone) == (COPIES, "copies", None)
    assert (third.id, third.kind, third.input_size) == (DECODED, "decoded", 96)
    assert first.bytes == three[1][0].stat().st_size
    assert first.used == datetime.fromtimestamp(1_700_000_000 - 10, UTC)


@pytest.mark.usefixtures("three")
def test_halves_locks_and_foreign_files_are_no_entries(settings):
    folder = settings.cache / "prefix"
    for name in ("x.part", "y.lock", "z.txt"):
        (folder / name).write_text("")
    assert len(kept.entries(settings)) == 3


def test_without_a_cache_there_is_nothing(settings):
    assert kept.entries(settings) == []


def test_a_home_made_networks_name_may_have_hyphens(settings):
    put(settings, "prefix", "aa11-home-made-0123-7", 0)
    (entry,) = kept.entries(settings)
    assert (entry.backbone, entry.layers) == ("home-made-0123", 7)


def test_what_is_deleted_is_gone_and_who_reads_it_goes_on(settings, three):
    doomed = [kept.find(settings, PREFIX), kept.find(settings, "bb")]
    assert kept.delete(settings, doomed) == doomed
    assert [entry.id for entry in kept.entries(settings)] == [DECODED]
    assert np.sum(three[1][1]) == 100


def test_what_a_job_computes_at_this_moment_stays(settings, three):
    with FileLock(three[1][0].with_suffix(".lock")):
        gone = kept.delete(settings, kept.entries(settings))
    assert {entry.id for entry in gone} == {COPIES, DECODED}
    assert [entry.id for entry in kept.entries(settings)] == [PREFIX]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("id", ["", "zz", "../decoded/cc33-96", "*"])
def test_an_entry_that_isnt_there_is_one_sentence(settings, id):
    with pytest.raises(UnknownKept, match="no kept output"):
        kept.find(settings, id)
