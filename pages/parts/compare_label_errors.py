"""Likely label errors from the runs' validation answers, and the way from them to the Photos page."""

import html
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.datasets.audit import Finding
from core.errors import UnknownDataset
from core.evaluation import Comparison
from core.evaluation.label_errors import averaged, likely_label_errors
from core.records import Dataset, Part, Run, content_hash
from pages.parts import compare_thumbnails, loaders, photos_leave_out, selection, words
from pages.parts.compare_cells import Shown

MOST = 60  # photos that are listed


@st.cache_data(max_entries=32, show_spinner=False)
def errors(run_ids: tuple[str, ...]) -> pd.DataFrame:
    """Likely label errors among the validation photos, by the mean of the runs that gave probabilities."""
    found = [loaders.predictions(run_id) for run_id in run_ids]
    parts = [one.parts[Part.VALIDATION] for one in found if one.has_probabilities and Part.VALIDATION in one.parts]
    return likely_label_errors(averaged(parts), most=MOST) if parts else pd.DataFrame()


def show(found: Comparison | Shown, runs: list[Run]) -> None:
    """The list with pictures, and a button that takes it to the Photos page."""
    st.caption(
        "Confident learning on validation: photos that the runs, which never learnt from them, surely take for another "
        "class than their label says. Some are wrong labels, some are hard photos: look at each.",
    )
    with st.spinner("Looking for doubtful labels ..."):
        listed = errors(tuple(run.id for run in runs))
    if listed.empty:
        st.success("No label is in doubt by these runs.", icon=":material/check:")
        return
    of = "1 run" if len(runs) == 1 else f"{len(runs)} runs together"
    st.markdown(f"**{words.count(len(listed), 'photo')}** whose label is in doubt by {of}, the most doubtful first")
    cards = "".join(card(row, found.classes) for row in listed.to_dict("records"))
    st.html(f'{compare_thumbnails.STYLE}<div class="thaw-photos">{cards}</div>')
    send_button(list(listed["id"]), runs, "Look through them on the Photos page", "compare_labels_send")


def card(row: dict, classes: Sequence[str]) -> str:
    """One photo as HTML: the label it has and the class it looks like."""
    name, content = html.escape(str(row["id"]), quote=True), compare_thumbnails.picture(row["id"])
    label, like = (html.escape(classes[row[field]], quote=True) for field in ("true", "suggested"))
    share = f"{100 * row['probability_suggested']:.0f}\N{NO-BREAK SPACE}%"
    image = f'<img src="data:image/jpeg;base64,{content}" alt="A photo labelled {label}">' if content else ""
    return (
        f'<figure data-photo="{name}" title="labelled {label}, looks like {like}">'
        f"{image or '<div class=none>no photo here</div>'}<figcaption>"
        f'<div class="answer">label <bdi>{label}</bdi></div>'
        f'<div class="answer"><b>{share}</b> <bdi>{like}</bdi></div>'
        "</figcaption></figure>"
    )


def send_button(ids: list[str], runs: Sequence[Run], label: str, key: str, tick: bool = False) -> None:
    """A button that opens the Photos page with these photos, to leave them out; none where no dataset has them."""
    dataset = home_of(ids, runs)
    if dataset is None:
        return
    if st.button(
        label,
        key=key,
        icon=":material/rule:",
        help=f"Opens the Photos page on {dataset.name}, where each photo can be ticked and left out of the next "
        "version. This version and its runs stay as they are.",
    ):
        send(dataset, ids, tick)


def home_of(ids: Sequence[str], runs: Sequence[Run]) -> Dataset | None:
    """The newest version of the dataset that has these photos, or the first of them; None where there is none."""
    known = {one.id: one for one in loaders.dataset_list()}
    trained_on = [known[run.spec.dataset] for run in runs if run.spec and run.spec.dataset in known]
    chosen = selection.dataset()
    for dataset in [*trained_on, *([chosen] if chosen else [])]:
        newest = next(one for one in reversed(known.values()) if one.name == dataset.name)
        try:
            if loaders.photo_rows(newest.id)["id"].isin(ids).any():
                return newest
        except (UnknownDataset, OSError):
            continue
    return None


def send(dataset: Dataset, ids: Sequence[str], tick: bool) -> None:
    """Go to the Photos page with these photos as a finding of their own."""
    rows = loaders.photo_rows(dataset.id).set_index("id")
    ids = [photo_id for photo_id in ids if photo_id in rows.index]
    finding = Finding(
        id=content_hash(["label_errors", dataset.id, sorted(ids)]),
        kind="label_errors",
        photos=tuple(rows.loc[ids, "path"]),
        ids=tuple(ids),
        sentence=f"{words.count(len(ids), 'photo')} whose label runs doubt. Tick those whose label is wrong.",
        suggested=tuple(ids) if tick else (),
    )
    photos_leave_out.bring(dataset, finding)
    selection.choose(dataset=dataset.id)
    selection.go("photos.py")
