"""The Photos view of Compare: rows over all runs, one photo opened, where runs looked, and doubtful labels."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import datasets
from core.datasets.audit import Finding
from core.errors import WeightsMismatch
from core.evaluation import final_figures
from core.evaluation.photos import photo_table
from core.records import Part, PartPredictions, Phase, Predictions, Run, RunKind, RunSpec
from pages.parts import compare_gradcam, compare_label_errors, compare_opened, compare_photos
from tests.pages.test_compare_page import FRAME, everything

ODD = 3  # row of validation whose label every run doubts


def answers(rows, seed: int, doubt: bool = True) -> PartPredictions:
    """Answers on photos of two classes: four in five right, and surely wrong on the photo at ODD."""
    random, true = np.random.default_rng(seed), rows["label"].to_numpy()
    said = np.where(random.random(len(true)) < 0.2, 1 - true, true)
    sure = random.uniform(0.55, 0.8, len(true))
    if doubt:
        said[ODD], sure[ODD] = 1 - true[ODD], 0.99
    probabilities = np.where(np.eye(2)[said] > 0, sure[:, None], 1 - sure[:, None])
    return PartPredictions(ids=tuple(rows["id"]), true=true, probabilities=probabilities)


@pytest.fixture
def two_runs(store, settings, split) -> list[Run]:
    """A trained run without weights and one brought in, both with answers on all photos of Trees."""
    trees = datasets.find_dataset(settings, split.dataset)
    rows = datasets.photo_rows(settings, trees.id).sort_values("id")
    made = []
    for seed, kind in enumerate((RunKind.TRAINED, RunKind.BROUGHT)):
        parts = {Part.VALIDATION: answers(rows, seed), Part.TEST: answers(rows, seed, doubt=False)}
        of = Predictions(evaluation_id=split.evaluation_id, classes=trees.classes, parts=parts)
        if kind == RunKind.TRAINED:
            spec = RunSpec(dataset=trees.id, split=split.id, backbone="vanilla", phases=(Phase(),))
            run = store.create(kind, "trained", spec, split.evaluation_id)
            store.finish(run.id, store.claim(run.id), of, final_figures(of))
        else:
            run = store.create(kind, "brought in", predictions=of, metrics=final_figures(of))
        made.append(store.get(run.id))
    return made


def open_photos(runs, address: dict | None = None, **state) -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30)
    for name, value in (address or {}).items():
        page.query_params[name] = value
    page.session_state["runs"] = [run.id for run in runs]
    page.session_state["compare_view"] = page.session_state["compare_single_view_brought"] = "Photos"
    for key, value in state.items():
        page.session_state[key] = value
    page.switch_page("compare.py").run()
    assert not page.exception, page.exception
    return page


def listed(page: AppTest):
    """The table of photos; None where there is none."""
    return next((table.value for table in page.dataframe if "A" in table.value and "true" in table.value), None)


def table(store, runs):
    return photo_table({run.id: store.predictions(run.id) for run in runs}, Part.VALIDATION)


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("all", lambda photos: photos["n_right"] >= 0),
        ("all_wrong", lambda photos: photos["n_right"] == 0),
        ("disagree", lambda photos: photos["said A"] != photos["said B"]),
        ("only", lambda photos: photos["right A"] & ~photos["right B"]),
    ],
)
def test_a_filter_leaves_the_photos_it_names(store, two_runs, kind, holds):
    page = open_photos(two_runs, compare_photos_filter=kind)
    photos = table(store, two_runs)
    assert f"**{holds(photos).sum()} photo" in everything(page)


def test_sure_and_wrong_is_of_any_run_or_of_one(store, two_runs):
    page = open_photos(two_runs, compare_photos_filter="sure_and_wrong")
    assert len(listed(page)) == 1
    page.selectbox(key="compare_sure").set_value("B").run()
    assert len(listed(page)) == 1


def test_true_and_said_waits_for_a_class_and_shows_its_photos(store, two_runs):
    page = open_photos(two_runs, compare_photos_filter="cell")
    assert "Choose a true class" in everything(page)
    page.selectbox(key="compare_true").set_value(1).run()
    page.selectbox(key="compare_said").set_value(0).run()
    photos = table(store, two_runs)
    assert len(listed(page)) == ((photos["true"] == 1) & (photos["said A"] == 0)).sum()


def test_rows_stand_with_the_highest_loss_first_and_carry_a_picture(two_runs):
    rows = listed(open_photos(two_runs))
    assert list(rows["loss"]) == sorted(rows["loss"], reverse=True)
    assert rows["picture"].str.startswith("data:image/jpeg;base64,").all()


def test_the_first_photo_is_open_until_another_is_chosen(store, two_runs):
    first = table(store, two_runs).sort_values("loss", ascending=False)["id"].tolist()
    page = open_photos(two_runs)
    assert f'data-opened="{first[0]}"' in everything(page)
    for address, opened in ((first[4][:16], first[4]), ("nobody", first[0]), ("", first[0])):
        page = open_photos(two_runs, address={"compare_photo": address})
        assert f'data-opened="{opened}"' in everything(page)


def test_the_table_opens_on_the_page_of_the_photo_that_a_link_names(store, two_runs, monkeypatch):
    monkeypatch.setattr(compare_photos, "PAGE", 2)
    first = table(store, two_runs).sort_values("loss", ascending=False)["id"].tolist()
    page = open_photos(two_runs, address={"compare_photo": first[4][:16]})
    assert f'data-opened="{first[4]}"' in everything(page)
    assert page.session_state[f"compare_photos_page_{Part.VALIDATION}_all_{len(first)}"] == 3


def test_a_tick_puts_the_photo_into_the_address_and_unticking_takes_it_out(monkeypatch):
    ids, address = ["a" * 64, "b" * 64, "another machine's"], {}
    for rows, expected in (([1], "b" * 16), ([2], ids[2]), ([9], None), ([], None)):
        held = {"table": SimpleNamespace(selection=SimpleNamespace(rows=rows))}
        monkeypatch.setattr(compare_opened, "st", SimpleNamespace(session_state=held, query_params=address))
        compare_opened.choose("table", ids)
        assert address.get("compare_photo") == expected


def test_a_single_run_has_its_photos_too(two_runs):
    page = open_photos(two_runs[1:])
    assert list(listed(page)["A"].str[0].isin(["✓", "✗"]).unique()) == [True]
    assert "right" not in listed(page)


def test_photos_that_are_not_here_are_listed_by_id_and_nothing_is_asked_of_a_network(two_runs, settings):
    shutil.rmtree(settings.photos)
    page = open_photos(two_runs)
    assert "picture" not in listed(page)
    assert "not on this machine" in everything(page)
    assert not [toggle for toggle in page.toggle if toggle.key == "compare_gradcam"]


class Looker:
    """In a network's place: sees everything in the upper half."""

    def heat(self, _, label):
        heat = np.zeros((8, 8), "float32")
        heat[:4] = label
        return heat


def test_where_a_trained_run_looked_is_shown_and_a_brought_in_one_says_that_it_has_no_network(two_runs, monkeypatch):
    monkeypatch.setattr(compare_gradcam, "_network", lambda *_: Looker())
    page = open_photos(two_runs)
    assert "thaw-looked" not in everything(page)
    page.toggle(key="compare_gradcam").set_value(True).run()
    text = everything(page)
    assert "Where A saw" in text
    assert "Where B saw" not in text
    assert "no network to look into" in text


def test_a_network_that_cannot_be_read_is_a_sentence_beside_the_others(two_runs, monkeypatch):
    def broken(*_):
        raise WeightsMismatch(name="x", backbone="y", reason="it is <b>damaged</b>")

    monkeypatch.setattr(compare_gradcam, "_network", broken)
    page = open_photos(two_runs, compare_gradcam=True)
    assert "&lt;b&gt;damaged" in everything(page)
    assert not page.exception


def test_a_label_that_the_runs_doubt_is_listed_with_what_it_looks_like(store, two_runs):
    odd = store.predictions(two_runs[0].id).parts[Part.VALIDATION].ids[ODD]
    page = open_photos(two_runs, compare_photos_filter="labels")
    assert f'data-photo="{odd}"' in everything(page)
    assert "in doubt by 2 runs together" in everything(page)


def test_doubtful_labels_go_to_the_photos_page_where_they_can_be_left_out(two_runs):
    page = open_photos(two_runs, compare_photos_filter="labels")
    page.button(key="compare_labels_send").click().run()
    assert not page.exception
    dataset, finding = page.session_state["photos_brought_here"]
    assert dataset == two_runs[0].spec.dataset
    assert len(finding.ids) == len(finding.photos) >= 1
    assert not finding.suggested


def test_what_another_page_brought_opens_on_the_photos_page_and_is_left_out(settings, split, two_runs):
    trees = datasets.find_dataset(settings, split.dataset)
    row = datasets.photo_rows(settings, trees.id).iloc[0]
    finding = Finding("f", "label_errors", (row["path"],), (row["id"],), "1 photo", suggested=(row["id"],))
    page = AppTest.from_file(FRAME, default_timeout=30)
    page.session_state["dataset"] = trees.id
    page.session_state["photos_brought_here"] = (trees.id, finding)
    page.switch_page("photos.py").run()
    assert not page.exception
    page.button(key="photos_leave_do").click().run()
    newest = datasets.find_dataset(settings, "Trees")
    assert newest.photos == trees.photos - 1
    assert "likely label errors" in newest.edits[-1]


def test_the_newest_version_of_the_dataset_is_where_labels_are_mended(settings, split, two_runs):
    from core.datasets.editing import leave_out

    trees = datasets.find_dataset(settings, split.dataset)
    ids = datasets.photo_rows(settings, trees.id)["id"].tolist()
    newer = leave_out(settings, trees, ids[:1], "a test")
    assert compare_label_errors.home_of(ids[1:2], two_runs).id == newer.id
    assert compare_label_errors.home_of(ids[:1], two_runs) is None


def test_no_test_answer_is_listed_before_the_switch_is_on(store, two_runs):
    validation = open_photos(two_runs, compare_photos_filter="sure_and_wrong")
    assert len(listed(validation)) == 1  # in test nobody is that sure
    both = open_photos(two_runs, compare_photos_filter="sure_and_wrong", test=True, compare_part=Part.TEST)
    assert "No wrong answer was that sure" in everything(both)


def test_a_row_says_the_answer_of_each_run_and_how_many_are_right(store, two_runs):
    rows = table(store, two_runs)
    shown = compare_photos.table_of(rows, ("ash", "oak"))
    first = rows.iloc[0]
    sign = "✓" if first["right A"] else "✗"
    assert shown["A"][0] == f"{sign} {100 * first['sure A']:.0f} % {('ash', 'oak')[first['said A']]}"
    assert shown["right"][0] == f"{first['n_right']} of 2"
