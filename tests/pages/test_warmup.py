"""What the server does while it starts."""

import sys
from types import SimpleNamespace

from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from pages.parts import warmup


def test_a_run_of_the_script_leaves_keras_its_session(monkeypatch):
    cleared = []
    keras = SimpleNamespace(backend=SimpleNamespace(clear_session=lambda: cleared.append(1)))
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setattr(script_runner, "_clean_problem_modules", script_runner._clean_problem_modules)
    app = AppTest.from_string("import streamlit as st\nst.write('seen')")
    app.run()
    assert cleared, "Streamlit no longer clears it: keep_keras can go"
    warmup.keep_keras()
    cleared.clear()
    app.run()
    assert not cleared
