"""The disk full at every place where it can hit: a sentence, nothing half-written in any list, nothing good lost."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import full_home
import numpy as np
import pytest
from full_disk import FullDisk

from core import augment, datasets, disk_errors, upkeep
from core.ensembles import saved
from core.errors import DiskFull, StoreUnavailable
from core.records import Progress, RunKind, Status
from core.runs import RunStore, backups, costs_store
from core.training import checkpoints, disk_cache

# What a person or a job does, by name: given the home and a folder of its own, with a store that is open.
ARRAYS = {"variable/00000": np.zeros(1000, dtype="float32")}


def import_folder(home, store, folder):
    photos = folder / f"photos {len(datasets.list_datasets(home.settings))}"
    if not photos.exists():
        full_home.photos_into(photos, each=2, seed=len(photos.parts[-1]) + int(photos.name.split()[1]) * 100)
    return datasets.import_folder(home.settings, photos, photos.name)


def import_zip(home, store, folder):
    name = f"zipped {len(datasets.list_datasets(home.settings))}"
    if not (folder / f"{name}.zip").exists():
        full_home.photos_into(folder / name, each=2, seed=int(name.split()[1]) * 1000)
        shutil.make_archive(str(folder / name), "zip", folder / name)
    return datasets.import_zip(home.settings, folder / f"{name}.zip", name)


def make_split(home, store, folder):
    dataset = datasets.find_dataset(home.settings, "Trees")
    return datasets.make_split(home.settings, dataset, seed=5 + len(datasets.list_splits(home.settings, dataset.id)))


def save_recipe(home, store, folder):
    return augment.save_recipe(home.settings, full_home.recipe("another"))


def save_costs(home, store, folder):
    return costs_store.save_costs(home.settings, "dear", full_home.CLASSES, np.eye(2))


def bring_predictions(home, store, folder):
    return store.create(RunKind.BROUGHT, "brought", predictions=full_home.answers("elsewhere", 4))


def keep_ensemble(home, store, folder):
    return saved.save(store, full_home.ensemble_of(home), f"both {len(store.list())}")


def submit(home, store, folder):
    spec = store.get(home.queued).spec
    return store.submit(spec, "again", evaluation_id="e", again=True)


def keep_in_order(home, store, folder):
    store.set_note(home.queued, "changed")
    backups.back_up(home.settings, every=0)
    upkeep.keep_in_order(home.settings, store)


def rename_tag_and_note(home, store, folder):
    store.rename(home.queued, "waits")
    store.set_tags(home.queued, ["one", "two"])
    store.set_note(home.queued, "why")


def delete_and_restore(home, store, folder):
    run = store.create(RunKind.BROUGHT, "for a while", predictions=full_home.answers("elsewhere", 4))
    store.delete(run.id)
    store.restore(run.id)


DONE = {
    each.__name__: each
    for each in (
        save_recipe,
        save_costs,
        bring_predictions,
        submit,
        keep_ensemble,
        make_split,
        rename_tag_and_note,
        delete_and_restore,
        keep_in_order,
        import_folder,
        import_zip,
    )
}
ONE_RUN = (bring_predictions, keep_ensemble, submit)  # each makes one, or says that it didn't
SHORT = ("save_recipe",)


def said(error: Exception, home: Path) -> StoreUnavailable | None:
    """The sentence that a page and a command show for it."""
    return disk_errors.in_words(error, home)


def swept(home, store, folder, act, only: bool) -> list[str]:
    """Do it with the disk full at the first place, at the second ... until it is done; the places."""
    before, number, listed = full_home.told(home), 0, store.list()
    root = home.settings.home
    while True:
        number += 1
        disk = FullDisk(root, number, only)
        error = None
        with disk:
            try:
                act(home, store, folder)
            except Exception as raised:
                error = raised
        if error is not None:
            assert disk.hit, f"failed with room enough: {error!r}"
            assert isinstance(said(error, root), DiskFull), f"{disk.places[number - 1 :]}: {error!r}"
        # With room again.
        earlier, listed = listed, store.list()
        for run in listed:
            if run.status == Status.FINISHED:
                store.predictions(run.id)
        if act in ONE_RUN:
            assert len(listed) == len(earlier) + (error is None), disk.places
        assert datasets.damaged_datasets(home.settings) == []
        if number % 7 == 1 or not disk.hit:
            full_home.keeps(before, full_home.told(home))
        if not disk.hit:
            assert error is None
            return disk.places


@pytest.fixture
def home(tmp_path):
    return full_home.copied(tmp_path / "home")


@pytest.fixture
def store(home):
    return RunStore(home.settings, 5)


@pytest.mark.parametrize(
    ("name", "only"),
    [
        pytest.param(name, only, marks=() if name in SHORT and not only else pytest.mark.faults, id=f"{name}-{only}")
        for name in DONE
        for only in (False, True)
    ],
)
def test_wherever_a_full_disk_hits_it_is_told_and_what_was_good_stays(
    home, store, tmp_path, name, only, figures_folder
):
    places = swept(home, store, tmp_path, DONE[name], only)
    assert len(places) > 3
    upkeep.sweep(home.settings, older_than=-10)
    assert full_home.written_beside(home.settings.home) == []
    with (figures_folder / "faults-disk.jsonl").open("a") as file:
        file.write(json.dumps({"what": name, "only": only, "places": len(places)}) + "\n")


def test_a_run_whose_publishing_finds_no_room_stays_running_and_is_published_later(home, store, tmp_path):
    weights = tmp_path / "home" / "jobs" / "weights.h5"
    weights.parent.mkdir(exist_ok=True)
    weights.write_bytes(b"w" * 5000)
    attempt = store.claim(home.queued)
    number, answers = 0, full_home.answers("e", 3)
    while True:
        number += 1
        with FullDisk(home.settings.home, number) as disk:
            try:
                done = store.finish(home.queued, attempt, answers, {"validation_accuracy": 0.75}, {"w.h5": weights})
            except DiskFull:
                done = False
        run = store.get(home.queued)
        assert run.status == (Status.FINISHED if done else Status.RUNNING), disk.places
        if done:
            break
    assert number > 10
    assert run.metrics["validation_accuracy"] == 0.75
    assert store.file(run.id, "w.h5").read_bytes() == b"w" * 5000
    np.testing.assert_array_equal(store.predictions(run.id).parts["test"].true, answers.parts["test"].true)
    assert full_home.written_beside(home.settings.home) == []


def test_progress_that_finds_no_room_is_told_and_written_later(home, store):
    attempt = store.claim(home.queued)
    number = 0
    while True:
        number += 1
        with FullDisk(home.settings.home, number) as disk:
            try:
                store.write_progress(home.queued, attempt, Progress(epoch=number))
                store.log_epoch(home.queued, attempt, number, {"validation_accuracy": 0.5})
            except DiskFull:
                continue
        if not disk.hit:
            break
    assert number > 3
    assert store.get(home.queued).progress.epoch == number
    assert store.history(home.queued)["epoch"].tolist()[-1] == number


@pytest.mark.parametrize("only", [False, True])
def test_a_checkpoint_that_finds_no_room_leaves_the_one_before(tmp_path, only):
    checkpoints.save(tmp_path, "spec", 1, ARRAYS, {"at": 1})
    number = 0
    while True:
        number += 1
        with FullDisk(tmp_path, number, only) as disk:
            try:
                checkpoints.save(tmp_path, "spec", 2, ARRAYS, {"at": 2})
                error = None
            except OSError as raised:
                error = raised
        loaded = checkpoints.newest(tmp_path, "spec")[1]["at"]
        assert (error is None and loaded == 2) or isinstance(said(error, tmp_path), DiskFull)
        if not disk.hit:
            break
        assert loaded in (1, 2)  # 2 where only the sync of the folder failed
        assert not list(tmp_path.glob(".*"))
        shutil.rmtree(tmp_path / "epoch-00002", ignore_errors=True)
    assert number > 5


def test_a_kept_array_that_finds_no_room_is_told_before_anything_is_computed(tmp_path):
    number, filled = 0, []
    while True:
        number += 1
        with FullDisk(tmp_path, number) as disk:
            try:
                disk_cache.kept(tmp_path / "c" / "a.npy", (8, 8), "float32", filled.append, 10**6)
            except OSError as raised:
                kept = [*tmp_path.rglob("*.npy"), *tmp_path.rglob("*.part")]
                assert (type(said(raised, tmp_path)), kept) == (DiskFull, [])  # noqa: PT017
                continue
        if not disk.hit:
            break
    assert number > 3


# A real small disk


def _unshare() -> list[str] | None:
    """How this user may mount a disk that nobody else sees."""
    for way in (["unshare", "-m"], ["unshare", "-Urm"]):
        try:
            if subprocess.run([*way, "true"], capture_output=True).returncode == 0:
                return way
        except FileNotFoundError:
            return None
    return None


@pytest.mark.faults
@pytest.mark.parametrize("name", DONE)
def test_on_a_real_small_disk_with_ever_more_room(tmp_path, name, figures_folder):
    way = _unshare()
    if way is None:
        pytest.skip("this user may not mount a small disk (unshare -m and unshare -Urm were refused)")
    (tmp_path / "disk").mkdir()
    script = Path(__file__).with_name("on_small_disk.py")
    done = subprocess.run([*way, sys.executable, script, tmp_path / "disk", name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with (figures_folder / "faults-disk.jsonl").open("a") as file:
        file.write(done.stdout.splitlines()[-1] + "\n")


def test_what_was_broken_off_is_swept_and_what_is_being_written_is_not(home):
    root = home.settings.home
    old = [
        root / ".runs.db.1a2b3c4d.part",
        root / "datasets" / "abc" / ".dataset.json.1a2b3c4d.part",
        root / "recipes" / "mine-12ab34.part",
        root / "artifacts" / "run" / "artifacts" / ".predictions.npz.99999999",
        root / "backups" / ".runs-20260101T000000Z.db.part",
        root / "cache" / "prefix.part",
        root / ".runs.db.restoring",
    ]
    folders = [root / "jobs" / "run" / "checkpoints" / ".epoch-00003.part", root / "tmp" / "run.99999999"]
    young = [root / "cache" / "young.part", root / f".mine.{os.getpid()}"]
    for path in [*old, *young, *(folder / "arrays.npz" for folder in folders)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        if path not in young[:1]:
            os.utime(path, (1e9, 1e9))
    for folder in folders:
        os.utime(folder, (1e9, 1e9))
    before = full_home.told(home)
    assert set(upkeep.sweep(home.settings)) == {*old, *folders}
    assert all(path.exists() for path in young)
    assert full_home.told(home) == before


def test_a_zip_that_is_imported_is_not_touched(tmp_path):
    """Guards the helper: what lies outside the data folder is not on the full disk."""
    with FullDisk(tmp_path / "home", 1) as disk, zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", "b")
    assert disk.places == []
