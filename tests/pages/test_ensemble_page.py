"""The Ensemble page, empty and full. A full state needs no training: predictions are brought in."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import datasets
from core.ensembles import RULES, gain_over_best, scores
from core.ensembles.selection import backward, by_confusion, cover, forward
from core.evaluation import part_figures
from core.records import (
    EnsembleSpec,
    Member,
    Part,
    PartPredictions,
    Phase,
    Predictions,
    RuleName,
    RunKind,
    RunSpec,
    Weighting,
)
from core.runs import RunStore
from core.settings import Settings
from pages.parts import ensemble_rows

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
        app.latex,
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


def gain_of(members, rule: str, part: Part, weighting: str = "accuracy", weights: dict | None = None):
    weights = weights or {}
    chosen = tuple(Member(run=run, weight=weights.get(run, 1.0)) for run in members)
    spec = EnsembleSpec(rule=RuleName(rule), weighting=Weighting(weighting), members=chosen)
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


@pytest.mark.parametrize("rule", list(RuleName))
def test_every_rule_has_its_figure_its_sentence_and_its_formula(members, rule):
    app = opened(runs=list(members), ensemble_rule=RULES[rule].title)
    assert not app.exception
    assert percent(gain_of(members, rule, Part.VALIDATION).figures.accuracy) in big_figure(app)
    assert RULES[rule].formula in words(app)
    assert ("answered by what the other four teach" in words(app)) == RULES[rule].learns


def test_the_best_and_the_mean_member_stand_beside_the_figure(members):
    text = words(opened(runs=list(members)))
    accuracies = [part_figures(of.parts[Part.VALIDATION], CLASSES).accuracy for of in members.values()]
    assert f"Best single member: **{percent(max(accuracies))}** (Yew)" in text
    assert f"mean member: **{percent(np.mean(accuracies))}**" in text


def test_weights_by_accuracy_and_optimised_ones_are_shown_and_not_asked_for(members):
    for weighting in ("Validation accuracy", "Optimised"):
        app = opened(runs=list(members), ensemble_rule="Weighted mean", ensemble_weighting=weighting)
        assert not app.exception
        assert words(app).count("weight 0.") + words(app).count("weight 1.") == 3
        assert not [box for box in app.number_input if box.key.startswith("ensemble_weight_")]


def test_weights_in_the_address_are_those_of_the_ticked_runs_and_junk_is_one(members):
    runs = list(members)
    by_hand = {"ensemble_rule": "Weighted mean", "ensemble_weighting": "By hand"}
    app = opened(runs=runs, **by_hand, ensemble_weights="5,<b>,-3,inf,7,8")
    assert not app.exception
    weights = dict(zip(runs, (5.0, 1.0, 0.0), strict=True))
    assert [app.number_input(key=f"ensemble_weight_{run}").value for run in runs] == list(weights.values())
    expected = gain_of(members, "weighted", Part.VALIDATION, "hand", weights)
    assert percent(expected.figures.accuracy) in big_figure(app)
    # A switch right after: the weights stay with their members, and the text is tidy.
    app.toggle(key=f"ensemble_member_{runs[0]}").set_value(False).run()
    assert app.text_input(key="ensemble_weights").value == "1,0"
    app.toggle(key=f"ensemble_member_{runs[0]}").set_value(True).run()
    assert app.text_input(key="ensemble_weights").value == "1,0,5"


def test_a_weight_moves_the_figure_and_the_text_that_the_address_holds(members):
    runs = list(members)
    app = opened(runs=runs, ensemble_rule="Weighted mean", ensemble_weighting="By hand")
    app.number_input(key=f"ensemble_weight_{runs[1]}").set_value(40.0).run()
    assert not app.exception
    assert app.text_input(key="ensemble_weights").value == "1,40,1"
    alone = part_figures(members[runs[1]].parts[Part.VALIDATION], CLASSES).accuracy
    assert percent(alone) in big_figure(app)
    app.text_input(key="ensemble_weights").set_value("0,0,3").run()
    assert app.number_input(key=f"ensemble_weight_{runs[2]}").value == 3
    assert percent(part_figures(members[runs[2]].parts[Part.VALIDATION], CLASSES).accuracy) in big_figure(app)


def test_weights_that_are_all_zero_are_one_clear_sentence(members):
    app = opened(
        runs=list(members), ensemble_rule="Weighted mean", ensemble_weighting="By hand", ensemble_weights="0,0,0"
    )
    assert not app.exception
    assert "All members weigh 0" in app.error[0].value


@pytest.mark.parametrize("rule", [{"ensemble_rule": "Stacking"}, {"ensemble_rule": "Weighted mean"}])
def test_labels_only_where_probabilities_are_needed_are_one_clear_sentence(settings, split, members, rule):
    odd, _ = bring(settings, split, "Only labels", 0.5, has_probabilities=False)
    app = opened(runs=[*members, odd.id], ensemble_weighting="Optimised", **rule)
    assert not app.exception
    assert "needs probabilities, but Only labels only brought labels" in app.error[0].value


def test_a_member_with_probabilities_that_are_no_numbers_is_out_with_the_reason(settings, split, members):
    odd, _ = bring(settings, split, "Odd", 0.5)
    # The store keeps what it is given, so a broken one can only come from a file changed by hand.
    file = next((settings.artifact_root / odd.id).rglob("*.npz"))
    arrays = dict(np.load(file, allow_pickle=False))
    for name, array in arrays.items():
        if array.ndim == 2 and array.dtype.kind == "f":
            arrays[name] = np.full_like(array, np.nan)
    np.savez(file, **arrays)
    app = opened(runs=[*members, odd.id])
    assert not app.exception
    assert app.toggle(key=f"ensemble_out_{odd.id}").disabled
    assert "not numbers" in words(app)
    assert percent(gain_of(members, "vote", Part.VALIDATION).figures.accuracy) in big_figure(app)


def test_a_member_deleted_meanwhile_is_said_and_the_others_answer(settings, members):
    gone, *_ = members
    app = opened(runs=list(members))
    RunStore(settings).delete(gone)
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "was deleted" in words(app)
    rest = {run: of for run, of in members.items() if run != gone}
    assert percent(gain_of(rest, "vote", Part.VALIDATION).figures.accuracy) in big_figure(app)


def test_forty_members_scroll_in_a_list_of_fixed_height(settings, split, members):
    for number in range(37):
        bring(settings, split, f"Member {number}", 0.5, number)
    app = opened(runs=[run.id for run in RunStore(settings).list()])
    assert not app.exception
    assert "**40 of 40 members on**" in words(app)
    heights = [block.proto.height_config.pixel_height for block in blocks(app) if block.proto.HasField("height_config")]
    assert ensemble_rows.LIST in heights


def blocks(app):
    """Every container of the page."""
    waiting = [app.main]
    while waiting:
        block = waiting.pop()
        if children := getattr(block, "children", None):
            waiting += children.values()
            if block.proto is not None and hasattr(block.proto, "height_config"):
                yield block


def test_every_way_of_choosing_says_what_it_does_and_leaves_its_choice_in_the_ticked_runs(members):
    runs = sorted(members, key=lambda run: -part_figures(members[run].parts[Part.VALIDATION], CLASSES).accuracy)
    app = opened(runs=runs[:1])
    app.button(key="ensemble_choose_all").click().run()
    assert set(app.session_state["runs"]) == set(members)
    app.button(key="ensemble_choose_none").click().run()
    assert app.session_state["runs"] == []
    app.button(key="ensemble_choose_best").click().run()
    assert app.session_state["runs"] == runs[:3]
    assert "The 3 best single members. Chosen on validation." in words(app)
    app.number_input(key="ensemble_confusion_number").set_value(2).run()
    app.button(key="ensemble_choose_confusion").click().run()
    assert app.session_state["runs"] == [run for run, _ in by_confusion(cover(members), 2)]
    assert not app.exception


def test_greedy_selection_sets_weights_by_hand_as_often_as_each_was_taken(members):
    app = opened(runs=list(members))
    app.button(key="ensemble_choose_greedy").click().run()
    assert not app.exception
    everybody = EnsembleSpec(rule="mean", members=tuple(Member(run=run) for run in members))
    best = forward(scores(everybody, members, Part.VALIDATION)).best
    assert app.session_state["ensemble_rule"] == "weighted"
    assert percent(best.accuracy) in big_figure(app)
    taken = dict(zip(app.session_state["runs"], app.session_state["ensemble_weights"].split(","), strict=True))
    assert taken == {run: str(best.members.count(run)) for run in set(best.members)}


def test_leaving_out_one_by_one_keeps_the_best_set_it_came_by_under_the_mean(members):
    app = opened(runs=list(members))
    app.button(key="ensemble_choose_backward").click().run()
    assert not app.exception
    everybody = EnsembleSpec(rule="mean", members=tuple(Member(run=run) for run in members))
    best = backward(scores(everybody, members, Part.VALIDATION)).best
    assert app.session_state["ensemble_rule"] == "mean"
    assert set(app.session_state["runs"]) == set(best.members)
    assert percent(best.accuracy) in big_figure(app)


def test_the_reports_kinds_take_who_is_there_and_say_who_is_missing(settings, split, members):
    bring(settings, split, "VGG16, first 8 layers frozen", 0.5)
    better, _ = bring(settings, split, "VGG 16, another", 0.9)
    home, _ = bring(settings, split, "home-made CNN", 0.4)
    app = opened(runs=list(members))
    app.button(key="ensemble_choose_report").click().run()
    assert not app.exception
    assert app.session_state["runs"] == [better.id, home.id]
    assert "Missing here: Xception, VGG19, ResNet, EfficientNet, 1 home\\-made" in words(app)
    app.selectbox(key="ensemble_family").set_value("VGG16").run()
    app.button(key="ensemble_choose_family").click().run()
    assert set(app.session_state["runs"]) == {*members, home.id}


def test_the_difference_from_the_best_members_matrix_can_be_drawn_instead(members):
    app = opened(runs=list(members))
    app.segmented_control(key="ensemble_matrix_of").set_value("Difference from the best member's").run()
    assert not app.exception
    gain = gain_of(members, "vote", Part.VALIDATION)
    drawn = next(
        trace
        for chart in app.get("plotly_chart")
        for trace in json.loads(chart.proto.spec)["data"]
        if trace["type"] == "heatmap"
    )
    assert drawn["name"] == "difference"
    assert "The ensemble less Yew, the best member." in words(app)
    assert int(np.abs(gain.figures.confusion - gain.best_figures.confusion).max()) > 0


def test_the_votes_of_the_photo_that_the_address_names_are_told_member_by_member(members):
    app = opened(runs=list(members), ensemble_view="Votes", photo="5")
    assert not app.exception
    gain, text = gain_of(members, "vote", Part.VALIDATION), words(app)
    assert f"Photo 5 of 39 validation photos · true class **{CLASSES[gain.true[4]]}**" in text
    for of in members.values():
        shares = of.parts[Part.VALIDATION].probabilities[4]
        mark = "✓" if shares.argmax() == gain.true[4] else "✗"
        assert f"{mark} {CLASSES[shares.argmax()]}</span>" in text
        assert f"{100 * shares.max():.0f} %" in text


@pytest.mark.parametrize("photo", ["0", "40", "-3", "junk", "1e9"])
def test_a_photo_number_that_is_none_shows_the_first_of_the_list(members, photo):
    app = opened(runs=list(members), ensemble_view="Votes", photo=photo)
    assert not app.exception
    first = next(rows for rows in (gain_of(members, "vote", Part.VALIDATION).rescued, [0]) if len(rows))[0]
    assert f"Photo {first + 1} of 39" in words(app)


@pytest.mark.parametrize("rule", ["Majority vote", "Naive Bayes", "Stacking"])
def test_what_one_switch_would_change_is_told_as_the_switch_then_shows_it(members, rule):
    on = list(members)[:-1]
    app = opened(runs=on, ensemble_view="Votes", ensemble_rule=rule, photo="1")
    if rule == "Stacking":
        app.toggle(key="ensemble_votes_learn").set_value(True).run()
    name = next(key for key, one in RULES.items() if one.title == rule)
    before = gain_of(dict.fromkeys(on) | {run: members[run] for run in on}, name, Part.VALIDATION).predicted
    after = gain_of(members, name, Part.VALIDATION).predicted
    rows = np.flatnonzero(before != after)
    assert len(rows), "a switch must change something for this test to see anything"
    app.number_input(key="photo").set_value(int(rows[0]) + 1).run()
    assert not app.exception
    assert f"- with Yew, which is off: **{CLASSES[after[rows[0]]]}**" in words(app)


def test_a_photo_of_the_larger_part_is_forgotten_where_the_other_part_has_fewer(members):
    app = opened(runs=list(members), ensemble_view="Votes", photo="39", test="true")
    assert "Photo 39 of 39" in words(app)
    app.segmented_control(key="ensemble_part").set_value(Part.TEST).run()
    assert not app.exception
    assert "of 33 test photos" in words(app)


def test_beyond_twenty_classes_no_small_matrix_is_drawn(settings):
    true = np.arange(63) % 21
    part = PartPredictions(ids=tuple(f"{n:03d}" for n in range(63)), true=true, probabilities=np.eye(21)[true])
    predictions = Predictions(
        evaluation_id="2" * 20,
        classes=tuple(f"class {n:02d}" for n in range(21)),
        parts={Part.VALIDATION: part, Part.TEST: part},
    )
    run = RunStore(settings).create(RunKind.BROUGHT, "Many", predictions=predictions)
    app = opened(runs=[run.id])
    assert not app.exception
    assert "thaw-small-matrix" not in words(app)
    assert "Recall of each class, Many" in words(app)


def test_a_link_to_runs_of_another_split_leads_to_their_photos(settings, split, members):
    spec = RunSpec(dataset=split.dataset, split=split.id, backbone="vanilla", phases=(Phase(),))
    run = RunStore(settings).create(RunKind.TRAINED, "Of the first split", spec, split.evaluation_id)
    dataset = datasets.find_dataset(settings, split.dataset)
    newer = datasets.make_split(settings, dataset, (0.5, 0.25, 0.25), 5)
    app = opened(runs=[run.id], split=newer.id[:8])
    assert not app.exception
    assert "tested on other photos than those chosen" in words(app)
    app.button(key="ensemble_to_theirs").click().run()
    assert not app.exception
    assert app.session_state["split"] == split.id
