"""Predictions made elsewhere come in as a CSV file and are then a run like any other."""

import tempfile
from pathlib import Path

import streamlit as st

from core.errors import ThawError
from core.evaluation import final_figures
from core.records import RunKind
from core.runs.brought import read_csv
from pages.parts import loaders, selection, uploads, visitors, words

_MESSAGE = "compare_upload_message"


def bring_in() -> None:
    """The form, and what became of the last upload."""
    st.markdown(
        "One row a photo: `id`, `split` (validation or test), `true`, then one column a class with its probability, "
        "or one column `predicted`. Runs whose ids and classes agree were tested on the same photos."
    )
    with st.form("compare_upload", clear_on_submit=True, border=False):
        file = st.file_uploader("Predictions (CSV)", type="csv", key="compare_upload_file", help="Made by any tool.")
        name = st.text_input(
            "Name",
            key="compare_upload_name",
            placeholder="my PyTorch model",
            max_chars=100,
            help="What the run is called in the table.",
        )
        sent = st.form_submit_button("Add to the runs", key="compare_upload_send", icon=":material/upload:")
    if sent:
        add(file, name)
        st.rerun()
    if message := st.session_state.pop(_MESSAGE, None):
        kind, text = message
        (st.error if kind == "error" else st.success)(text)


def add(file, name: str) -> None:
    """Store one uploaded file as a finished run; the sentence about it is shown after the rerun."""
    if file is None:
        st.session_state[_MESSAGE] = ("error", "No file was chosen. Choose a CSV file first.")
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(file.name).name
            path.write_bytes(uploads.content(file))
            _, found = read_csv(path)
        run = loaders.store().create(
            RunKind.BROUGHT,
            name.strip() or Path(file.name).stem,
            predictions=found,
            metrics=final_figures(found),
            owner=visitors.current().id,
        )
    except ThawError as error:
        st.session_state[_MESSAGE] = ("error", words.plain(str(error)))
        return
    loaders.runs.clear()
    photos = ", ".join(f"{len(answers.ids):,} {part}" for part, answers in found.parts.items())
    st.session_state[_MESSAGE] = ("success", f"“{words.plain(run.name)}” is in the table: {photos} photos.")
    if not selection.runs():
        selection.set_runs([run.id])
