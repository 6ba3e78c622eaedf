"""The table of runs on the Compare screen: what it shows, what a tick does, and what is done with ticked runs."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.records import (
    PartPredictions,
    Phase,
    Predictions,
    Recipe,
    Run,
    RunKind,
    RunSpec,
    Step,
    Visitor,
    evaluation_id,
)
from core.runs import RunStore
from core.runs.repeats import Line, lines
from core.settings import read as read_settings
from core.settings import settings
from pages.parts import compare_deleted, compare_filter, compare_rows, compare_table, visitors

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
CLASSES = ("Ash", "Elm")
ODD = "<b>*bold*</b> $x$ :red[r] שלום " + "w" * 169  # markup, right to left, 200 characters


def answers(wrong: int, prefix: str = "") -> Predictions:
    """Predictions of which `wrong` of 40 are wrong in each part."""
    parts, labelled = {}, {}
    for part in ("validation", "test"):
        true = np.arange(40) % 2
        said = np.where(np.arange(40) < wrong, 1 - true, true)
        ids = tuple(f"{prefix}{part}{number:02d}" for number in range(40))
        parts[part] = PartPredictions(ids=ids, true=true, probabilities=np.eye(2)[said] * 0.8 + 0.1)
        labelled[part] = [(one, CLASSES[label]) for one, label in zip(ids, true, strict=True)]
    return Predictions(evaluation_id=evaluation_id(CLASSES, labelled), classes=CLASSES, parts=parts)


def train(store: RunStore, name: str, seed: int, wrong: int, k: int = 8) -> Run:
    recipe = Recipe(name="Geometric", steps=(Step(operation="rotation"),))
    phases = (Phase(frozen="all", epochs=1), Phase(frozen=k, epochs=1, recipe=recipe))
    spec = RunSpec(dataset="d" * 20, split="e" * 20, backbone="vgg16", phases=phases, seed=seed)
    found = answers(wrong)
    run, _ = store.submit(spec, name, evaluation_id=found.evaluation_id)
    attempt = store.claim(run.id)
    for epoch in (1, 2):
        store.log_epoch(run.id, attempt, epoch, {"validation_accuracy": epoch / 4, "train_loss": 1.0})
    right = 1 - wrong / 40
    figures = {f"{part}_{name}": right for part in ("validation", "test") for name in ("accuracy", "f1_macro")}
    store.finish(run.id, attempt, found, figures | {"seconds": 60.0 + seed})
    return store.get(run.id)


@pytest.fixture(scope="module")
def made_home(tmp_path_factory) -> Path:
    """A data folder with three repeats of one plan, two other runs of its photos, one of others and a queued one."""
    home = tmp_path_factory.mktemp("table")
    store = RunStore(read_settings({"THAW_HOME": str(home)}))
    for seed, wrong in ((2, 4), (0, 12), (1, 8)):
        train(store, f"repeat {seed}", seed, wrong)
    train(store, "single", 0, 6, k=6)
    brought = store.create(RunKind.BROUGHT, "brought", predictions=answers(10), metrics={"validation_accuracy": 0.75})
    store.set_tags(brought.id, ["Lesson 2"])
    store.set_note(brought.id, "made in PyTorch")
    store.create(RunKind.BROUGHT, "elsewhere", predictions=answers(2, "x"), metrics={"validation_accuracy": 0.95})
    store.create(RunKind.TRAINED, "patient")
    return home


@pytest.fixture
def store(made_home, tmp_path, monkeypatch) -> RunStore:
    """A store of this test's own."""
    shutil.copytree(made_home, tmp_path / "own")
    (tmp_path / "own" / "store.json").unlink(missing_ok=True)
    monkeypatch.setenv("THAW_HOME", str(tmp_path / "own"))
    settings.cache_clear()
    return RunStore(settings())


@pytest.fixture
def runs(store) -> dict[str, Run]:
    return {run.name: run for run in store.list()}


def open_page(ticked=(), **state) -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.session_state["runs"] = [run.id for run in ticked]
    for key, value in state.items():
        page.session_state[key] = value
    return again(page, "compare.py")


def again(page: AppTest, switch: str | None = None) -> AppTest:
    """The page as it is now; lists of runs are a second old at most, here not at all."""
    st.cache_resource.clear()
    (page.switch_page(switch) if switch else page).run()
    assert not page.exception, page.exception
    return page


def table(page: AppTest):
    return page.dataframe[0].value.set_index("name")


def said(page: AppTest) -> str:
    texts = [*page.caption, *page.markdown, *page.warning, *page.error, *page.toast]
    return "\n".join(str(element.value).replace("\\", "") for element in texts)


def ticked(page: AppTest) -> list[str]:
    return list(page.session_state["runs"])


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click()
    return again(page)


# Lines


def test_repeats_stand_in_one_line_with_mean_lowest_and_highest(runs):
    shown = table(open_page())
    assert sorted(shown.index) == ["brought", "elsewhere", "patient", "repeat 0", "single"]
    line = shown.loc["repeat 0"]
    assert line["validation"] == pytest.approx(80)
    assert line["repeats"] == "3 seeds, 70.0 to 90.0"
    assert shown.loc["single"]["repeats"] == ""


def test_unfolded_every_run_has_its_line(runs):
    page = open_page(compare_fold=False)
    assert sorted(table(page).index) == sorted(runs)
    assert table(page)["validation"]["repeat 2"] == pytest.approx(90)


def test_a_line_says_what_was_trained_and_how_it_learnt(runs):
    line = table(open_page()).loc["single"]
    assert (line["network"], line["split"], line["seconds"]) == ("VGG16", "eeeeeeee", "1:00")
    assert line["training"].startswith("all 19 layers stay frozen, only the head trains; then first 6 of 19")
    assert line["recipe"] == "photos as they are; then augmented by “Geometric”"
    assert list(line["curve"]) == [0.25, 0.5]
    assert line["f1"] == pytest.approx(85)


def test_a_dataset_is_named_with_its_version_where_there_are_several(split, settings):
    from core import datasets

    known = datasets.find_dataset(settings, "Trees")
    assert compare_rows.dataset_names([known]) == {known.id: "Trees"}
    newer = known.model_copy(update={"id": "n" * 20, "version": 2})
    assert compare_rows.dataset_names([known, newer]) == {known.id: "Trees v1", newer.id: "Trees v2"}


# Ticks


def test_a_tick_on_a_folded_line_ticks_its_first_seed_alone(runs):
    shown = lines(runs.values())
    row = next(number for number, line in enumerate(shown) if line.folded)
    assert compare_table.after_click(shown, [row], []) == [runs["repeat 0"].id]


def test_a_line_that_stays_ticked_keeps_its_seeds_and_one_unticked_loses_them_all(runs):
    shown = [Line((runs["repeat 0"], runs["repeat 1"], runs["repeat 2"])), Line((runs["single"],))]
    before = [runs["repeat 2"].id, runs["repeat 1"].id]
    kept = compare_table.after_click(shown, [0, 1], before)
    assert sorted(kept) == sorted([*before, runs["single"].id])
    assert compare_table.after_click(shown, [1], before) == [runs["single"].id]


def test_what_the_search_hides_stays_ticked(runs):
    shown = [Line((runs["single"],))]
    before = [runs["brought"].id, runs["single"].id]
    assert compare_table.after_click(shown, [], before) == [runs["brought"].id]
    assert compare_table.after_click(shown, [0, 5], before) == before


def test_the_screen_says_which_seed_is_ticked_and_one_click_ticks_them_all(runs):
    page = open_page([runs["repeat 0"]])
    assert "A is seed 0, the first of 3, not picked by its result" in said(page)
    press(page, "compare_all_seeds")
    assert ticked(page) == [runs[f"repeat {seed}"].id for seed in (0, 1, 2)]
    assert table(page)["letter"]["repeat 0"] == "A B C"
    assert "A, B and C are the 3 seeds of one plan." in said(page)
    press(page, "compare_first_seed")
    assert ticked(page) == [runs["repeat 0"].id]


def test_a_link_to_another_seed_ticks_its_line_and_says_so(runs):
    page = open_page([runs["repeat 2"]])
    assert table(page)["letter"]["repeat 0"] == "A"
    assert "A is seed 2, one of 3" in said(page)


def test_letters_of_many_seeds_stay_short(runs):
    line = Line(tuple(runs["single"].model_copy(update={"id": str(number)}) for number in range(5)))
    shown = compare_rows.frame([line], [str(number) for number in range(5)], {}, [], {})
    assert shown["letter"].tolist() == ["A B +3"]


def test_runs_of_other_photos_are_greyed_with_the_reason(runs):
    page = open_page([runs["single"]])
    assert table(page)["reason"]["elsewhere"] == "tested on other photos"
    assert "Greyed runs can't be added" in said(page)


# Search and filters


@pytest.mark.parametrize(
    ("find", "names"),
    [
        ("SINGLE", {"single"}),
        ("pytorch", {"brought"}),
        ("lesson brought", {"brought"}),
        ("vgg16", {"repeat 0", "repeat 1", "repeat 2", "single"}),
        ("vgg16 nothing", set()),
        ("  ", {"repeat 0", "repeat 1", "repeat 2", "single", "brought", "elsewhere", "patient"}),
        ("[*(", set()),
    ],
)
def test_a_search_finds_every_word_in_name_tags_note_or_network(runs, find, names):
    found = compare_filter.fits(list(runs.values()), compare_filter.Wanted(find=find), [])
    assert {run.name for run in found} == names


def test_an_id_is_found_by_its_beginning(runs):
    wanted = compare_filter.Wanted(find=runs["single"].id[:10])
    assert compare_filter.fits(list(runs.values()), wanted, []) == [runs["single"]]


def test_filters_join_and_a_tag_counts_whatever_its_capitals(runs):
    everything = list(runs.values())
    assert [run.name for run in compare_filter.fits(everything, compare_filter.Wanted(statuses=("queued",)), [])] == [
        "patient"
    ]
    tagged = compare_filter.Wanted(tags=("lesson 2",), networks=("brought in",))
    assert compare_filter.fits(everything, tagged, []) == [runs["brought"]]
    assert compare_filter.fits(everything, compare_filter.Wanted(tags=("lesson 2",), networks=("VGG16",)), []) == []


def test_this_split_leaves_what_was_tested_on_it_brought_in_runs_too(split, runs):
    same = split.model_copy(update={"evaluation_id": runs["brought"].evaluation_id})
    found = compare_filter.fits(list(runs.values()), compare_filter.Wanted(split=same), [])
    assert {run.name for run in found} == {"repeat 0", "repeat 1", "repeat 2", "single", "brought"}


def test_a_search_says_how_many_fit_and_which_ticked_runs_stay(runs):
    page = open_page([runs["brought"], runs["single"]])
    page.text_input(key="compare_find").set_value("single")
    again(page)
    assert list(table(page).index) == ["single"]
    assert "1 of 7 runs fit. A stays ticked below." in said(page)
    assert ticked(page) == [runs["brought"].id, runs["single"].id]
    press(page, "compare_show_all")
    assert len(table(page)) == 5
    assert ticked(page) == [runs["brought"].id, runs["single"].id]


def test_where_no_run_fits_the_screen_says_so_and_leads_back(runs):
    page = open_page(compare_find="nothing like it")
    assert "None of 7 runs fits." in said(page)
    assert "name" not in page.dataframe[0].value.columns
    press(page, "compare_show_all")
    assert len(table(page)) == 5


def test_a_filter_by_a_tag_that_is_gone_asks_for_nothing(runs, store):
    page = open_page(compare_tags=["Lesson 2"])
    assert list(table(page).index) == ["brought"]
    store.set_tags(runs["brought"].id, [])
    assert len(table(again(page))) == 5


# Managing


def field(page: AppTest, kind: str, name: str):
    return next(one for one in page.get(kind) if (one.key or "").endswith(name) and "manage" in one.key)


def save(page: AppTest) -> AppTest:
    next(button for button in page.button if button.label == "Save").click()
    return again(page)


def test_a_run_gets_another_name_tags_and_a_note(runs, store):
    page = open_page([runs["brought"]])
    field(page, "text_input", "_name").set_value(ODD)
    field(page, "multiselect", "_tags").set_value(["Lesson 2", "<script>"])
    field(page, "text_area", "_note").set_value("why\nand how")
    save(page)
    now = store.get(runs["brought"].id)
    assert (now.name, now.tags, now.note) == (ODD, ("Lesson 2", "<script>"), "why\nand how")
    assert ODD in table(page).index


def test_tags_of_several_runs_are_added_and_taken_off_without_touching_their_others(runs, store):
    store.set_tags(runs["single"].id, ["both", "own"])
    store.set_tags(runs["brought"].id, ["both"])
    page = open_page([runs["single"], runs["brought"]])
    assert field(page, "multiselect", "_tags").value == ["both"]
    assert not [one for one in page.text_input if "manage" in (one.key or "")]
    field(page, "multiselect", "_tags").set_value(["new"])
    save(page)
    assert store.get(runs["single"].id).tags == ("own", "new")
    assert store.get(runs["brought"].id).tags == ("new",)
    assert store.get(runs["brought"].id).note == "made in PyTorch"


def test_a_tag_that_is_too_long_is_a_sentence_and_nothing_is_written(runs, store):
    page = open_page([runs["single"]])
    field(page, "multiselect", "_tags").set_value(["x" * 41])
    save(page)
    assert "can't be used as a tag: it has 41 characters" in said(page)
    assert store.get(runs["single"].id).tags == ()


def test_what_another_window_renamed_meanwhile_is_not_renamed_back(runs, store):
    page = open_page([runs["single"]])
    store.rename(runs["single"].id, "renamed elsewhere")
    field(page, "text_area", "_note").set_value("a note")
    page.run()
    save(page)
    assert store.get(runs["single"].id).name == "renamed elsewhere"


def test_a_deleted_run_leaves_and_undo_brings_it_back_ticked_as_it_was(runs, store):
    page = open_page([runs["brought"], runs["single"]])
    page.button(key="compare_delete").click()
    again(page)
    assert {run.name for run in store.deleted()} == {"brought", "single"}
    assert ticked(page) == []
    assert "2 runs are deleted." in said(page)
    assert "brought" not in table(page).index
    again(page)  # it stays until something is done
    press(page, "compare_undo")
    assert store.deleted() == []
    assert ticked(page) == [runs["brought"].id, runs["single"].id]
    assert "deleted." not in said(page)


def test_all_seeds_of_a_line_are_deleted_only_where_the_switch_says_so(runs, store):
    page = open_page([runs["repeat 0"]])
    assert page.button(key="compare_delete").label == "Delete 1 run"
    page.toggle(key="compare_manage_seeds").set_value(True)
    again(page)
    assert page.button(key="compare_delete").label == "Delete 3 runs"
    press(page, "compare_delete")
    assert {run.name for run in store.deleted()} == {"repeat 0", "repeat 1", "repeat 2"}


def test_a_run_that_waits_is_cancelled_before_it_is_deleted(runs):
    page = open_page([runs["patient"]])
    assert page.button(key="compare_delete").disabled
    assert "“patient” is queued. Cancel it on the Train page first" in said(page)


def test_a_deleted_run_comes_back_from_under_more(runs, store):
    store.delete(runs["single"].id)
    page = open_page(compare_deleted=True)
    page.multiselect(key="compare_bring_back").set_value([runs["single"].id])
    again(page)
    press(page, "compare_restore")
    assert store.get(runs["single"].id).name == "single"
    assert "single" in table(page).index


def test_deleted_runs_go_for_good_only_after_it_was_said_what_that_means(runs, store):
    for name in ("single", "brought"):
        store.delete(runs[name].id)
    page = open_page(compare_deleted=True)
    assert page.button(key="compare_for_good").label == "Delete all for good ..."
    page.multiselect(key="compare_bring_back").set_value([runs["single"].id])
    again(page)
    page.button(key="compare_for_good").click().run()
    text = said(page)
    assert "**1 run**" in text
    assert "- single" in text
    assert "nothing brings them back" in text
    assert {run.name for run in store.deleted()} == {"single", "brought"}
    page.button(key="compare_for_good_yes").click().run()
    assert not page.exception
    assert {run.name for run in store.deleted()} == {"brought"}
    assert "1 run deleted for good" in said(page)


def test_what_another_window_deleted_for_good_is_one_sentence(runs, store):
    store.delete(runs["single"].id)
    page = open_page(compare_deleted=True)
    page.button(key="compare_for_good").click().run()
    store.delete_for_good(runs["single"].id)
    page.button(key="compare_for_good_yes").click().run()
    assert not page.exception
    assert "There is no run" in said(page)


def test_a_refused_tick_is_taken_back_in_the_same_table_so_that_its_sort_stays(runs):
    page = open_page([runs["single"]])
    key = page.dataframe[0].key
    rows = list(range(len(table(page))))
    page.session_state[key] = {"selection": {"rows": rows}}
    again(page)
    assert page.dataframe[0].key == key
    assert page.session_state[key]["selection"]["rows"] == [list(table(page).index).index("single")]


def test_in_a_class_only_its_visitor_and_the_teacher_change_or_delete_a_run(runs, store, monkeypatch):
    mia, tom = Visitor(id="mia-1", name="Mia"), Visitor(id="tom-1", name="Tom")
    hers = store.create(RunKind.BROUGHT, "hers", predictions=answers(5), owner="mia-1")
    monkeypatch.setattr(visitors, "current", lambda: tom)
    assert "“hers” belongs to mia-1" in said(open_page([hers]))
    monkeypatch.setattr(visitors, "current", lambda: mia)
    page = open_page([hers])
    monkeypatch.setattr(visitors, "current", lambda: tom)  # a button that the page would no longer offer
    page.button(key="compare_delete").click().run()
    assert "mia-1" in said(page)
    store.delete(hers.id)
    assert "None. Runs that are deleted" in said(open_page(compare_deleted=True))


def test_a_deleted_run_is_called_the_same_however_late_it_is(runs):
    run = runs["single"]
    assert "ago" not in compare_deleted.called(run)
    assert len({compare_deleted.called(one.model_copy(update={"name": "x"})) for one in runs.values()}) == len(runs)


def test_when_the_last_run_is_deleted_undo_is_still_there(runs, store):
    for name, run in runs.items():
        if name == "patient":
            store.cancel(run.id)
        if name != "single":
            store.delete(run.id)
    page = press(open_page([runs["single"]]), "compare_delete")
    assert "Nothing has been trained yet" in said(page)
    assert "single" in table(press(page, "compare_undo")).index


# Runs that are gone


def test_a_run_deleted_in_another_window_is_one_sentence(runs, store):
    page = open_page([runs["brought"], runs["single"]])
    store.delete(runs["single"].id)
    again(page)
    assert "Run single was deleted." in said(page)
    assert ticked(page) == [runs["brought"].id]
    assert "Run single was deleted." not in said(again(page))


def test_deleting_what_another_window_deleted_is_one_sentence(runs, store):
    page = open_page([runs["single"]])
    store.delete(runs["single"].id)
    page.button(key="compare_delete").click().run()
    assert not page.exception
    assert "Run single was deleted." in said(page)


@pytest.mark.parametrize("label", ["0123abcd", "<b>x</b>", "x" * 300])
def test_a_link_to_a_run_that_never_was_is_one_sentence(runs, label):
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.query_params["runs"] = label
    again(page, "compare.py")
    assert "There is no run" in said(page)


def test_a_link_to_a_deleted_run_names_it(runs, store):
    store.delete(runs["single"].id)
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.query_params["runs"] = runs["single"].id[:8]
    again(page, "compare.py")
    assert "Run single was deleted." in said(page)
