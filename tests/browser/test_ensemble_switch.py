"""Members are switched in a browser: the big figure moves to what the engine says, and a link shows the same."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from core import datasets
from core.ensembles import combine
from core.evaluation import final_figures
from core.records import EnsembleSpec, Member, Part, PartPredictions, Predictions, RunKind
from core.runs import RunStore
from core.settings import read

LONG = 60_000  # ms; a busy machine may be slow, the test is about what is shown
SHARES = {"Switch one": 0.5, "Switch two": 0.6, "Switch three": 0.7}


@pytest.fixture(scope="module")
def members(app_home, app_url) -> dict[str, tuple[str, Predictions]]:
    """Three runs on the demo photos with answers that are fixed: name -> id and answers. Nothing trains."""
    home = read({"THAW_HOME": str(app_home)})
    leaves = next(one for one in datasets.list_datasets(home) if one.name == "Leaves")
    split = datasets.list_splits(home, leaves.id)[-1]
    rows = datasets.split_rows(home, split.id, leaves.id)
    made = {}
    for seed, (name, share) in enumerate(SHARES.items()):
        generator, parts = np.random.default_rng(seed), {}
        for part in (Part.VALIDATION, Part.TEST):
            of = rows[rows["part"] == str(part)].sort_values("id")
            true = of["label"].to_numpy()
            said = np.where(generator.random(len(true)) < share, true, generator.integers(0, 8, len(true)))
            probabilities = generator.dirichlet(np.ones(8), len(true)) / 2 + np.eye(8)[said] / 2
            parts[part] = PartPredictions(ids=tuple(of["id"]), true=true, probabilities=probabilities)
        answers = Predictions(evaluation_id=split.evaluation_id, classes=leaves.classes, parts=parts)
        run = RunStore(home).create(RunKind.BROUGHT, name, predictions=answers, metrics=final_figures(answers))
        made[name] = (run.id, answers)
    return made


def figure(members: dict[str, tuple[str, Predictions]], names: list[str]) -> str:
    """What the page must say of these members together."""
    chosen = dict(members[name] for name in names)
    spec = EnsembleSpec(members=tuple(Member(run=run) for run in chosen))
    answers = combine(spec, chosen, Part.VALIDATION)
    return f"{100 * (answers.predicted == answers.true).mean():.1f} %"


def shows(page, text: str) -> None:
    expect(page.locator(".thaw-figure")).to_contain_text(text, timeout=LONG)


def test_each_switch_moves_the_big_figure_and_the_address_shows_the_same_again(page, new_page, app_url, members):
    first, second, third = SHARES
    runs = "&".join(f"runs={members[name][0][:8]}" for name in (first, second))
    page.goto(f"{app_url}/ensemble?{runs}")
    shows(page, figure(members, [first, second]))
    switch = page.locator("label").filter(has_text=third)
    switch.click()
    shows(page, figure(members, [first, second, third]))
    page.locator("label").filter(has_text=first).click()
    shows(page, figure(members, [second, third]))
    expect(page).to_have_url(re.compile(members[third][0][:8]), timeout=LONG)
    visitor = new_page()
    visitor.goto(page.url)
    shows(visitor, figure(members, [second, third]))


def test_a_switch_works_by_keyboard(page, app_url, members):
    first, second, _ = SHARES
    page.goto(f"{app_url}/ensemble?runs={members[first][0][:8]}&runs={members[second][0][:8]}")
    shows(page, figure(members, [first, second]))
    page.get_by_role("checkbox", name=second).or_(page.get_by_role("switch", name=second)).first.focus()
    page.keyboard.press("Space")
    shows(page, figure(members, [first]))


def test_the_votes_show_the_photo_of_the_link_and_then_the_number_that_is_typed(page, app_url, members):
    runs = "&".join(f"runs={run[:8]}" for run, _ in members.values())
    page.goto(f"{app_url}/ensemble?{runs}&ensemble_view=Votes&photo=7")
    expect(page.get_by_text("Photo 7 of", exact=False)).to_be_visible(timeout=LONG)
    expect(page.locator(".thaw-vote-photo")).to_be_visible(timeout=LONG)
    expect(page.locator(".thaw-votes .member")).to_have_count(3)
    number = page.get_by_role("spinbutton", name="Photo number")
    number.fill("9")
    number.press("Enter")
    expect(page.get_by_text("Photo 9 of", exact=False)).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile("photo=9"), timeout=LONG)
