"""20 runs, 20,000 photos, 20 classes compared in a browser: a change of the numbers, of the filter, a click to photos.

The app is started on a home of its own with the runs of `comparison.py`. Timed in the page from the click to the frame
in which all matrices that are drawn hold the new numbers, another list of photos is there, or those of the cell.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.comparison import SIZE, made
from benchmarks.preview_browser import started
from core.evaluation import final_figures
from core.records import RunKind
from core.runs import RunStore
from core.settings import read

NUMBERS = ("% of the row", "% of the column", "Photos")
FILTERS = ("All wrong", "Runs disagree", "Sure and wrong")
CHANGES, WAIT = 12, 1_500  # of each kind; ms that a person looks before the next one
TARGETS = {"numbers in the matrices": 300, "filter of the photos": 300, "click to a cell's photos": 1_000}
# From the click to the first frame in which the condition holds: a promise of the milliseconds.
TIMED = """
([is, wanted]) => {
  const text = (one) => [...one.querySelectorAll("td[role=gridcell]")].map((cell) => cell.textContent).join("|");
  const holds = {
    numbers: () => [...document.querySelectorAll(".thaw-matrix")].every((one) => text(one) !== wanted[one.dataset.key]),
    heading: () => ![...document.querySelectorAll("strong")].some((one) => one.textContent === wanted),
  }[is];
  window.thawTaken = new Promise((done) => {
    let start;
    document.addEventListener("click", () => { start = performance.now(); look(); }, { capture: true, once: true });
    const end = () => done(performance.now() - start);
    const look = () => requestAnimationFrame(holds() ? end : look);
  });
}
"""
TEXTS = """() => Object.fromEntries([...document.querySelectorAll(".thaw-matrix")].map((one) => [
  one.dataset.key, [...one.querySelectorAll("td[role=gridcell]")].map((cell) => cell.textContent).join("|")]))"""
HEADING = """() => [...document.querySelectorAll("strong")].map((one) => one.textContent)
  .find((text) => /^[\\d,]+ photos?( of .*)?$|^No photo/.test(text)) || ''"""


def timed(page, kind: str, wanted, act) -> float:
    page.evaluate(TIMED, [kind, wanted])
    act()
    spent = page.evaluate("Promise.race([window.thawTaken, new Promise((done) => setTimeout(done, 15000))])")
    if spent is None:
        raise RuntimeError(f"Nothing moved within 15 s ({kind}).")
    page.wait_for_timeout(WAIT)
    return spent


def measured(url: str, changes: int) -> dict[str, list[float]]:
    from playwright.sync_api import sync_playwright

    from scripts.find_chromium import find_chromium

    found = {name: [] for name in TARGETS}
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}&compare_view=Confusions")
        page.wait_for_function("document.querySelectorAll('.thaw-matrix').length > 1", timeout=180_000)
        page.wait_for_timeout(5_000)
        for number in range(changes):
            switch = page.locator(".st-key-compare_numbers button", has_text=NUMBERS[number % 3]).last
            found["numbers in the matrices"].append(timed(page, "numbers", page.evaluate(TEXTS), switch.click))
        print(f"matrices drawn: {page.locator('.thaw-matrix').count()}")
        cells = page.locator(".thaw-matrix").first.get_by_role("gridcell")
        cells.nth(200).scroll_into_view_if_needed()
        for number in range(changes):
            cell = cells.nth(20 * (number % 7) + (3 * number) % 5 + 7)
            cell.hover()
            page.wait_for_timeout(500)
            before = page.evaluate(HEADING)
            found["click to a cell's photos"].append(
                timed(page, "heading", before, cell.click) if before else _first(page, cell)
            )
        page.goto(f"{url}&compare_view=Photos")
        page.get_by_text("Which photos").first.wait_for(timeout=180_000)
        page.wait_for_timeout(5_000)
        for number in range(changes):
            switch = page.locator(".st-key-compare_photos_filter button", has_text=FILTERS[number % 3]).last
            found["filter of the photos"].append(timed(page, "heading", page.evaluate(HEADING), switch.click))
        browser.close()
    found["click to a cell's photos"] = [one for one in found["click to a cell's photos"] if one]
    return found


def _first(page, cell) -> float:
    """The first cell: there is no heading yet whose change could be timed."""
    cell.click()
    page.wait_for_function(f"({HEADING})() !== ''", timeout=15_000)
    page.wait_for_timeout(WAIT)
    return 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--port", type=int, default=8597)
    arguments.add_argument("--changes", type=int, default=CHANGES)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        app = started(home, asked.port)
        try:
            store = RunStore(read({"THAW_HOME": home}))
            ids = [
                store.create(RunKind.BROUGHT, name, predictions=one, metrics=final_figures(one)).id
                for name, one in made().items()
            ]
            address = "&".join(f"runs={run[:8]}" for run in ids)
            found = measured(f"http://localhost:{asked.port}/compare?{address}", asked.changes)
        finally:
            app.terminate()
            app.wait(30)
    for name, taken in found.items():
        p50, most, target = np.median(taken), max(taken), TARGETS[name]
        verdict = "met" if most <= target else "met in the median" if p50 <= target else "MISSED"
        print(f"{name}, {SIZE}, {len(taken)} changes: p50 {p50:.0f} ms, longest {most:.0f} ms")
        print(f"{name}: target at most {target} ms: {verdict}")


if __name__ == "__main__":
    main()
