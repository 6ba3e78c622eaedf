"""The run store, datasets and splits damaged in every way: a sentence, and all that was good comes back."""

import json
import random
import shutil
import sqlite3
import time
from contextlib import closing

import full_home
import pytest

from core import augment, datasets
from core.errors import DatasetDamaged, NothingToRestore, SplitDamaged, StoreDamaged, StoreUnavailable
from core.records import Recipe, Status, Step
from core.runs import RunStore, backups, restoring, run_files

PAGE = 4096


@pytest.fixture
def home(tmp_path):
    return full_home.copied(tmp_path / "home")


@pytest.fixture
def backed_up(home):
    RunStore(home.settings, 5)
    assert backups.back_up(home.settings).runs == 4
    return home


def another_database(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("create table songs (name text)")
        other.execute("insert into songs values ('la')")


def zeroed(page):
    def damage(path):
        with path.open("r+b") as file:
            file.seek(page * PAGE)
            file.write(bytes(PAGE))

    return damage


def noise(seed, length=PAGE):
    def damage(path):
        at = random.Random(seed).randrange(0, max(1, path.stat().st_size - length))
        with path.open("r+b") as file:
            file.seek(at)
            file.write(random.Random(seed + 1).randbytes(length))

    return damage


def cut(offset):
    def damage(path):
        with path.open("r+b") as file:
            file.truncate(offset)

    return damage


SURE = {  # damage that is always seen
    "missing": lambda path: path.unlink(),
    "empty": cut(0),
    "cut in the header": cut(50),
    "cut after a page": cut(PAGE),
    "cut in the middle": cut(100_000),
    "a text": lambda path: path.write_text("to be or not to be\n" * 1000),
    "a picture": lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(9000)),
    "another database": another_database,
    "first page zeroed": zeroed(0),
    "first page noise": lambda path: path.write_bytes(random.Random(0).randbytes(PAGE) + path.read_bytes()[PAGE:]),
}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(damage, id=name, marks=() if name in ("missing", "cut in the middle") else pytest.mark.faults)
        for name, damage in SURE.items()
    ],
)
def test_a_damaged_store_is_named_with_its_backup_and_one_command_brings_everything_back(backed_up, damage):
    settings, file = backed_up.settings, backed_up.settings.home / "runs.db"
    before = full_home.told(backed_up)
    opened = RunStore(settings, 5)
    opened.list()
    damage(file)
    broken = file.read_bytes() if file.exists() else None
    for ask in (lambda: RunStore(settings, 5), opened.list, lambda: opened.rename(backed_up.queued, "other")):
        with pytest.raises(StoreDamaged) as told:
            ask()
        assert str(file) in str(told.value)
        assert "with 4 runs" in str(told.value)
        assert "python -m core store restore" in str(told.value)
    assert (file.read_bytes() if file.exists() else None) == broken  # looking changes nothing

    done = restoring.restore(settings)
    assert (done.damaged.read_bytes() if done.damaged else None) == (broken if file.exists() else None)
    assert full_home.told(backed_up) == before
    assert {run.id for run in opened.list()} == set(before["runs"])  # also for who had it open
    opened.rename(backed_up.queued, "again")
    assert RunStore(settings, 5).get("again").id == backed_up.queued


@pytest.mark.faults
def test_without_any_backup_the_runs_come_back_from_the_records_beside_their_files(home):
    before = full_home.told(home)
    file = home.settings.home / "runs.db"
    file.write_bytes(b"gone")
    with pytest.raises(StoreDamaged, match="no backup yet"):
        RunStore(home.settings, 5)
    done = restoring.restore(home.settings)
    assert (done.backup, done.runs, len(done.new), done.lost) == (None, 4, 4, [])
    assert full_home.told(home) == before


@pytest.mark.faults
def test_what_happened_after_the_backup_comes_back_too(backed_up):
    store = RunStore(backed_up.settings, 5)
    time.sleep(1.1)  # the time of a backup is told in seconds
    store.rename(backed_up.finished[0], "named since")
    store.delete(backed_up.finished[1])
    attempt = store.claim(backed_up.queued)
    new, _ = store.submit(store.get(backed_up.queued).spec, "new since", evaluation_id="e", again=True)
    store.fail(new.id, store.claim(new.id), "why not")
    (backed_up.settings.home / "runs.db").write_bytes(b"")
    done = restoring.restore(backed_up.settings)
    assert done.new == [new.id]
    assert set(done.newer) == {backed_up.finished[0], backed_up.finished[1], backed_up.queued}
    store = RunStore(backed_up.settings, 5)
    assert store.get("named since").id == backed_up.finished[0]
    assert [run.id for run in store.deleted()] == [backed_up.finished[1]]
    assert (store.get(backed_up.queued).status, store.get(backed_up.queued).attempt) == (Status.RUNNING, attempt)
    assert (store.get(new.id).status, store.get(new.id).error) == (Status.FAILED, "why not")


@pytest.mark.faults
def test_a_long_plan_comes_back_from_its_record(home):
    store = RunStore(home.settings, 5)
    spec = store.get(home.queued).spec
    steps = tuple(Step(operation="rotation", parameters={"degrees": number / 7}) for number in range(300))
    phase = spec.phases[0].model_copy(update={"recipe": Recipe(name="long", steps=steps)})
    long = spec.model_copy(update={"phases": (phase,), "seed": 7})
    run, _ = store.submit(long, evaluation_id="e")
    assert len(run.spec.model_dump_json()) > 8_000
    (home.settings.home / "runs.db").unlink()
    restoring.restore(home.settings)
    assert RunStore(home.settings, 5).get(run.id).spec == long


def test_a_whole_store_is_left_alone(backed_up):
    before = (backed_up.settings.home / "runs.db").read_bytes()
    with pytest.raises(NothingToRestore, match="--force"):
        restoring.restore(backed_up.settings)
    assert (backed_up.settings.home / "runs.db").read_bytes() == before


@pytest.mark.faults
def test_two_backups_are_kept_and_a_bad_store_takes_the_place_of_none(home, monkeypatch):
    store = RunStore(home.settings, 5)
    made = []
    for number in range(4):
        store.rename(home.queued, f"name {number}")
        made.append(backups.back_up(home.settings, every=0))
        time.sleep(1.1)
    kept = [backup.path for backup in backups.backups(home.settings)]
    assert kept == [made[3].path, made[2].path]
    assert backups.back_up(home.settings, every=0) is None  # nothing changed
    store.rename(home.queued, "once more")
    assert backups.back_up(home.settings) is None  # not an hour ago

    zeroed(20)(home.settings.home / "runs.db")
    with pytest.raises(StoreDamaged):
        backups.back_up(home.settings, every=0)
    assert [backup.path for backup in backups.backups(home.settings)] == kept
    assert full_home.written_beside(home.settings.home) == []


@pytest.mark.faults
def test_a_store_that_was_lost_and_begun_anew_does_not_push_the_full_backup_out(backed_up):
    full = backups.best(backed_up.settings)
    file, empty = backed_up.settings.home / "runs.db", backed_up.settings.home / "new.db"
    from core.runs.tracker import create

    create(empty, backed_up.settings.artifact_root)
    for _ in range(3):
        time.sleep(1.1)
        shutil.copy(empty, file)
        backups.back_up(backed_up.settings, every=0)
    assert backups.best(backed_up.settings).path == full.path


def test_one_damaged_record_hides_no_other_run_and_is_told(home):
    with closing(sqlite3.connect(home.settings.home / "runs.db")) as database, database:
        database.execute(
            "update tags set value = 'so?' where key = 'thaw.status' and run_uuid = ?", (home.finished[0],)
        )
    store = RunStore(home.settings, 5)
    assert {run.id for run in store.list()} >= {home.finished[1], home.queued}
    assert store.unreadable == {home.finished[0]}
    with pytest.raises(StoreUnavailable.__base__, match="can't be read any more"):
        store.get(home.finished[0])


@pytest.mark.faults
def test_a_damaged_name_of_the_folder_does_not_orphan_its_queue(home):
    name = RunStore(home.settings, 5).home
    for damage in (b"", b'{"id": "x', b"[]", b"\xff\xfe"):
        (home.settings.home / "home.json").write_bytes(damage)
        assert RunStore(home.settings, 5).home == name


@pytest.mark.faults
@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"null", b'{"uri": 3}', b"\xff"])
def test_a_damaged_note_of_the_last_opening_changes_nothing(home, damage):
    before = full_home.told(home)
    (home.settings.home / "store.json").write_bytes(damage)
    assert full_home.told(home) == before


@pytest.mark.faults
def test_damaged_records_of_runs_are_passed_over(home):
    file = home.settings.home / "runs.db"
    full_home.told(home)
    record = run_files.place(home.settings, home.finished[0])
    value = json.loads(record.read_text())
    for damage in (b"", b"{}", b"[]", json.dumps(value | {"rows": 3}).encode(), record.read_bytes()[:300]):
        record.write_bytes(damage)
        file.unlink()
        done = restoring.restore(home.settings)
        assert len(done.new) == 3
        assert {run.id for run in RunStore(home.settings, 5).list()} >= {home.finished[1], home.queued}
    assert home.finished[0] in done.lost


# Datasets, splits, recipes


def two_datasets(home, tmp_path):
    return datasets.import_folder(home.settings, full_home.photos_into(tmp_path / "more", seed=5), "Shrubs")


@pytest.mark.parametrize("file", ["dataset.json", "photos.parquet"])
def test_a_dataset_cut_short_is_named_the_others_stay_and_the_same_photos_mend_it(home, tmp_path, file):
    shrubs = two_datasets(home, tmp_path)
    rows, listed = datasets.photo_rows(home.settings, shrubs.id), datasets.list_datasets(home.settings)
    path = home.settings.home / "datasets" / shrubs.id / file
    whole = path.read_bytes()
    for end in sorted({0, 1, 4, len(whole) // 3, len(whole) // 2, len(whole) - 5, len(whole) - 1}):
        path.write_bytes(whole[:end])
        assert next(found.name for found in datasets.list_datasets(home.settings)) == "Trees"
        told = [str(error) for error in datasets.damaged_datasets(home.settings)]
        assert len(told) == 1
        assert str(path) in told[0]
        with pytest.raises(DatasetDamaged, match="Import the same photos"):
            datasets.photo_rows(home.settings, shrubs.id)
    assert "Shrubs" in told[0]
    again = datasets.import_folder(home.settings, tmp_path / "more", "Shrubs")
    assert (again.id, again.version) == (shrubs.id, shrubs.version)
    assert datasets.photo_rows(home.settings, shrubs.id).equals(rows)
    assert [found.id for found in datasets.list_datasets(home.settings)] == [found.id for found in listed]
    assert datasets.damaged_datasets(home.settings) == []


@pytest.mark.parametrize("file", ["split.json", "rows.parquet"])
def test_a_split_cut_short_is_named_and_the_same_seed_mends_it(home, file):
    dataset = datasets.find_dataset(home.settings, "Trees")
    rows = datasets.split_rows(home.settings, home.split)
    path = home.settings.home / "splits" / home.split / file
    whole = path.read_bytes()
    for end in sorted({0, 1, 4, len(whole) // 3, len(whole) // 2, len(whole) - 5, len(whole) - 1}):
        path.write_bytes(whole[:end])
        datasets.list_splits(home.settings, dataset.id)
        with pytest.raises(SplitDamaged) as told:
            datasets.split_rows(home.settings, home.split, dataset.id)
        assert str(path) in str(told.value)
    assert datasets.make_split(home.settings, dataset).id == home.split
    assert datasets.split_rows(home.settings, home.split).equals(rows)


@pytest.mark.faults
def test_a_damaged_recipe_is_left_out_of_the_list_and_can_be_saved_again(home):
    path = next((home.settings.home / "recipes").glob("*.json"))
    whole = path.read_bytes()
    for end in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:end])
        assert "mine" not in [each.name for each in augment.list_recipes(home.settings)]
    augment.save_recipe(home.settings, full_home.recipe())
    assert path.read_bytes() == whole


# Long: every place


@pytest.mark.faults
def test_damage_at_every_place_of_the_store_is_a_sentence_or_harmless_and_everything_comes_back(
    backed_up, figures_folder
):
    settings, file = backed_up.settings, backed_up.settings.home / "runs.db"
    before = full_home.told(backed_up)
    whole = file.read_bytes()
    pages = len(whole) // PAGE
    ways = {f"cut at {at}": cut(at) for at in range(0, len(whole), 1531)}
    ways |= {f"page {page} zeroed": zeroed(page) for page in range(pages)}
    ways |= {f"noise {seed}, {length} bytes": noise(seed, length) for length in (1, 16, 700) for seed in range(150)}
    seen = {"sentence": 0, "harmless": 0, "one record": 0, "longest": 0.0}
    for name, damage in ways.items():
        file.write_bytes(whole)
        damage(file)
        began = time.monotonic()
        try:
            store = RunStore(settings, 5)
            found = {run.id: run for run in store.list()}
            for run in found.values():
                store.history(run.id)
            store.deleted()
            kind = "harmless" if set(found) == set(before["runs"]) else "one record"
        except StoreUnavailable as error:
            kind = "sentence" if str(error).count("\n") == 0 else "several lines"
        seen[kind] += 1
        seen["longest"] = max(seen["longest"], time.monotonic() - began)
        restoring.restore(settings, force=True).damaged.unlink()
        if len(seen) and seen[kind] % 20 == 1:
            assert full_home.told(backed_up) == before, name
    assert full_home.told(backed_up) == before
    (figures_folder / "faults-damaged.json").write_text(json.dumps(seen | {"cases": len(ways)}))
