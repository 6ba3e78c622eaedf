"""Confusion by epoch: a slider through what a run took for what while it learned."""

import numpy as np
import streamlit as st

from core.datasets import find_dataset
from core.errors import ThawError, UnknownDataset
from core.evaluation.figures import accuracy_of
from core.records import Run
from core.runs.files import CONFUSIONS, read_json
from core.settings import settings
from core.training.epoch import MOST_RECALLS
from pages.parts import loaders, results, words


@st.cache_data(max_entries=64, show_spinner=False)
def confusions(run_id: str, classes: int) -> dict[int, np.ndarray]:
    """Validation confusion, int64 (classes, classes), by epoch from 1; empty where a finished run kept none."""
    try:
        kept = read_json(loaders.store().file(run_id, CONFUSIONS), {})
        matrices = {int(epoch): np.array(text.split(), np.int64) for epoch, text in kept.items()}
    except (ThawError, ValueError, AttributeError):  # a run older than the file, or a file that isn't ours
        return {}
    if any(cells.size != classes**2 or cells.min(initial=0) < 0 for cells in matrices.values()):
        return {}
    return {epoch: matrices[epoch].reshape(classes, classes) for epoch in sorted(matrices)}


def show(run: Run) -> None:
    """The slider and the matrix of its epoch, or why there is none."""
    try:
        classes = find_dataset(settings(), run.spec.dataset).classes
    except UnknownDataset:
        return
    found = confusions(run.id, len(classes))
    if found:
        st.fragment(_slider, key="compare_epochs")(run, found, classes)
    elif len(classes) <= MOST_RECALLS:
        st.caption("This run kept no confusion by epoch: it was trained before Thaw kept them. A repeat would have it.")
    else:
        st.caption(f"Confusion by epoch is kept up to {MOST_RECALLS} classes; these photos have {len(classes)}.")


def _slider(run: Run, found: dict[int, np.ndarray], classes: tuple[str, ...]) -> None:
    epochs = list(found)
    st.markdown("**Confusion by epoch**, of validation photos")
    kept = round(run.metrics.get("best_epoch", 0))
    epoch = epochs[-1]
    if len(epochs) > 1:
        epoch = st.select_slider(
            "Epoch",
            epochs,
            value=kept if kept in found else epoch,
            key=f"compare_epoch_{run.id}",
            help="Counts over all phases. The arrow keys move it.",
        )
    confusion = found[epoch]
    right = accuracy_of(confusion)
    told = words.percent(right, int(confusion.sum()))
    st.markdown(f"Epoch {epoch}: {told} are right" + (", and the run keeps this epoch's weights" * (epoch == kept)))
    alt = f"Confusion matrix of {run.name} after epoch {epoch}: {told} photos on the diagonal."
    left, _ = results.pair("epochs")
    with left:
        results.draw(confusion, classes, "counts", f"compare_epoch_matrix_{run.id}", alt)
