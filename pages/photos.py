"""Photos: what the model learns from. Bring photos, look at the classes, divide them."""

import streamlit as st

from core import datasets
from core.records import Dataset
from core.settings import settings
from pages.parts import (
    loaders,
    photos_add,
    photos_classes,
    photos_findings,
    photos_imports,
    photos_split,
    selection,
    warmup,
    words,
)


def chooser(chosen: Dataset) -> None:
    """The newest version of each dataset, the demo photos among them, as buttons."""
    newest = {dataset.name: dataset for dataset in loaders.dataset_list()}
    if chosen.id not in {dataset.id for dataset in newest.values()}:
        newest[f"{chosen.name} v{chosen.version}"] = chosen
    labels = {dataset.id: f"{words.plain(name)} · {dataset.photos:,}" for name, dataset in newest.items()}
    st.session_state["photos_chosen"] = chosen.id
    st.pills(
        "Datasets",
        list(labels),
        format_func=labels.get,
        required=True,
        key="photos_chosen",
        on_change=lambda: selection.choose(dataset=st.session_state["photos_chosen"]),
        help="Leaves and Digits come with Thaw; yours stand beside them. The number counts photos.",
    )


def empty(ready: bool) -> None:
    """No dataset yet: what will be here, why it is not, one button."""
    if warmup.drawing():
        st.info(
            "The demo photos are being drawn for the first time; this takes some seconds.",
            icon=":material/hourglass_top:",
        )
    else:
        st.info(
            "There are no photos yet, so there is nothing a model could learn from. Add your own above, or let Thaw "
            "draw its demo photos: leaves of 8 species, and handwritten digits.",
            icon=":material/photo_library:",
        )
        if not photos_imports.running():
            st.button(
                "Draw the demo photos",
                key="photos_demo",
                type="secondary" if ready else "primary",
                icon=":material/brush:",
                on_click=draw_demo,
                help="Takes some seconds, once. Nothing is downloaded.",
            )
    with st.grid(4, min_column_width=240, gap="small"):
        for _ in range(4):
            st.skeleton(height=150)


def draw_demo() -> None:
    photos_imports.start("Demo photos", lambda report: datasets.ensure_demo(settings(), report, exam=False))


chosen, failed = selection.dataset(), photos_imports.failed()
st.subheader("What the model learns from", anchor=False)
with st.expander(
    "Add your own photos: a folder, a zip, dropped into classes, or taken with the camera",
    expanded=failed or (chosen is None and not photos_imports.running()),
    icon=":material/add_photo_alternate:",
    # A new key for each form: it closes once its photos are on their way, or the first demo photos are there, and opens
    # again where they failed.
    key=photos_add.form_key(f"photos_add_{'again' if failed else 'first' if chosen is None else 'new'}"),
):
    ready = photos_add.add()
if photos_imports.running():
    photos_imports.progress()
photos_imports.outcome()
if chosen is None:
    empty(ready)
else:
    chooser(chosen)
    st.markdown(f"**{words.plain(chosen.name)}**, version {chosen.version}: {photos_classes.summary(chosen)}")
    photos_classes.cards(chosen)
    photos_classes.left_out(chosen)
    split = selection.split()
    photos_findings.section(chosen, split)
    shown = photos_split.maker(chosen, split)
    if split is not None and st.button(
        "Go on: see what augmentation does",
        key="photos_next",
        type="primary" if shown else "secondary",
        icon=":material/arrow_forward:",
        help="The next screen shows what training will see of these photos.",
    ):
        selection.go("augment.py")
