"""A member of an ensemble is switched in a browser: how long until the new accuracy stands on the screen?

The app is started on a home of its own with seven runs brought in: 10,000 photos and 8 classes, as in
`ensemble_toggle.py`. 50 clicks on switches at the left, in the order of a Gray code, so that no set of members comes
twice and nothing was kept of it; warm; timed in the page from the click to the frame in which the big figure is the new
one.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.preview_browser import started
from core.evaluation import final_figures
from core.records import Part, PartPredictions, Predictions, RunKind
from core.runs import RunStore
from core.settings import read

MEMBERS, PHOTOS, CLASSES = 7, 10_000, 8
TOGGLES, WARM, TARGET_MS = 50, 7, 200
# From the click to the frame after the one in which the figure is another: a promise of the milliseconds.
TIMED = """
() => {
  const figure = () => document.querySelector(".thaw-figure")?.textContent;
  const before = figure();
  window.thawTaken = new Promise((done) => {
    let start;
    document.addEventListener("click", () => { start = performance.now(); }, { capture: true, once: true });
    const observer = new MutationObserver(() => {
      if (!start || !figure() || figure() === before) return;
      observer.disconnect();
      requestAnimationFrame(() => done(performance.now() - start));
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}
"""


def members(home: str) -> list[str]:
    """Seven runs in the home's store; returns their ids. Each switch moves the figure."""
    store, generator = RunStore(read({"THAW_HOME": home})), np.random.default_rng(0)
    true = generator.integers(0, CLASSES, PHOTOS)
    ids, made = tuple(f"{number:020x}" for number in range(PHOTOS)), []
    for number in range(MEMBERS):
        probabilities = (generator.dirichlet(np.full(CLASSES, 0.3), PHOTOS) + 0.6 * np.eye(CLASSES)[true]) / 1.6
        part = PartPredictions(ids=ids, true=true, probabilities=probabilities)
        answers = Predictions(
            evaluation_id="b" * 20,
            classes=tuple(f"class {label}" for label in range(CLASSES)),
            parts={Part.VALIDATION: part, Part.TEST: part},
        )
        run = store.create(RunKind.BROUGHT, f"run {number}", predictions=answers, metrics=final_figures(answers))
        made.append(run.id)
    return made


def milliseconds(url: str, toggles: int) -> np.ndarray:
    from playwright.sync_api import sync_playwright

    from scripts.find_chromium import find_chromium

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_selector(".thaw-figure", timeout=120_000)
        switches = page.locator(".st-key-ensemble_list label:has(input)")
        taken = []
        for number in range(WARM + toggles):
            page.wait_for_timeout(600)  # a person looks before the next click
            page.evaluate(TIMED)
            switches.nth(((number + 1) & -(number + 1)).bit_length() - 1).click()
            spent = page.evaluate("Promise.race([window.thawTaken, new Promise((done) => setTimeout(done, 10000))])")
            if spent is None:
                raise RuntimeError(f"The big figure did not move within 10 s of click {number + 1}.")
            if number >= WARM:
                taken.append(spent)
        browser.close()
    return np.array(taken)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--port", type=int, default=8598)
    arguments.add_argument("--toggles", type=int, default=TOGGLES)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        app = started(home, asked.port)
        try:
            ids = members(home)
            address = "&".join(f"runs={run[:8]}" for run in ids)
            # The demo photos are the newest, so the address names the photos that were brought in.
            tested = f"photos+of+run+{MEMBERS - 1}+%28{'b' * 8}%29"
            taken = milliseconds(
                f"http://localhost:{asked.port}/ensemble?{address}&ensemble_test={tested}", asked.toggles
            )
        finally:
            app.terminate()
            app.wait(30)
    p95 = np.quantile(taken, 0.95)
    print(f"a switch in the browser, {MEMBERS} members, {PHOTOS:,} photos, {CLASSES} classes, {len(taken)} clicks:")
    print(f"p50 {np.median(taken):.0f} ms, p95 {p95:.0f} ms, longest {taken.max():.0f} ms")
    print(f"target: p95 at most {TARGET_MS} ms: {'met' if p95 <= TARGET_MS else 'MISSED'}")


if __name__ == "__main__":
    main()
