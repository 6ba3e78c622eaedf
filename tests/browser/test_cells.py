"""A click on a cell of a confusion matrix, or Enter, shows exactly its photos: every cell of an 8x8."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

from core import datasets
from core.evaluation import final_figures
from core.records import Part, PartPredictions, Predictions, RunKind
from core.runs import RunStore
from core.settings import read

LONG = 60_000  # ms; a busy machine may be slow, the test is about what is shown
EMPTY = (2, 5)  # a cell of the first run without photos
# The photos that are seen are those, each once, and every matrix has its frame around the cell.
SHOWS = """([ids, row, column]) => {
    const seen = [...document.querySelectorAll("figure[data-photo]")].map((photo) => photo.dataset.photo).sort();
    const framed = [...document.querySelectorAll(".thaw-matrix")].every((matrix) => {
        const cells = [...matrix.querySelectorAll("td[role=gridcell]")], c = Math.sqrt(cells.length);
        return matrix.querySelector(".thaw-matrix-chosen") === cells[row * c + column];
    });
    return framed && JSON.stringify(seen) === ids;
}"""


def fixed(true: np.ndarray, seed: int) -> np.ndarray:
    """Answers that have photos in every cell but EMPTY, float64 (n, 8)."""
    random, said = np.random.default_rng(seed), np.zeros(len(true), int)
    for label in range(8):
        rows = np.flatnonzero(true == label)
        said[rows] = (np.arange(len(rows)) + seed) % 8
    said[(true == EMPTY[0]) & (said == EMPTY[1])] = EMPTY[0]
    probabilities = random.uniform(0.01, 0.05, (len(true), 8))
    probabilities[np.arange(len(true)), said] = 1
    return probabilities / probabilities.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def two_runs(app_home, app_url) -> list[tuple[str, PartPredictions]]:
    """Two runs on the demo photos with answers that are fixed: nothing trains. Their ids and validation answers."""
    home = read({"THAW_HOME": str(app_home)})
    store = RunStore(home)
    leaves = next(one for one in datasets.list_datasets(home) if one.name == "Leaves")
    split = datasets.list_splits(home, leaves.id)[-1]
    rows = datasets.split_rows(home, split.id, leaves.id)
    made = []
    for seed, name in enumerate(("cells one", "cells two")):
        parts = {}
        for part in (Part.VALIDATION, Part.TEST):
            of = rows[rows["part"] == str(part)].sort_values("id")
            true = of["label"].to_numpy()
            parts[part] = PartPredictions(ids=tuple(of["id"]), true=true, probabilities=fixed(true, seed))
        answers = Predictions(evaluation_id=split.evaluation_id, classes=leaves.classes, parts=parts)
        run = store.create(RunKind.BROUGHT, name, predictions=answers, metrics=final_figures(answers))
        made.append((run.id, parts[Part.VALIDATION]))
    return made


def address(app_url: str, *run_ids: str) -> str:
    return f"{app_url}/compare?compare_view=Confusions&" + "&".join(f"runs={run_id[:8]}" for run_id in run_ids)


def idle(page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)


def ready(page, matrices: int) -> None:
    """Wait until the matrices are there."""
    expect(page.locator(".thaw-matrix")).to_have_count(matrices, timeout=LONG)
    idle(page)


def cell(page, matrix: int, row: int, column: int, classes: int = 8):
    return page.locator(".thaw-matrix").nth(matrix).get_by_role("gridcell").nth(row * classes + column)


def click(page, matrix: int, row: int, column: int, classes: int = 8) -> None:
    idle(page)
    cell(page, matrix, row, column, classes).click(timeout=LONG)


def photos(part: PartPredictions, row: int, column: int) -> list[str]:
    return sorted(np.array(part.ids)[(part.true == row) & (part.predicted == column)].tolist())


def shows(page, ids: list[str], row: int, column: int) -> None:
    page.wait_for_function(SHOWS, arg=[json.dumps(ids, separators=(",", ":")), row, column], timeout=LONG)


def test_every_cell_of_an_8x8_matrix_clicked_shows_exactly_its_photos(page, app_url, two_runs):
    run, part = two_runs[0]
    page.goto(address(app_url, run))
    ready(page, 1)
    for row in range(8):
        for column in range(8):
            click(page, 0, row, column)
            shows(page, photos(part, row, column), row, column)
    assert not photos(part, *EMPTY)


def test_every_cell_is_reached_by_arrow_keys_and_chosen_by_enter(page, app_url, two_runs):
    (first, _), (second, other) = two_runs
    page.goto(address(app_url, first, second))
    ready(page, 2)
    cell(page, 1, 0, 0).focus()
    for row in range(8):
        columns = range(8) if row % 2 == 0 else range(7, -1, -1)  # there and back, as one reads a field
        for column in columns:
            expect(cell(page, 1, row, column)).to_be_focused(timeout=LONG)
            page.keyboard.press("Enter")
            shows(page, photos(other, row, column), row, column)
            page.keyboard.press("ArrowRight" if row % 2 == 0 else "ArrowLeft")
        page.keyboard.press("ArrowDown")


def test_the_tab_key_stops_once_at_a_matrix_and_leaves_it(page, app_url, two_runs):
    page.goto(address(app_url, *(run for run, _ in two_runs)))
    ready(page, 2)
    cell(page, 0, 0, 0).focus()
    page.keyboard.press("End")
    expect(cell(page, 0, 0, 7)).to_be_focused(timeout=LONG)
    page.keyboard.press("ArrowRight")  # no further
    expect(cell(page, 0, 0, 7)).to_be_focused(timeout=LONG)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    expect(cell(page, 1, 0, 0)).to_be_focused(timeout=LONG)
    page.keyboard.press("Shift+Tab")
    expect(cell(page, 0, 0, 7)).to_be_focused(timeout=LONG)


def test_other_numbers_change_the_cells_and_make_no_new_ones(page, app_url, two_runs):
    page.goto(address(app_url, *(run for run, _ in two_runs)))
    ready(page, 2)
    page.evaluate("window.thawCells = [...document.querySelectorAll('.thaw-matrix td')]")
    before = cell(page, 0, 3, 3).inner_text()
    page.locator(".st-key-compare_numbers button", has_text="% of the row").last.click()
    expect(cell(page, 0, 3, 3)).not_to_have_text(before, timeout=LONG)
    assert page.evaluate("window.thawCells.every((cell) => cell.isConnected)")


def test_the_same_cell_of_the_other_run_has_that_runs_photos_and_a_link_shows_them(page, new_page, app_url, two_runs):
    (first, part), (second, other) = two_runs
    page.goto(address(app_url, first, second))
    ready(page, 2)
    click(page, 0, 3, 4)
    shows(page, photos(part, 3, 4), 3, 4)
    click(page, 1, 3, 4)
    shows(page, photos(other, 3, 4), 3, 4)
    assert photos(part, 3, 4) != photos(other, 3, 4)
    visitor = new_page()
    visitor.goto(page.url)
    expect(visitor.locator(".thaw-matrix")).to_have_count(2, timeout=LONG)
    shows(visitor, photos(other, 3, 4), 3, 4)


def test_one_runs_page_shows_a_cells_photos_by_click_by_box_and_a_second_click_puts_them_away(page, app_url, two_runs):
    (run, part), _ = two_runs
    page.goto(address(app_url, run))
    ready(page, 1)
    click(page, 0, 6, 6)
    shows(page, photos(part, 6, 6), 6, 6)
    said = page.get_by_role("combobox", name="Said")
    said.focus()
    page.keyboard.type("Ashen")  # the first class
    page.keyboard.press("Enter")
    shows(page, photos(part, 6, 0), 6, 0)
    click(page, 0, 6, 6)
    shows(page, photos(part, 6, 6), 6, 6)
    click(page, 0, 6, 6)
    expect(page.locator(".thaw-matrix-chosen")).to_have_count(0, timeout=LONG)
    expect(page.locator("figure[data-photo]")).to_have_count(0, timeout=LONG)


@pytest.fixture(scope="module")
def twenty(app_home, app_url) -> str:
    """A run of twenty classes whose photos are elsewhere; a photo of class i is taken for class 7 i + its number."""
    classes = tuple(f"<b>kind</b> number {number} of a long name" for number in range(20))
    true = np.repeat(np.arange(20), 3)
    said = (7 * true + np.tile(np.arange(3), 20)) % 20
    ids = tuple(f"photo{place}" for place in range(60))
    part = PartPredictions(ids=ids, true=true, probabilities=np.eye(20)[said])
    answers = Predictions(evaluation_id="twenty", classes=classes, parts={Part.VALIDATION: part})
    store = RunStore(read({"THAW_HOME": str(app_home)}))
    return store.create(RunKind.BROUGHT, "twenty kinds", predictions=answers, metrics=final_figures(answers)).id


def test_a_cell_of_a_20x20_matrix_is_chosen_by_click_and_by_keyboard(page, app_url, twenty):
    page.goto(address(app_url, twenty))
    ready(page, 1)
    click(page, 0, 11, 17, 20)  # 7 * 11 + 0
    heading = page.locator("strong", has_text="1 photo of")
    expect(heading).to_contain_text("number 11 of a long name, taken for <b>kind</b> number 17", timeout=LONG)
    cell(page, 0, 11, 17, 20).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("taken for <b>kind</b> number 18", timeout=LONG)
    expect(page.get_by_role("columnheader").nth(18)).to_have_attribute("title", "<b>kind</b> number 18 of a long name")
