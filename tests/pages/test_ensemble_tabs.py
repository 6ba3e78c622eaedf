"""The analysis tabs of the Ensemble page, on predictions that were brought in."""

from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.ensembles import combine, scores
from core.ensembles.contributions import contributions
from core.ensembles.diversity import diversity
from core.ensembles.lesson import leaked
from core.ensembles.selection import by_confusion, cover, rescues
from core.ensembles.subsets import optimism, same_sets, subsets
from core.evaluation import part_figures
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RuleName, RunKind, Weighting
from core.runs import RunStore
from pages.parts import ensemble_names

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
CLASSES = ("ash", "beech", "cedar")
SIZES = {Part.VALIDATION: 60, Part.TEST: 41}
TABS = ("Subsets", "Cover", "Contributions", "Diversity", "Lesson")

pytestmark = pytest.mark.usefixtures("empty_store")


def answers(accuracy: float, seed: int, classes=CLASSES, has_probabilities: bool = True) -> Predictions:
    """Right on about `accuracy` of the photos; the true labels are the same for every seed."""
    generator, c = np.random.default_rng(seed), len(classes)
    parts = {}
    for part, n in SIZES.items():
        true = np.arange(n) % c
        said = np.where(generator.random(n) < accuracy, true, generator.integers(0, c, n))
        sure = np.eye(c)[said]
        probabilities = (generator.dirichlet(np.ones(c), n) + 2 * sure) / 3 if has_probabilities else sure
        ids = tuple(f"{part}{number:03d}.jpg" for number in range(n))
        parts[part] = PartPredictions(ids=ids, true=true, probabilities=probabilities)
    return Predictions(evaluation_id="1" * 20, classes=classes, parts=parts, has_probabilities=has_probabilities)


def bring(settings, name: str, predictions: Predictions) -> str:
    return RunStore(settings).create(RunKind.BROUGHT, name, predictions=predictions).id


@pytest.fixture
def members(settings):
    """Four members by run id, the best one last."""
    brought = [("Holly", 0.45), ("Ivy", 0.55), ("<b>Yew</b>", 0.6), ("Oak", 0.7)]
    found = {}
    for seed, (name, accuracy) in enumerate(brought):
        predictions = answers(accuracy, seed)
        found[bring(settings, name, predictions)] = predictions
    return found


def opened(tab: str, runs, **query) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=120)  # the first page waits for MLflow
    app.query_params["runs"] = [run[:8] for run in runs]
    app.query_params["ensemble_view"] = tab
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page("ensemble.py").run()
    assert not app.exception
    return app


def text(app) -> str:
    """Everything a person could read on the page, figures of charts and tables included."""
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning)
    said = [str(each.value) for kind in kinds for each in kind]
    said += [each.proto.body for each in app.get("html")]
    said += [each.proto.spec + each.proto.alt for each in app.get("plotly_chart")]
    said += [each.value.to_csv() for each in app.dataframe]
    return "\n".join(said).replace("\\", "")


def spec_of(runs, rule: str = "vote", **more) -> EnsembleSpec:
    return EnsembleSpec(rule=RuleName(rule), members=tuple(Member(run=run) for run in runs), **more)


def percent(share) -> str:
    return f"{100 * share:.1f} %"


def table(app, column: str):
    return next(each.value for each in app.dataframe if column in each.value)


def test_the_best_set_is_told_and_one_button_switches_it_on(members):
    app = opened("Subsets", list(members)[:1])
    found = subsets(scores(spec_of(members), members, Part.VALIDATION))
    best = found.ranked[0]
    assert f"The best of 15 sets is a set of {found.sizes[best]}: {percent(found.accuracies[best])} of 60" in text(app)
    app.button(key="ensemble_subsets_switch").click().run()
    assert not app.exception
    assert set(app.session_state["runs"]) == set(found.runs_of(int(best)))
    assert app.button(key="ensemble_subsets_switch").disabled


def test_the_best_of_each_size_stand_in_a_table_with_test_only_where_it_may_be_seen(members):
    found = subsets(scores(spec_of(members), members, Part.VALIDATION))
    on_test = same_sets(found, scores(spec_of(members), members, Part.TEST))
    rows = list(found.best_by_size.values())
    app = opened("Subsets", members)
    shown = table(app, "who")
    assert shown["size"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(shown["validation"], 100 * found.accuracies[rows])
    assert "test" not in shown
    app.toggle(key="test").set_value(True).run()
    np.testing.assert_allclose(table(app, "who")["test"], 100 * on_test.accuracies[rows])


def test_how_much_choosing_flatters_is_one_sentence_with_its_interval(members):
    of_validation = scores(spec_of(members), members, Part.VALIDATION)
    drawn = optimism(subsets(of_validation), of_validation)
    low, high = 100 * np.quantile(drawn.unseen, (0.025, 0.975))
    assert (
        f"looks {100 * drawn.points:.1f} points better than it is: {percent(drawn.chosen.mean())} on the photos it was "
        f"chosen by, {percent(drawn.unseen.mean())} on photos it was not chosen by ({low:.1f} to {high:.1f})"
    ) in text(opened("Subsets", members))


def test_sets_under_stacking_are_looked_at_with_the_mean_when_asked(members):
    app = opened("Subsets", members, ensemble_rule="Stacking")
    assert "Stacking learns anew for every set" in text(app)
    assert "The best of" not in text(app)
    app.toggle(key="ensemble_subsets_mean").set_value(True).run()
    found = subsets(scores(spec_of(members, "mean"), members, Part.VALIDATION))
    assert f"{percent(found.accuracies[found.ranked[0]])} of 60" in text(app)


def test_sets_under_optimised_weights_use_those_of_everybody_and_say_so(members):
    app = opened("Subsets", list(members)[:2], ensemble_rule="Weighted mean", ensemble_weighting="Optimised")
    spec = spec_of(members, "weighted", weighting=Weighting.OPTIMISED)
    found = subsets(scores(spec, members, Part.VALIDATION))
    assert "Each set uses the weights of everybody on the list, optimised for all of them" in text(app)
    assert f"{percent(found.accuracies[found.ranked[0]])} of 60" in text(app)


def test_who_brought_labels_only_is_in_no_set_of_optimised_weights(settings, members):
    bring(settings, "Labels", answers(0.9, 9, has_probabilities=False))
    app = opened("Subsets", list(members), ensemble_rule="Weighted mean", ensemble_weighting="Optimised")
    assert "The best of 15 sets" in text(app)
    assert "1 member can't take part in this rule" in text(app)


def test_beyond_fifteen_members_a_beam_search_is_said(settings):
    runs = [bring(settings, f"member {seed}", answers(0.5, seed)) for seed in range(16)]
    assert "16 members have 65,535 sets, too many to look at: a beam search" in text(opened("Subsets", runs))


def test_the_cover_names_the_class_covered_worst_and_the_specialists(members):
    found = cover(members, Part.VALIDATION)
    app = opened("Cover", members)
    weak = int(found.recall.max(axis=0).argmin())
    assert f"{CLASSES[weak]} is covered worst: of its 20 photos" in text(app)
    assert percent(found.recall.max(axis=0)[weak]) in text(app)
    shown = table(app, "recall_value")
    np.testing.assert_allclose(shown["recall_value"], 100 * found.recall.max(axis=0))
    np.testing.assert_allclose(shown["precision_value"], 100 * found.precision.max(axis=0))


def test_what_each_member_adds_follows_the_measure(members):
    on = list(members)[:2]
    app = opened("Cover", on)
    for measure in ("recall", "precision", "f1"):
        app.segmented_control(key="ensemble_cover_measure").set_value(measure).run()
        gains = cover(members, Part.VALIDATION).gains(on, measure)
        np.testing.assert_allclose(table(app, "gain")["gain"], 100 * np.sort(list(gains.values()))[::-1])


def test_members_chosen_by_what_they_confuse_are_told_and_switched_on(members):
    path = by_confusion(cover(members, Part.VALIDATION), 2, "f1")
    app = opened("Cover", list(members)[:1])
    app.number_input(key="ensemble_cover_most").set_value(2).run()
    assert f"({percent(path[0][1])}), then " in text(app)
    app.button(key="ensemble_cover_switch").click().run()
    assert not app.exception
    assert app.session_state["runs"] == [run for run, _ in path]


def test_who_rescues_a_class_when_a_member_misses_it_is_told_with_photos_and_share(members):
    member = next(iter(members))
    found = rescues(members, Part.VALIDATION, 1)
    app = opened("Cover", members)
    app.selectbox(key="ensemble_rescue_class").set_value(1).run()
    app.selectbox(key="ensemble_rescue_member").set_value(member).run()
    missed = found.attrs["missed"][member]
    most = found.loc[member].max()
    assert f"Holly misses {missed} of 20 validation photos of beech." in text(app)
    assert f"gets {round(most * missed)} right ({percent(most)})" in text(app)


def test_a_member_that_misses_nothing_needs_nobody(settings, members):
    sure = bring(settings, "Perfect", answers(1.0, 8))
    app = opened("Cover", [*members, sure])
    app.selectbox(key="ensemble_rescue_member").set_value(sure).run()
    assert not app.exception
    assert "Perfect misses no validation photo of" in text(app)


@pytest.mark.parametrize("part", [Part.VALIDATION, Part.TEST])
def test_contributions_add_up_from_the_most_frequent_class_to_the_ensemble(members, part):
    app = opened("Contributions", members, test="true")
    app.segmented_control(key="ensemble_part").set_value(part).run()
    shares = contributions(scores(spec_of(members), members, part))
    accuracy = part_accuracy(spec_of(members), members, part)
    nobody = accuracy - shares["shapley"].sum()
    assert f"Always saying ash would be right on {percent(nobody)} of {SIZES[part]}" in text(app)
    assert f"The 4 shares add {100 * shares['shapley'].sum():+.1f} points to that: {percent(accuracy)}" in text(app)
    assert "Exact: all 15 sets" in text(app)


def part_accuracy(spec, members, part) -> float:
    found = combine(spec, members, part)
    return float((found.predicted == found.true).mean())


def test_contributions_beyond_twelve_members_are_said_to_be_estimates(settings):
    runs = [bring(settings, f"member {seed}", answers(0.5, seed)) for seed in range(13)]
    assert "Beyond 12 members the shares are estimates" in text(opened("Contributions", runs))


def test_the_ceiling_and_the_floor_stand_around_the_ensemble(members):
    found = diversity(members, Part.VALIDATION)
    said = text(opened("Diversity", members))
    assert f"Someone is right on {percent(found.someone)} of 60 validation photos" in said
    assert f"all are right on {percent(found.everyone)}, the floor" in said
    assert f"The ensemble reaches {percent(part_accuracy(spec_of(members), members, Part.VALIDATION))}" in said


def test_another_measure_draws_another_matrix(members):
    app = opened("Diversity", members)
    found = diversity(members, Part.VALIDATION)
    off = ~np.eye(4, dtype=bool)
    for measure in ("q", "correlation"):
        app.segmented_control(key="ensemble_diversity_measure").set_value(measure).run()
        values = found.matrices[measure][off]
        assert f"from {values.min():.2f} to {values.max():.2f}" in text(app)


def test_the_lesson_shows_what_a_leak_would_have_made_of_the_figures(members):
    run = list(members)[1]
    app = opened("Lesson", members)
    app.selectbox(key="ensemble_lesson_member").set_value(run).run()
    leak = leaked(members[run], 0.7, 1.0, 0)
    lying = part_accuracy(spec_of(members), members | {run: leak.predictions}, Part.VALIDATION)
    honest = part_accuracy(spec_of(members), members, Part.VALIDATION)
    alone = part_figures(leak.predictions.parts[Part.VALIDATION], CLASSES).accuracy
    assert f"would have shown {percent(lying)} instead of {percent(honest)}" in text(app)
    assert f"trained on {leak.known['validation']} of 60 validation photos" in text(app)
    assert f"Alone it would have shown {percent(alone)}" in text(app)
    assert "Simulated" in app.warning[0].value
    assert "another evaluation id" in text(app)


def test_a_member_that_would_have_known_nothing_lies_about_nothing(members):
    app = opened("Lesson", members)
    app.slider(key="ensemble_lesson_share_11111111").set_value(0).run()
    honest = percent(part_accuracy(spec_of(members), members, Part.VALIDATION))
    assert f"would have shown {honest} instead of {honest}: 0.0 points" in text(app)


@pytest.mark.parametrize("tab", TABS)
def test_no_test_figure_is_in_a_tab_before_the_switch_is_on(members, tab):
    of_41 = {percent(right / 41) for right in range(1, 41)} - {percent(right / 60) for right in range(61)}
    figures = {percent(part_accuracy(spec_of(members), members, Part.TEST))}
    figures |= {percent(part_figures(of.parts[Part.TEST], CLASSES).accuracy) for of in members.values()}
    assert figures & of_41, "the parts must differ for this test to see anything"
    said = text(opened(tab, members))
    assert not [figure for figure in figures & of_41 if figure in said]
    assert "the same sets on test" not in said


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("rule", ["Mean of probabilities", "Naive Bayes", "Stacking"])
def test_every_tab_opens_under_every_kind_of_rule(members, tab, rule):
    assert not opened(tab, members, ensemble_rule=rule).error


@pytest.mark.parametrize("tab", TABS)
def test_a_single_member_is_told_what_is_needed(settings, tab):
    run = bring(settings, "Holly", answers(0.5, 0))
    app = opened(tab, [run])
    needed = {
        "Subsets": "One member has one set",
        "Cover": "needs a second member",
        "Contributions": "nothing to share out",
        "Diversity": "takes two",
        "Lesson": "The member would have shown",
    }
    assert needed[tab] in text(app)


@pytest.mark.parametrize("tab", TABS)
def test_names_with_markup_are_shown_as_they_are(members, tab):
    app = opened(tab, members)
    assert "<b>Yew</b>" not in "".join(each.proto.body for each in app.get("html"))
    for kind in (app.markdown, app.caption, app.info):
        assert not [each for each in kind if "<b>" in each.value]


@pytest.mark.parametrize("tab", TABS)
def test_forty_members_and_a_hundred_classes_are_no_trouble(settings, tab):
    classes = tuple(f"a species whose name has forty letters {number:03d}" for number in range(100))
    runs = [bring(settings, f"member {seed}", answers(0.4, seed, classes)) for seed in range(40)]
    assert not opened(tab, runs).error


def test_a_switch_that_is_pressed_when_the_members_have_changed_is_up_to_date(members):
    app = opened("Subsets", members)
    gone = list(members)[3]
    RunStore(app_settings()).delete(gone)
    st.cache_resource.clear()
    app.run()
    assert not app.exception
    assert "The best of 7 sets" in text(app)


def app_settings():
    from core.settings import settings

    return settings()


def test_short_names_drop_what_all_share_and_stay_different():
    names = {"x": "VGG16, first 8 frozen, 96 px", "y": "Xception, 96 px", "z": "Xception, 96 px"}
    assert ensemble_names.short(names) == {"x": "VGG16, first 8 frozen", "y": "Xception", "z": "Xception (2)"}
    assert ensemble_names.short({"x": "VGG16, 96 px"}) == {"x": "VGG16, 96 px"}
    assert ensemble_names.short({"x": "a", "y": "a"}) == {"x": "a", "y": "a (2)"}
