"""The Ensemble page, empty and full. A full state needs no training: predictions are brought in."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import datasets
from core.ensembles import gain_over_best
from core.evaluation import part_figures
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, RunKind
from core.runs import RunStore
from core.settings import Settings

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
CLASSES = ("ash", "beech", "cedar")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A home with 120 photos of noise in three classes, split, and three members; made once, since it takes seconds."""
    folder = tmp_path_factory.mktemp("built")
    generator = np.random.default_rng(0)
    for name in CLASSES:
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(40):
            noise = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / "photos" / name / f"{number}.png")
    home = Settings(folder / "home", None, f"sqlite:///{folder / 'home' / 'runs.db'}", None)
    dataset = datasets.import_folder(home, folder / "photos", "Trees")
    split = datasets.make_split(home, dataset, (0.4, 0.325, 0.275))  # parts of different size have different figures
    brought = [
        bring(home, split, name, share, seed)
        for seed, (name, share) in enumerate([("Holly", 0.5), ("Ivy", 0.6), ("Yew", 0.7)])
    ]
    return home.home, split, {run.id: predictions for run, predictions in brought}


@pytest.fixture
def split(settings, built):
    shutil.copytree(built[0], settings.home, dirs_exist_ok=True)
    return built[1]


@pytest.fixture
def members(split, built):
    """Three members by run id, in the home of this test."""
    return built[2]


def bring(settings, split, name, accuracy, seed=0, **changes):
    """A run of predictions that are right on about `accuracy` of the photos; returns it and its predictions."""
    generator = np.random.default_rng(seed)
    rows = datasets.split_rows(settings, split.id)
    parts = {}
    for part in (Part.VALIDATION, Part.TEST):
        of_part = rows[rows["part"] == part].sort_values("id")
        true = of_part["label"].to_numpy()
        said = np.where(generator.random(len(true)) < accuracy, true, generator.integers(0, len(CLASSES), len(true)))
        probabilities = (generator.dirichlet(np.ones(len(CLASSES)), len(true)) + 2 * np.eye(len(CLASSES))[said]) / 3
        parts[part] = PartPredictions(ids=tuple(of_part["id"]), true=true, probabilities=probabilities)
    predictions = Predictions(
        **{"evaluation_id": split.evaluation_id, "classes": CLASSES, "parts": parts, "has_probabilities": True}
        | changes
    )
    run = RunStore(settings).create(RunKind.BROUGHT, name, predictions=predictions)
    return run, predictions


def opened(**query) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=120)  # the first page waits for MLflow
    for key, value in query.items():
        # The address holds what a person reads: the first letters of run ids.
        app.query_params[key] = [each[:8] for each in value] if key == "runs" else value
    return app.switch_page("ensemble.py").run()


def words(app) -> str:
    """Everything a person could read on the page, figures of charts and tables included."""
    kinds = (
        app.markdown,
        app.caption,
        app.info,
        app.error,
        app.warning,
        app.success,
        app.metric,
        app.button,
        app.toggle,
    )
    text = [str(getattr(each, "value", "")) + str(getattr(each, "label", "")) for kind in kinds for each in kind]
    text += [each.proto.body for each in app.get("html")]
    text += [each.proto.spec + each.proto.alt for each in app.get("plotly_chart")]
    text += [each.value.to_csv() for each in app.dataframe]
    return "\n".join(text)


def big_figure(app) -> str:
    return next(
        each.proto.body
        for each in app.get("html")
        if "thaw-figure" in each.proto.body and "style" not in each.proto.body
    )


def gain_of(members, rule: str, part: Part):
    spec = EnsembleSpec(rule=RuleName(rule), members=tuple(Member(run=run) for run in members))
    return gain_over_best(spec, members, part)


def percent(share) -> str:
    return f"{100 * share:.1f} %"


def test_without_runs_the_page_says_what_will_be_here_and_offers_one_primary_button():
    app = opened()
    assert not app.exception
    assert "There is no finished run yet" in app.info[0].value
    assert [button.label for button in app.button if button.proto.type == "primary"] == ["Train a model"]


def test_with_nobody_on_one_button_switches_everybody_on(members):
    app = opened()
    assert not app.exception
    assert len(app.toggle) >= 3
    primary = next(button for button in app.button if button.proto.type == "primary")
    assert primary.label == "Switch all 3 members on"
    primary.click().run()
    assert not app.exception
    assert set(app.session_state["runs"]) == set(members)
    assert percent(gain_of(members, "vote", Part.VALIDATION).figures.accuracy) in big_figure(app)


def test_a_switch_moves_the_figure_the_table_and_the_matrix_and_stays_in_the_ticked_runs(members):
    app = opened(runs=list(members))
    every = gain_of(members, "vote", Part.VALIDATION)
    assert percent(every.figures.accuracy) in big_figure(app)
    off = list(members)[1]
    app.toggle(key=f"ensemble_member_{off}").set_value(False).run()
    assert not app.exception
    kept = {run: of for run, of in members.items() if run != off}
    gain = gain_of(kept, "vote", Part.VALIDATION)
    assert percent(gain.figures.accuracy) in big_figure(app)
    assert app.session_state["runs"] == list(kept)
    table = next(each.value for each in app.dataframe if "gain" in each.value)
    np.testing.assert_allclose(table["recall"], 100 * gain.per_class["recall"])
    assert table["support"].tolist() == [13, 13, 13]
    heatmap = next(
        trace
        for chart in app.get("plotly_chart")
        for trace in json.loads(chart.proto.spec)["data"]
        if trace["type"] == "heatmap"
    )
    assert heatmap is not None


def test_the_rule_is_switched_and_an_address_may_name_it(members):
    app = opened(runs=list(members), ensemble_rule="Mean of probabilities")
    assert not app.exception
    assert percent(gain_of(members, "mean", Part.VALIDATION).figures.accuracy) in big_figure(app)
    assert "averaged" in words(app)


def test_the_page_says_how_many_photos_were_tied(members):
    two = dict(list(members.items())[:2])
    app = opened(runs=list(two))
    ties = gain_of(two, "vote", Part.VALIDATION).ties
    assert ties > 1
    assert f"{ties} validation photos tied; each went to the tied class" in words(app)


def test_no_test_figure_is_in_the_page_before_the_switch_is_on(members):
    app = opened(runs=list(members))
    test = gain_of(members, "vote", Part.TEST)
    figures = {percent(test.figures.accuracy)}
    figures |= {percent(part_figures(of.parts[Part.TEST], CLASSES).accuracy) for of in members.values()}
    # What validation could say by itself: accuracies of its 39 photos, recalls of its 13 a class.
    figures -= {percent(right / 39) for right in range(40)}
    assert figures, "the parts must differ for this test to see anything"
    before = words(app)
    assert not [figure for figure in figures if figure in before]
    assert "test:" not in before
    app.toggle(key="test").set_value(True).run()
    assert not app.exception
    assert f"test: {percent(test.figures.accuracy)} of 33" in big_figure(app)


def test_figures_of_the_test_part_can_be_looked_at_once_the_switch_is_on(members):
    app = opened(runs=list(members), test="true")
    app.segmented_control(key="ensemble_part").set_value(Part.TEST).run()
    assert not app.exception
    table = next(each.value for each in app.dataframe if "gain" in each.value)
    np.testing.assert_allclose(table["recall"], 100 * gain_of(members, "vote", Part.TEST).per_class["recall"])


def test_photos_rescued_and_lost_are_counted(members):
    gain = gain_of(members, "vote", Part.VALIDATION)
    text = words(opened(runs=list(members)))
    assert f"{len(gain.rescued)} photo" in text
    assert f"{len(gain.lost)} photo" in text


def test_one_member_alone_is_told_that_it_is_no_ensemble_yet(members):
    app = opened(runs=list(members)[:1])
    assert not app.exception
    assert "alone is not an ensemble yet" in words(app)


def test_a_run_of_another_split_is_shown_but_cannot_be_switched_on(settings, split, members):
    other, _ = bring(settings, split, "Elsewhere", 0.9, evaluation_id="0" * 20)
    app = opened(runs=[*members, other.id])
    assert not app.exception
    assert app.toggle(key=f"ensemble_out_{other.id}").disabled
    assert "tested on other photos" in words(app)
    assert percent(gain_of(members, "vote", Part.VALIDATION).figures.accuracy) in big_figure(app)


def test_predictions_of_photos_thaw_does_not_have_can_vote_without_any_dataset(settings):
    true = np.arange(30) % 3
    for name in ("Holly", "Ivy"):
        part = PartPredictions(
            ids=tuple(f"img{n:02d}.jpg" for n in range(30)), true=true, probabilities=np.eye(3)[true]
        )
        predictions = Predictions(
            evaluation_id="1" * 20,
            classes=CLASSES,
            parts={Part.VALIDATION: part, Part.TEST: part},
            has_probabilities=False,
        )
        RunStore(settings).create(RunKind.BROUGHT, name, predictions=predictions)
    app = opened(runs=[run.id for run in RunStore(settings).list()])
    assert not app.exception
    assert "100.0 %" in big_figure(app)
    assert "answer every validation photo alike, so there is nothing to gain" in words(app)


def test_names_with_markup_are_shown_as_they_are(settings, split):
    odd, _ = bring(settings, split, "<b>a</b> *x* $1$ :red[y]", 0.5)
    app = opened(runs=[odd.id])
    assert not app.exception
    assert "<b>a" not in "".join(each.proto.body for each in app.get("html"))
    assert app.toggle(key=f"ensemble_member_{odd.id}").label.startswith("\\<b\\>")


def test_a_member_whose_files_are_gone_is_left_out_with_the_reason(settings, members):
    gone, *_ = members
    for file in (settings.artifact_root / gone).rglob("*"):
        if file.is_file():
            file.unlink()
    app = opened(runs=list(members))
    assert not app.exception
    assert app.toggle(key=f"ensemble_out_{gone}").disabled
    rest = {run: of for run, of in members.items() if run != gone}
    assert percent(gain_of(rest, "vote", Part.VALIDATION).figures.accuracy) in big_figure(app)
