"""The table of runs in a browser: search, sort, ticks that are refused, the address; a photo's link; a download."""

import numpy as np
import pytest
from playwright.sync_api import expect

from core.evaluation import final_figures
from core.records import Part, PartPredictions, Predictions, RunKind
from core.runs import RunStore
from core.settings import read

LONG = 60_000  # ms
BOX, LINE = 25, 35  # px: where a row's tick stands from the left, and the height of a row


def answers(test: str, right: float) -> Predictions:
    true = np.repeat(np.arange(2), 20)
    said = np.where(np.arange(40) < 40 * right, true, 1 - true)
    ids = tuple(f"{test} {number}" for number in range(40))
    part = PartPredictions(ids=ids, true=true, probabilities=np.eye(2)[said] * 0.8 + 0.1)
    return Predictions(evaluation_id=test, classes=("oak", "elm"), parts={Part.VALIDATION: part})


@pytest.fixture(scope="module")
def made(app_home, app_url) -> dict[str, str]:
    """Three runs of one test and one of another; ids by name, the oldest first."""
    store = RunStore(read({"THAW_HOME": str(app_home)}))
    found = {}
    for name, test, right in (("runs low", "one", 0.5), ("runs high", "one", 0.9), ("runs mid", "one", 0.7)):
        of = answers(test, right)
        found[name] = store.create(RunKind.BROUGHT, name, predictions=of, metrics=final_figures(of)).id
    of = answers("other", 0.6)
    found["runs else"] = store.create(RunKind.BROUGHT, "runs else", predictions=of, metrics=final_figures(of)).id
    return found


def table(page):
    return page.get_by_test_id("stDataFrame").first


def names(page) -> list[str]:
    """The column "Run", from top to bottom, as it is told to those who can't see the table."""
    head = [cell.strip(" ↑↓") for cell in table(page).locator("th").all_text_contents()]
    if "Run" not in head:
        return []
    rows = table(page).locator("tbody tr")
    return [rows.nth(row).locator("td").nth(head.index("Run")).text_content() for row in range(rows.count())]


def shows(page, wanted: list[str]) -> None:
    for _ in range(100):
        if names(page) == wanted:
            return
        page.wait_for_timeout(200)
    assert names(page) == wanted


def click(page, x: int, row: int) -> None:
    """Row 0 is the head."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
    box = table(page).bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + LINE * row + LINE / 2)


def ticked(page, told: str) -> None:
    expect(page.get_by_test_id("stPopoverButton").filter(has_text=told).first).to_be_visible(timeout=LONG)


def test_search_sort_and_ticks_are_kept_and_a_refused_tick_changes_nothing(page, app_url, made):
    page.goto(f"{app_url}/compare?compare_find=runs")
    shows(page, ["runs else", "runs mid", "runs high", "runs low"])
    click(page, 150, 0)
    shows(page, ["runs else", "runs high", "runs low", "runs mid"])
    click(page, BOX, 2)
    ticked(page, "1 run ticked")
    click(page, BOX, 1)
    expect(page.get_by_text("can't be added to")).to_be_visible(timeout=LONG)
    shows(page, ["runs else", "runs high", "runs low", "runs mid"])
    click(page, BOX, 3)
    ticked(page, "2 runs ticked")
    wanted = [made[name][:8] for name in ("runs high", "runs low")]
    page.wait_for_function(
        "(wanted) => String(new URL(location).searchParams.getAll('runs')) === String(wanted)", arg=wanted, timeout=LONG
    )


def test_a_ticked_photo_is_in_the_address_and_a_link_opens_it(page, new_page, app_url, made):
    both = "&".join(f"runs={made[name][:8]}" for name in ("runs high", "runs low"))
    page.goto(f"{app_url}/compare?{both}&compare_view=Photos&compare_find=nobody")
    heading = page.get_by_text("True class:")
    expect(heading).to_be_visible(timeout=LONG)
    click(page, BOX, 3)  # rows are taller here; any but the first
    page.wait_for_url("**compare_photo=one*", timeout=LONG)
    visitor = new_page()
    visitor.goto(page.url)
    expect(visitor.get_by_text("True class:")).to_be_visible(timeout=LONG)
    expect(visitor.get_by_text("The first of the list")).to_have_count(0)


def test_a_table_leaves_as_the_csv_that_its_button_names(page, app_url, made):
    both = "&".join(f"runs={made[name][:8]}" for name in ("runs high", "runs low"))
    page.goto(f"{app_url}/compare?{both}&compare_view=Confusions")
    page.get_by_role("button", name="Take with you").click(timeout=LONG)
    with page.expect_download(timeout=LONG) as found:
        page.get_by_role("button", name="confusions A").first.click(timeout=LONG)
    text = found.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines() == ["true class,oak,elm", "oak,20,0", "elm,4,16"]
