"""The whole way on photos of one's own: photos, preview, train, compare, ensemble; and a job seen by two visitors."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

LONG = 180_000  # ms; a busy machine may be slow, the tests are about what is shown
CLASSES = {"Fern": (40, 150, 60), "Ivy": (60, 120, 90), "Oak": (140, 110, 40)}


@pytest.fixture(scope="module")
def plants(app_home):
    """Three classes of 20 photos in a folder that the server may read."""
    random = np.random.default_rng(0)
    folder = app_home / "incoming" / "plants"
    for name, colour in CLASSES.items():
        (folder / name).mkdir(parents=True)
        for number in range(20):
            pixels = np.clip(np.array(colour) + random.integers(-60, 60, (32, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def choose(page, label: str, option: str) -> None:
    """Choose an option once the page stands still, and let the page follow."""
    settled(page)
    box = page.get_by_role("combobox", name=re.compile(f"^{label}"))
    expect(box).to_have_count(1, timeout=LONG)
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_timeout(700)
    settled(page)


def fill(page, label: str, value) -> None:
    """Type a value; again where a form that was just being drawn anew took it away."""
    field = page.get_by_label(label, exact=True)
    for _ in range(5):
        expect(field).to_have_count(1, timeout=LONG)
        field.fill(str(value))
        field.press("Enter")
        page.wait_for_timeout(700)
        settled(page)
        if field.count() == 0 or field.input_value() == str(value):
            return
    raise AssertionError(f"{label} does not keep {value}")


def settled(page) -> None:
    """Wait until the server has answered: what is clicked while the page is drawn anew may move away."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)


def train(page, epochs: int) -> None:
    """Start a training of so many epochs and follow it to its end."""
    fill(page, "Epochs", epochs)
    expect(page.get_by_text(f"{epochs} epochs")).to_be_visible(timeout=LONG)
    finished = page.get_by_role("button", name="Open", exact=True)
    before = finished.count()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(finished).to_have_count(before + 1, timeout=LONG)


def tick(page, row: int) -> None:
    """Tick a row of the runs table; its cells are drawn on a canvas."""
    canvas = page.get_by_test_id("stDataFrame").first.locator("canvas").first
    canvas.click(position={"x": 20, "y": 35 * (row + 1) + 17}, force=True)  # a scroller lies over it


def test_photos_preview_train_compare_ensemble(page, app_url, plants):
    page.goto(f"{app_url}/photos")
    page.get_by_text("Add your own photos").click(timeout=LONG)
    page.get_by_text("A path on the server", exact=True).click()
    fill(page, "Folder or zip on the computer Thaw runs on", plants)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("version 1: 60 photos in 3 classes")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Make this split").click()
    page.get_by_role("button", name="Go on: see what augmentation does").click(timeout=LONG)

    expect(page.get_by_text("Outlined: the training photo")).to_be_visible(timeout=LONG)
    assert "plants" in page.url
    choose(page, "Recipe", "none")
    page.get_by_role("button", name="Train with this recipe").click()

    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=LONG)
    choose(page, "Start from", "A first model")
    fill(page, "Photo size", 16)
    train(page, 2)
    train(page, 3)

    page.get_by_role("button", name="Go on: compare runs").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=LONG)
    tick(page, 0)
    expect(page.get_by_role("button", name="1 run ticked")).to_be_visible(timeout=LONG)
    tick(page, 1)
    expect(page.get_by_role("button", name="2 runs ticked")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"points higher|are level")).first).to_be_visible(timeout=LONG)
    assert page.url.count("runs=") == 2
    settled(page)
    page.get_by_role("button", name="Combine these runs in an ensemble").click()

    expect(page.get_by_text("Majority vote").first).to_be_visible(timeout=LONG)
    expect(page.locator(".thaw-figure")).to_be_visible(timeout=LONG)


def test_a_running_job_is_there_and_moving_for_a_second_visitor(new_page, app_url):
    first = new_page()
    first.goto(f"{app_url}/train?dataset=Digits")
    choose(first, "Start from", "A first model")
    fill(first, "Epochs", 200)
    expect(first.get_by_text("200 epochs")).to_be_visible(timeout=LONG)
    first.get_by_role("button", name="Start", exact=True).click()
    expect(first.get_by_text(re.compile(r"epoch \d+ of 200")).first).to_be_visible(timeout=LONG)
    first.close()

    second = new_page()
    second.goto(f"{app_url}/train?dataset=Digits")
    seen = second.get_by_text(re.compile(r"epoch \d+ of 200")).first
    expect(seen).to_be_visible(timeout=LONG)
    before = seen.inner_text()
    expect(seen).not_to_have_text(before, timeout=LONG)
    second.get_by_role("button", name="Cancel").click()
    expect(second.get_by_text(re.compile("cancelled", re.IGNORECASE)).first).to_be_visible(timeout=LONG)
