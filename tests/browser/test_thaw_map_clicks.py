"""A click on the thaw map sets how many layers stay frozen: exactly that mark's, and once."""

from playwright.sync_api import expect

LONG = 120_000  # ms; a busy machine may be slow, the test is about what is shown
MARKS = 0.8  # height of the row of marks over the band, in the figure's own units
PLACE = """([k, height]) => {
    const map = document.querySelector(".js-plotly-plot"), box = map.getBoundingClientRect();
    const { xaxis, yaxis } = map._fullLayout;
    return { x: box.left + xaxis._offset + xaxis.d2p(k), y: box.top + yaxis._offset + yaxis.d2p(height) };
}"""


def click(page, k: float, height: float = MARKS) -> None:
    """Click the map where layer k ends: on its mark, or at another height."""
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
    page.wait_for_timeout(500)  # the map is drawn anew after each click
    place = page.evaluate(PLACE, [k, height])
    page.mouse.move(place["x"] - 4, place["y"] - 4)
    page.mouse.move(place["x"], place["y"], steps=4)
    page.wait_for_timeout(200)  # Plotly clicks what it hovers
    page.mouse.click(place["x"], place["y"])


def frozen(page):
    return page.get_by_role("spinbutton", name="Frozen, of 154")


def shows(page, k: int) -> None:
    """Wait until the phase's box says k; a new one takes the old one's place, and for a moment both stand there."""
    expect(frozen(page)).to_have_count(1, timeout=LONG)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
    expect(frozen(page).last).to_have_value(str(k), timeout=LONG)


def sentence(page, k: int):
    """The line over the map; the map's own hover begins with a small letter."""
    return page.get_by_test_id("stMarkdown").get_by_text(f"First {k} of 154 layers stay frozen")


def test_clicking_marks_and_blocks_sets_how_many_layers_stay_frozen(page, app_url):
    page.goto(f"{app_url}/train")
    shows(page, 154)
    for k in (116, 45, 143):
        click(page, k)
        shows(page, k)
        expect(sentence(page, k)).to_be_visible(timeout=LONG)
    click(page, 100, height=0)  # inside block 11, which ends with layer 107
    shows(page, 107)
    frozen(page).fill("50")
    frozen(page).press("Enter")
    expect(sentence(page, 50)).to_be_visible(timeout=LONG)
    click(page, 143)  # clicked before, and taken up again
    shows(page, 143)
