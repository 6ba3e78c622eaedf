"""Saved ensembles on the screens: saving one, its own page on Compare, and the way back to its members."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import datasets
from core.ensembles import saved
from core.evaluation import final_figures
from core.records import (
    EnsembleSpec,
    Member,
    Part,
    PartPredictions,
    Predictions,
    RuleName,
    RunKind,
    Weighting,
)
from core.runs import RunStore
from core.settings import Settings

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
MARKUP = "<b onclick='x'>*Yew*</b>"


@pytest.fixture(scope="module")
def built(trees_home, tmp_path_factory):
    """The home of Trees with three members; made once."""
    folder = tmp_path_factory.mktemp("built") / "home"
    shutil.copytree(trees_home[0], folder)
    home, split = Settings(folder, None, f"sqlite:///{folder / 'runs.db'}", None), trees_home[1]
    store, rows = RunStore(home), datasets.split_rows(home, split.id)
    for seed, name in enumerate(("Holly", "Ivy", MARKUP)):
        random, parts = np.random.default_rng(seed), {}
        for part in (Part.VALIDATION, Part.TEST):
            of_part = rows[rows["part"] == part].sort_values("id")
            probabilities = random.dirichlet([1, 1], len(of_part))
            parts[part] = PartPredictions(
                ids=tuple(of_part["id"]), true=of_part["label"].to_numpy(), probabilities=probabilities
            )
        found = Predictions(evaluation_id=split.evaluation_id, classes=("ash", "oak"), parts=parts)
        store.create(RunKind.BROUGHT, name, predictions=found, metrics=final_figures(found))
    (folder / "store.json").unlink()
    return folder


@pytest.fixture
def store(settings, built):
    shutil.copytree(built, settings.home)
    return RunStore(settings)


@pytest.fixture
def runs(store):
    return sorted(store.list(kind=RunKind.BROUGHT), key=lambda run: run.name)


def spec_of(runs, rule=RuleName.MEAN, weights=None, **more) -> EnsembleSpec:
    weights = weights or [1.0] * len(runs)
    members = tuple(Member(run=run.id, weight=weight) for run, weight in zip(runs, weights, strict=True))
    return EnsembleSpec(rule=rule, members=members, **more)


def opened(page: str, ticked, **state) -> AppTest:
    app = AppTest.from_file(FRAME, default_timeout=120)
    app.session_state["runs"] = [run.id for run in ticked]
    for key, value in state.items():
        app.session_state[key] = value
    app.switch_page(page).run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.error, app.warning, app.success, app.subheader)
    tables = [str(frame.value.to_dict()) for frame in app.dataframe]
    return "\n".join([*(str(each.value) for kind in kinds for each in kind), *tables])


def test_the_ensemble_on_the_screen_is_saved_by_its_proposed_name(runs, store):
    app = opened("ensemble.py", runs, ensemble_rule="mean")
    field = next(one for one in app.text_input if one.label == "Name")
    assert field.value == "Mean of 3"
    next(one for one in app.button if one.label == "Save").click().run()
    assert not app.exception, app.exception
    kept = store.list(kind=RunKind.ENSEMBLE)
    assert [(run.name, run.ensemble.rule, set(run.ensemble.runs)) for run in kept] == [
        ("Mean of 3", RuleName.MEAN, {run.id for run in runs})
    ]
    assert "Saved as “Mean of 3”" in said(app)
    app.button(key="ensemble_saved_compare").click().run()
    assert not app.exception, app.exception
    assert app.session_state["runs"] == [kept[0].id]
    assert "Mean of probabilities of 3 members" in said(app)


def test_a_name_that_cannot_be_used_is_refused_in_a_sentence(runs, store):
    app = opened("ensemble.py", runs)
    next(one for one in app.text_input if one.label == "Name").set_value(" ")
    next(one for one in app.button if one.label == "Save").click().run()
    assert "it is empty" in said(app)
    assert store.list(kind=RunKind.ENSEMBLE) == []


def test_saving_twice_says_that_it_was_saved_before(runs, store):
    saved.save(store, spec_of(runs, RuleName.VOTE), "Vote of 3")
    app = opened("ensemble.py", runs)
    next(one for one in app.button if one.label == "Save").click().run()
    assert "“Vote of 3” was saved before" in said(app)
    assert len(store.list(kind=RunKind.ENSEMBLE)) == 1


def test_compare_shows_a_saved_ensembles_rule_and_members(runs, store):
    run, _ = saved.save(store, spec_of(runs, RuleName.WEIGHTED, [2, 1, 0.5], weighting=Weighting.HAND), "Trio")
    app = opened("compare.py", [run])
    table = next(frame.value for frame in app.dataframe if "weight" in frame.value)
    assert table["name"].tolist() == [run.name for run in runs]
    assert table["weight"].tolist() == [2, 1, 0.5]
    assert "Weighted mean of 3 members, weights by hand" in said(app)
    views = next(one for one in app.segmented_control if one.label == "View")
    assert views.options == ["Classes and confusions", "Photos"]


def test_a_saved_ensemble_opens_on_the_ensemble_page_with_its_members_and_rule(runs, store):
    spec = spec_of(runs[:2], RuleName.WEIGHTED, [3, 1], weighting=Weighting.HAND)
    run, _ = saved.save(store, spec, "Pair")
    app = opened("compare.py", [run])
    app.button(key="compare_ensemble_open").click().run()
    assert not app.exception, app.exception
    assert app.session_state["runs"] == [one.id for one in runs[:2]]
    assert app.session_state["ensemble_rule"] == "weighted"
    assert app.session_state["ensemble_weighting"] == "hand"
    assert app.session_state["ensemble_weights"] == "3,1"


@pytest.mark.parametrize("view", ["Figures", "Classes", "Confusions", "Photos", "Curves", "Calibration", "Costs"])
def test_every_view_compares_a_saved_ensemble_with_its_members(view, runs, store):
    run, _ = saved.save(store, spec_of(runs, RuleName.VOTE), "Trio")
    app = opened("compare.py", [*runs, run], compare_view=view, test=True)
    assert not app.error, said(app)


def test_a_deleted_member_is_told_and_the_figures_stay(runs, store):
    run, _ = saved.save(store, spec_of(runs), "Trio")
    store.delete("Holly")
    st.cache_resource.clear()
    app = opened("compare.py", [run])
    assert "Run Holly was deleted" in said(app).replace("\\", "")
    assert "its figures stay" in said(app).replace("\\", "")


def test_a_saved_ensemble_is_no_member_on_the_ensemble_page(runs, store):
    run, _ = saved.save(store, spec_of(runs), "Trio")
    app = opened("ensemble.py", [*runs, run])
    assert "a saved ensemble" in said(app)
    assert not any(one.key == f"ensemble_member_{run.id}" for one in app.toggle)


def test_the_table_of_runs_says_how_a_saved_ensemble_decides(runs, store):
    saved.save(store, spec_of(runs, RuleName.BAYES), "Trio")
    app = opened("compare.py", [])
    assert "Naive Bayes of 3 members" in said(app)
