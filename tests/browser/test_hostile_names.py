"""Names made to harm, of everything that has one: on no screen does any run or make an element."""

import os
import shutil
from urllib.parse import quote, urlsplit

import hostile_home
import pytest
from playwright.sync_api import Error, expect

from core.settings import read

LONG = 180_000  # ms
MOST_PARTS = 12  # expanders, popovers, views of a page that are opened; three without `-m faults`
# What was made of a name; "pwned" stands where markup would put it alone into an element.
MADE = """() => {
  const made = window.pwned ? ['window.pwned is set'] : [], told = one => one.outerHTML.slice(0, 200);
  for (const one of document.querySelectorAll('script')) if (one.textContent.includes('pwned')) made.push(told(one));
  const odd = '[onerror],[onload],img[src="x"],[href*="javascript:" i],[href*="evil.example"],[src*="evil.example"],'
    + '[role="img"][aria-label="skull icon"],.katex';
  for (const one of document.querySelectorAll(odd)) made.push(told(one));
  for (const one of document.querySelectorAll('em,strong,b,i,a,del,s,mark,h1,h2,h3,h4,li,blockquote,code,span,tspan'))
    if (one.textContent.trim() === 'pwned') made.push(told(one));
  for (const chart of document.querySelectorAll('.js-plotly-plot')) {
    const text = JSON.stringify([chart.data, chart.layout]);
    for (const found of text.matchAll(/.{0,60}<(script|img|svg|a[ >]|b>pwned).{0,60}/gi)) made.push(found[0]);
  }
  return made;
}"""
VIEWS = '[data-testid="stButtonGroup"] button, [data-testid="stTab"], [data-baseweb="tab"]'
CLOSED = '[data-testid="stExpander"] summary, [data-testid="stPopover"] button'


@pytest.fixture(scope="module")
def home(tmp_path_factory, app_home, app_url):
    """A folder of hostile names, with the other server's demo photos; and its runs."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in ("photos", "datasets"):
        shutil.copytree(app_home / name, folder / name, copy_function=os.link)
    return folder, hostile_home.build(read({"THAW_HOME": str(folder)}))


@pytest.fixture(scope="module")
def url(home, serve):
    with serve(home[0]) as url:
        yield url


def test_a_name_made_to_harm_is_found_where_it_is_not_made_harmless(page):
    page.set_content("<p>ordinary <strong>names</strong></p>")
    assert not page.evaluate(MADE)
    page.set_content(f"<main>{hostile_home.LONGER[1]}</main>")
    assert len(page.evaluate(MADE)) >= 2
    page.set_content(f"<main>{hostile_home.CLASSES[0]}</main>")
    page.wait_for_function("window.pwned")
    assert page.evaluate(MADE)


def test_names_made_to_harm_are_inert_on_the_screens_that_show_the_most_of_them(page, url, home):
    assert _walk(page, url, home, whole=False) > 6


@pytest.mark.faults
def test_names_made_to_harm_are_inert_on_every_screen(page, url, home, request):
    if "faults" not in request.config.option.markexpr:
        pytest.skip("every part of every screen: run only by -m faults")
    assert _walk(page, url, home, whole=True) > 25


def _walk(page, url: str, home, whole: bool) -> int:
    """Open screens and what is closed in them, and look at each; how many were looked at."""
    told, runs = [], {what: run.id for what, run in home[1].items()}
    page.on("dialog", lambda dialog: (told.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: told.append(f"asked {request.url[:200]}") if _elsewhere(request.url) else None)
    both = f"{runs['trained 0']},{runs['trained 1']}"
    looked = 0
    shown = ["photos?", "train?", f"compare?runs={both}&", f"ensemble?runs={both}&"]
    others = ["?", "augment?", f"compare?runs={runs['trained 1']}&", f"compare?runs={runs['failed']}&"]
    for place in shown + others if whole else shown:
        page.goto(f"{url}/{place}dataset={quote(hostile_home.CLASSES[0])}")
        _settle(page)
        looked += _look(page, place, told)
        for selector in (VIEWS, CLOSED):
            for number in range(min(page.locator(selector).count(), MOST_PARTS if whole else 3)):
                part = page.locator(selector).nth(number)
                if part.is_visible() and _clicked(part):
                    _settle(page)
                    looked += _look(page, f"{place} {selector} {number}", told)
                    page.keyboard.press("Escape")
    return looked


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")


def _clicked(part) -> bool:
    try:
        part.click(timeout=3000)
    except Error:  # drawn anew or covered meanwhile
        return False
    return True


def _settle(page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
    page.wait_for_timeout(350)


def _look(page, where: str, told: list[str]) -> int:
    assert page.evaluate(MADE) + told == [], where
    return 1
