"""Saved ensembles are runs whose stored answers are the ensemble's own, also where votes were tied."""

import shutil

import numpy as np
import pytest

from core.ensembles import combine, saved
from core.errors import BadName, DifferentTest, MemberGone, NestedEnsemble, RunNotFinished
from core.evaluation import final_figures, gate
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
    Status,
    Weighting,
)
from core.runs import RunStore
from core.runs.record import LONG
from core.settings import Settings

CLASSES = ("ash", "birch", "oak")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A store made once: MLflow takes seconds to create its tables."""
    home = tmp_path_factory.mktemp("empty-store")
    RunStore(Settings(home=home, weights=None, tracking_uri=f"sqlite:///{home}/runs.db", photo_roots=None))
    return home / "runs.db"


@pytest.fixture
def settings(tmp_path, empty):
    shutil.copy(empty, tmp_path / "runs.db")
    return Settings(home=tmp_path, weights=None, tracking_uri=f"sqlite:///{tmp_path}/runs.db", photo_roots=None)


@pytest.fixture
def store(settings):
    return RunStore(settings)


def answers(seed: int, evaluation_id="f" * 20, has_probabilities=True, photos=60) -> Predictions:
    random = np.random.default_rng(seed)
    parts = {}
    for part in (Part.VALIDATION, Part.TEST):
        true = np.arange(photos) % len(CLASSES)
        probabilities = np.stack([random.dirichlet(1 + 2 * np.eye(len(CLASSES))[label]) for label in true])
        if not has_probabilities:
            probabilities = np.eye(len(CLASSES))[probabilities.argmax(axis=1)]
        ids = tuple(f"{part}{number:03}" for number in range(photos))
        parts[part] = PartPredictions(ids=ids, true=true, probabilities=probabilities)
    return Predictions(evaluation_id=evaluation_id, classes=CLASSES, parts=parts, has_probabilities=has_probabilities)


@pytest.fixture
def runs(store):
    return [
        store.create(RunKind.BROUGHT, f"model {seed}", predictions=answers(seed), metrics=final_figures(answers(seed)))
        for seed in range(4)
    ]


def spec_of(runs, rule=RuleName.VOTE, **more) -> EnsembleSpec:
    return EnsembleSpec(rule=rule, members=tuple(Member(run=run.id) for run in runs), **more)


@pytest.mark.parametrize("rule", RuleName)
def test_the_stored_answers_are_the_ensembles_own_ties_included(rule, store, runs):
    spec = spec_of(runs, rule)
    predictions = {run.id: store.predictions(run.id) for run in runs}
    run, joined = saved.save(store, spec, "all four")
    stored = store.predictions(run.id)
    assert not joined
    for part in (Part.VALIDATION, Part.TEST):
        expected = combine(spec, predictions, part)
        assert (stored.parts[part].predicted == expected.predicted).all()
        assert stored.parts[part].ids == predictions[runs[0].id].parts[part].ids
        assert expected.ties > 0 or rule != RuleName.VOTE  # four voters: there are ties to keep
        figures = expected.figures(CLASSES).summary
        assert run.metrics[f"{part}_accuracy"] == pytest.approx(figures["accuracy"], abs=1e-12)
        if figures["loss"] is None:
            assert f"{part}_loss" not in run.metrics
        else:
            assert run.metrics[f"{part}_loss"] == pytest.approx(figures["loss"], abs=1e-6)


def test_only_rules_that_give_probabilities_are_saved_with_some(store, runs):
    def has(rule, members=runs):
        return store.predictions(saved.save(store, spec_of(members, rule), str(rule))[0].id).has_probabilities

    assert [has(rule) for rule in RuleName] == [False, True, True, False, True, True]
    labels = store.create(RunKind.BROUGHT, "labels", predictions=answers(9, has_probabilities=False))
    assert not has(RuleName.MEAN, [*runs, labels])


def test_rounding_to_float32_changes_no_answer(runs):
    shares = np.array([[0.25 + 1e-12, 0.25, 0.5 - 1e-12], [0.3, 0.4, 0.4 + 1e-12], [1 / 3, 1 / 3, 1 / 3]])
    found = saved.EnsemblePart(np.zeros(3, int), np.array([2, 2, 1]), shares, np.zeros(3, bool), has_probabilities=True)
    kept = saved.kept(found)
    assert kept.dtype == np.float32
    assert kept.argmax(axis=1).tolist() == [2, 2, 1]
    np.testing.assert_allclose(kept, shares, atol=1e-7)


def test_a_saved_ensemble_is_a_finished_run_that_knows_its_members(settings, store, runs):
    spec = spec_of(runs[:3], RuleName.WEIGHTED, weighting=Weighting.HAND)
    run, _ = saved.save(store, spec, "  three   of them ", owner="ada")
    found = RunStore(settings).get(run.id)
    assert (found.kind, found.status, found.name) == (RunKind.ENSEMBLE, Status.FINISHED, "three of them")
    assert found.ensemble == spec
    assert (found.spec, found.family, found.owner) == (None, None, "ada")
    assert found.evaluation_id == "f" * 20
    fitting, _ = gate("f" * 20, store.list())
    assert run.id in {one.id for one in fitting}


def test_saving_an_equal_ensemble_joins_the_one_of_that_name(store, runs):
    first, _ = saved.save(store, spec_of(runs), "four")
    again, joined = saved.save(store, spec_of(runs[::-1]), "four")
    assert (again.id, joined) == (first.id, True)
    renamed, joined = saved.save(store, spec_of(runs), "the four")
    assert (renamed.id != first.id, joined) == (True, False)
    other_rule, joined = saved.save(store, spec_of(runs, RuleName.MEAN), "four")
    assert (other_rule.id != first.id, joined) == (True, False)
    store.delete(first.id)
    anew, joined = saved.save(store, spec_of(runs), "four")
    assert (anew.id != first.id, joined) == (True, False)


def test_an_ensemble_too_long_for_a_tag_is_kept_whole(settings, store, runs):
    same = answers(1)
    many = [*runs, *(store.create(RunKind.BROUGHT, f"more {number}", predictions=same) for number in range(86))]
    members = tuple(Member(run=run.id, weight=0.5) for run in many)
    spec = EnsembleSpec(rule=RuleName.WEIGHTED, weighting=Weighting.HAND, members=members)
    assert len(spec.model_dump_json()) > LONG
    run, _ = saved.save(store, spec, "ninety")
    assert RunStore(settings).get(run.id).ensemble == spec


def test_an_ensemble_is_no_member_of_another(store, runs):
    run, _ = saved.save(store, spec_of(runs[:2]), "two")
    with pytest.raises(NestedEnsemble, match=r"two is a saved ensemble.*model 0, model 1"):
        saved.save(store, spec_of([run, runs[2]]), "nested")
    store.delete(runs[0].id)
    with pytest.raises(NestedEnsemble, match=f"{runs[0].id[:8]}, model 1"):
        saved.save(store, spec_of([run, runs[2]]), "nested")


def test_what_cannot_be_saved_is_refused_in_a_sentence(store, runs):
    elsewhere = store.create(RunKind.BROUGHT, "other photos", predictions=answers(5, evaluation_id="a" * 20))
    with pytest.raises(DifferentTest, match="other photos"):
        saved.save(store, spec_of([*runs, elsewhere]), "all")
    plan = RunSpec(dataset="d" * 20, split="e" * 20, backbone="vanilla", phases=(Phase(epochs=1),))
    waiting = store.create(RunKind.TRAINED, "waiting", plan)
    with pytest.raises(RunNotFinished, match="waiting is queued"):
        saved.save(store, spec_of([*runs, waiting]), "all")
    with pytest.raises(BadName, match="empty"):
        saved.save(store, spec_of(runs), "  ")
    assert store.list(kind=RunKind.ENSEMBLE) == []


def test_a_deleted_member_is_named_and_the_figures_stay(store, runs):
    run, _ = saved.save(store, spec_of(runs[:3]), "three")
    before = store.predictions(run.id).parts[Part.TEST].predicted
    store.delete(runs[1].id)
    with pytest.raises(MemberGone, match=rf"three needs its member model 1.*restore {runs[1].id[:8]}"):
        saved.members_of(store, store.get(run.id))
    assert (store.predictions(run.id).parts[Part.TEST].predicted == before).all()
    store.restore(runs[1].id)
    assert [one.name for one in saved.members_of(store, store.get(run.id))] == ["model 0", "model 1", "model 2"]


def test_a_member_of_another_store_is_named_by_its_id(store, runs):
    spec = EnsembleSpec(members=(Member(run=runs[0].id), Member(run="0123456789abcdef" * 2)))
    run = store.create(RunKind.ENSEMBLE, "pair", predictions=answers(0), ensemble=spec)
    with pytest.raises(MemberGone, match="01234567, which is not in this store"):
        saved.members_of(store, run)


def test_a_saved_ensemble_is_renamed_tagged_deleted_and_brought_back(store, runs):
    run, _ = saved.save(store, spec_of(runs), "four")
    store.rename(run.id, "quartet")
    store.set_tags(run.id, ["lesson"])
    store.delete("quartet")
    back = store.restore(run.id)
    assert (back.name, back.tags, back.ensemble) == ("quartet", ("lesson",), run.ensemble)


def test_an_ensemble_is_said_in_words():
    members = tuple(Member(run=str(number)) for number in range(5))
    weighted = EnsembleSpec(rule=RuleName.WEIGHTED, weighting=Weighting.OPTIMISED, members=members)
    assert saved.in_words(weighted) == "Weighted mean of 5 members, weights optimised on validation"
    assert saved.in_words(EnsembleSpec(members=members[:1])) == "Majority vote of 1 member"
    assert saved.default_name(EnsembleSpec(members=members)) == "Vote of 5"
    assert set(saved.SHORT) == set(RuleName)
