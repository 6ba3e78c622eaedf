"""A click on a cell of a confusion matrix shows exactly its photos: every cell of an 8x8, one after the other."""

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
PLACE = """([chart, row, column]) => {
    const map = document.querySelectorAll(".js-plotly-plot")[chart], box = map.getBoundingClientRect();
    const { xaxis, yaxis } = map._fullLayout;
    return { x: box.left + xaxis._offset + xaxis.d2p(column), y: box.top + yaxis._offset + yaxis.d2p(row) };
}"""
HOVERED = """([chart, row, column]) => {
    const hovered = document.querySelectorAll(".js-plotly-plot")[chart]._hoverdata;
    return hovered && hovered[0].customdata[0] === row && hovered[0].customdata[1] === column;
}"""
# The photos that are seen are those, each once, and every matrix has its frame around the cell.
SHOWS = """([ids, row, column]) => {
    const seen = [...document.querySelectorAll("figure[data-photo]")].map((photo) => photo.dataset.photo).sort();
    const framed = [...document.querySelectorAll(".js-plotly-plot")].every((map) => {
        const frame = (map.layout.shapes || []).at(-1);
        return frame && frame.x0 === column - 0.5 && frame.y0 === row - 0.5;
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


def ready(page, charts: int) -> None:
    """Wait until the matrices are drawn, and scroll them into view."""
    expect(page.locator(".js-plotly-plot")).to_have_count(charts, timeout=LONG)
    idle(page)
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.js-plotly-plot').scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(300)


def click(page, chart: int, row: int, column: int) -> None:
    """Click a cell once Plotly says that the pointer is over it."""
    idle(page)
    place = page.evaluate(PLACE, [chart, row, column])
    page.mouse.move(place["x"] - 4, place["y"] - 4)
    page.mouse.move(place["x"], place["y"])
    page.wait_for_function(HOVERED, arg=[chart, row, column], timeout=LONG)
    page.mouse.click(place["x"], place["y"])


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
    expect(visitor.locator(".js-plotly-plot")).to_have_count(2, timeout=LONG)
    shows(visitor, photos(other, 3, 4), 3, 4)


def test_one_runs_page_shows_a_cells_photos_by_click_and_by_keyboard(page, app_url, two_runs):
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
    click(page, 0, 6, 6)  # clicked before, and the browser still holds it as selected
    shows(page, photos(part, 6, 6), 6, 6)
