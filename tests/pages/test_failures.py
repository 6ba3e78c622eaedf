"""A store that fails while a page is open: the sentence in place, no traceback, and the way back."""

import sqlite3
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import queue
from core.runs import RunStore, restoring
from core.settings import Settings
from pages.parts import failures, loaders

FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"


@pytest.fixture
def page(settings, split):
    queue.open_store.cache_clear()
    (settings.home / "store.json").unlink(missing_ok=True)
    RunStore(settings)
    yield AppTest.from_file(FRAME, default_timeout=60)
    queue.open_store.cache_clear()


def errors(page) -> list[str]:
    assert not page.exception
    return [each.value for each in page.error]


def test_a_damaged_store_is_told_once_on_every_screen_and_the_screen_comes_back(page, settings: Settings):
    page.switch_page("compare.py").run()
    assert errors(page) == []
    (settings.home / "runs.db").write_bytes(b"not any more")
    for screen in ("compare", "train", "photos", "ensemble", "start"):
        loaders.runs.clear()
        page.switch_page(f"{screen}.py").run()
        [told] = errors(page)
        assert str(settings.home / "runs.db") in told
        assert "store restore" in told
    restoring.restore(settings)
    page.button(key="failures_again").click().run()
    assert errors(page) == []


def test_what_a_screen_meets_of_the_disk_is_a_sentence_and_what_nobody_expected_is_not(settings):
    full, broken = OSError(28, "No space left on device"), sqlite3.OperationalError("database or disk is full")
    assert "is full" in str(failures.sentence(full))
    assert "is full" in str(failures.sentence(broken))
    assert failures.sentence(OSError(2, "No such file")) is None
    assert failures.sentence(KeyError("x")) is None
