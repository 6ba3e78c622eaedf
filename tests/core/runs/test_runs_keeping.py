"""Names, tags, notes, and deleting with undo."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import (
    AmbiguousRun,
    BadName,
    BadNote,
    BadTag,
    RunActive,
    RunDeleted,
    RunNotDeleted,
    UnknownRun,
)
from core.records import Progress, RunKind, Status
from core.runs import RunStore
from core.settings import Settings

TEST = "f" * 20


def finished(store, spec, predictions, name="", **more):
    run, _ = store.submit(spec, name, evaluation_id=TEST, **more)
    store.finish(run.id, store.claim(run.id), predictions, {"validation_accuracy": 0.5})
    return store.get(run.id)


def test_a_name_is_one_composed_line_without_control_characters(store, predictions):
    run = store.create(RunKind.BROUGHT, "a", predictions=predictions)
    store.rename(run.id, "  Bu\u0308che\x00\x07 \u202eand\n oak <b>*x*</b> שלום  ")
    assert store.get(run.id).name == "Büche and oak <b>*x*</b> שלום"
    store.rename(run.id[:8], "x" * 200)
    assert store.get(run.id).name == "x" * 200
    for bad in ("", " \n", "\u200b", "\x00", "x" * 201):
        with pytest.raises(BadName):
            store.rename(run.id, bad)
    with pytest.raises(UnknownRun):
        store.rename("nobody", "b")
    assert store.get(run.id).name == "x" * 200


def test_tags_are_kept_in_order_each_once_and_another_set_takes_their_place(settings, store, predictions):
    run = store.create(RunKind.BROUGHT, "a", predictions=predictions)
    assert (run.tags, run.note) == ((), "")
    store.set_tags(run.id, ["for the report", "Lesson 2", " lesson\t2 ", "", "\x00"])
    assert RunStore(settings).get(run.id).tags == ("for the report", "Lesson 2")
    store.set_tags(run.id, ["<script>", "שלום"])
    assert store.get(run.id).tags == ("<script>", "שלום")
    store.set_tags(run.id, [])
    assert store.get(run.id).tags == ()
    for bad in (["x" * 41], [f"tag {number}" for number in range(21)]):
        with pytest.raises(BadTag):
            store.set_tags(run.id, bad)


def test_as_many_and_as_long_tags_as_are_allowed_come_back_whole(store, predictions):
    run = store.create(RunKind.BROUGHT, "a", predictions=predictions)
    tags = tuple(f"{number:02d}" + "木" * 38 for number in range(20))
    store.set_tags(run.id, tags)
    assert store.get(run.id).tags == tags


def test_runs_are_listed_by_tag_whatever_its_capitals(store, predictions):
    first, second = (store.create(RunKind.BROUGHT, name, predictions=predictions) for name in "ab")
    store.set_tags(first.id, ["Lesson"])
    store.set_tags(second.id, ["Lesson 2"])
    assert [run.id for run in store.list(tag="lesson")] == [first.id]


def test_a_note_keeps_its_lines_and_other_mlflow_tools_show_it(settings, store, predictions):
    from mlflow import MlflowClient

    run = store.create(RunKind.BROUGHT, "a", predictions=predictions)
    store.set_note(run.id, "\nthe first\x07 line  \r\n\r\n<b>third</b>\n\n")
    assert store.get(run.id).note == "the first line\n\n<b>third</b>"
    seen = MlflowClient(settings.tracking_uri).get_run(run.id).data.tags
    assert seen["mlflow.note.content"] == "the first line\n\n<b>third</b>"
    store.set_note(run.id, "ü" * 2000)
    assert store.get(run.id).note == "ü" * 2000
    with pytest.raises(BadNote, match="2,001"):
        store.set_note(run.id, "x" * 2001)
    store.set_note(run.id, "")
    assert store.get(run.id).note == ""


def test_a_deleted_run_is_in_no_list_and_says_how_it_comes_back(settings, store, spec, predictions):
    other = RunStore(settings)
    run = finished(store, spec, predictions, "oak study")
    assert other.get(run.id) == run
    assert store.delete("oak study") == run
    for each in (store, other):
        assert each.list() == each.list(spec_id=spec.id) == each.list(status=Status.FINISHED) == []
        for name in (run.id, run.id[:8], "oak study"):
            with pytest.raises(RunDeleted, match=f"restore {run.id[:8]}"):
                each.get(name)
        with pytest.raises(UnknownRun):
            each.predictions(run.id)
        assert each.deleted() == [run]


def test_a_restored_run_is_as_it_was(store, spec, predictions):
    run = finished(store, spec, predictions, "oak study")
    store.set_tags(run.id, ["kept"])
    store.set_note(run.id, "why")
    before = store.get(run.id)
    store.delete(run.id)
    assert store.restore(run.id[:6]) == before
    assert store.list() == [before]
    assert store.deleted() == []
    assert store.predictions(run.id).classes == predictions.classes


def test_a_run_restored_by_another_process_is_seen_with_what_changed_since(settings, store, spec, predictions):
    other = RunStore(settings)
    run = finished(store, spec, predictions, "oak study")
    other.delete(run.id)
    assert store.list() == []
    other.restore(run.id)
    other.rename(run.id, "elm study")
    assert [each.name for each in store.list()] == ["elm study"]


def test_only_the_deleted_run_of_a_name_is_restored_and_what_is_there_is_not(store, predictions):
    first, second, third = (store.create(RunKind.BROUGHT, "same name", predictions=predictions) for _ in range(3))
    with pytest.raises(RunNotDeleted):
        store.restore(first.id)
    with pytest.raises(UnknownRun):
        store.restore("nobody")
    with pytest.raises(UnknownRun):
        store.restore(" ")
    store.delete(first.id)
    assert store.restore("same name").id == first.id
    store.delete(first.id)
    store.delete(second.id)
    with pytest.raises(AmbiguousRun):
        store.restore("same name")
    assert [run.id for run in store.list()] == [third.id]


@pytest.mark.parametrize("claimed", [False, True])
def test_a_queued_or_running_run_is_cancelled_before_it_is_deleted(store, spec, claimed):
    run, _ = store.submit(spec, evaluation_id=TEST)
    attempt = store.claim(run.id) if claimed else 0
    with pytest.raises(RunActive, match="Cancel it first"):
        store.delete(run.id)
    if claimed:
        assert store.write_progress(run.id, attempt, Progress(epoch=1))
    store.cancel(run.id)
    store.delete(run.id)
    assert store.list() == []


def test_a_deleted_run_is_not_joined_and_cannot_be_queued_again(store, spec, predictions):
    run = finished(store, spec, predictions)
    store.delete(run.id)
    other, joined = store.submit(spec, evaluation_id=TEST)
    assert (joined, other.id != run.id) == (False, True)
    store.fail(other.id, store.claim(other.id), "it broke")
    store.delete(other.id)
    with pytest.raises(RunDeleted):
        store.requeue(other.id)
    with pytest.raises(RunDeleted):
        store.claim(other.id)


def test_of_two_that_delete_one_run_at_once_one_is_told_that_it_is_gone(settings, store, spec, predictions):
    run = finished(store, spec, predictions)

    def delete(_):
        try:
            return RunStore(settings).delete(run.id).id
        except RunDeleted:
            return "gone"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(delete, range(2))) == sorted([run.id, "gone"])


def test_of_two_that_rename_one_run_at_once_one_name_stands(settings, store, predictions):
    run = store.create(RunKind.BROUGHT, "a", predictions=predictions)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda name: RunStore(settings).rename(run.id, name), ("first", "second")))
    assert store.get(run.id).name in ("first", "second")
    assert store.get(run.id) == RunStore(settings).get(run.id)


def test_a_run_made_before_there_were_tags_has_none(store, spec):
    run, _ = store.submit(spec, evaluation_id=TEST)
    assert (run.tags, run.note) == ((), "")


def test_deleting_needs_no_tracker_of_our_own(settings, store, spec, predictions, tmp_path):
    """Another data folder on the same tracker sees the same runs."""
    run = finished(store, spec, predictions)
    elsewhere = Settings(home=tmp_path / "other", weights=None, tracking_uri=settings.tracking_uri, photo_roots=None)
    RunStore(elsewhere).delete(run.id)
    assert store.list() == []


def test_runs_read_from_the_rows_are_those_that_mlflow_gives(store, spec, predictions):
    run = finished(store, spec, predictions, "ash *oak*")
    store.set_tags(run.id, ["one", "two"])
    second, _ = store.submit(spec, "second", evaluation_id=TEST, again=True)
    attempt = store.claim(second.id)
    store.log_epoch(second.id, attempt, 1, {"validation_accuracy": 0.25, "train_loss": float("nan")})
    gone = store.create(RunKind.BROUGHT, "gone", predictions=predictions)
    store.delete(gone.id)
    from_mlflow = {each.info.run_id: store._record(each) for each in store._tracker.search("")}
    assert {each.id for each in store.list()} == set(from_mlflow) == {run.id, second.id}
    for each in store.list():
        assert repr(each) == repr(from_mlflow[each.id])  # nan differs from itself
