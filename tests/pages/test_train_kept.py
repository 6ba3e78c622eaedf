"""The button that shows kept outputs and deletes them."""

import pytest
from streamlit.testing.v1 import AppTest

from core.training import kept
from core.training.disk_cache import kept as keep

NAMES = {"prefix": "aa11-xception-116", "copies": "bb22", "decoded": "cc33-96"}


def kept_outputs():
    from pages.parts import train_kept

    train_kept.kept_outputs()


def opened() -> AppTest:
    app = AppTest.from_function(kept_outputs, default_timeout=30)
    app.session_state["train_kept"] = True
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def filled(settings):
    for kind, name in NAMES.items():
        keep(settings.cache / kind / f"{name}.npy", (2**20,), "uint8", lambda array: array.fill(1), 2**30)


def test_nothing_kept_is_said_and_there_is_nothing_to_delete(settings):
    app = opened()
    assert "Nothing is kept yet" in app.caption[0].value
    assert not app.button


@pytest.mark.usefixtures("filled")
def test_the_table_says_what_is_kept_and_one_button_deletes_all(settings):
    app = opened()
    assert app.markdown[0].value == "**3 MB** of at most 32.0 GB"
    assert sorted(app.dataframe[0].value["What"]) == [
        "Xception, output of 116 layers",
        "augmented copies",
        "photos at 96 px",
    ]
    (button,) = app.button
    assert button.label == "Delete all (3 MB)"
    button.click().run()
    assert not app.exception
    assert kept.entries(settings) == []
    assert "Deleted 3 kept outputs: 3 MB" in app.toast[0].value


@pytest.mark.usefixtures("filled")
def test_only_what_is_ticked_is_deleted_when_something_is(settings):
    app = opened()
    first = kept.entries(settings)[0]
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    (button,) = app.button
    assert button.label == "Delete 1 ticked one (1 MB)"
    button.click().run()
    left = kept.entries(settings)
    assert (first in left, len(left)) == (False, 2)


@pytest.mark.usefixtures("filled")
def test_closed_it_looks_nothing_up(settings, monkeypatch):
    monkeypatch.setattr(kept, "entries", lambda _: pytest.fail("looked up"))
    app = AppTest.from_function(kept_outputs, default_timeout=30).run()
    assert not app.exception
    assert not app.dataframe
