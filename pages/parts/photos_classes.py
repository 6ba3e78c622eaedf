"""What is in a dataset: a card for each class, and what was left out and why."""

import base64
import html
import io

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from core import datasets
from core.records import Dataset
from core.settings import settings
from pages.parts import loaders, words

SAMPLES = 4  # photos on a card
SIDE = 160  # px of one of them
CARDS = 24  # classes seen before "Show all"
_RATIO = f"{SAMPLES * SIDE + (SAMPLES - 1) * (SIDE // 20)} / {SIDE}"
_KINDS = {  # kind: (of one, of several)
    "unreadable": ("unreadable", "unreadable"),
    "two_labels": ("under two classes", "under two classes"),
    "exact_copy": ("exact copy", "exact copies"),
    "chosen": ("by choice", "by choice"),
    "unlisted": ("not in the list of labels", "not in the list of labels"),
}


def cards(dataset: Dataset) -> None:
    """Name, count and four photos of each class."""
    shown = len(dataset.classes)
    if shown > CARDS:
        everything = st.toggle(
            f"Show all {shown} classes", key="photos_all_classes", help=f"Otherwise the first {CARDS} are shown."
        )
        shown = shown if everything else CARDS
    # The place of a picture is kept while it loads.
    st.html(f"<style>.st-key-photos_cards img {{ width: 100%; aspect-ratio: {_RATIO}; border-radius: 4px; }}</style>")
    with st.grid(4, min_column_width=240, gap="small", key="photos_cards"):
        for label in range(shown):
            with st.container(border=True, gap="xsmall"):
                name = dataset.classes[label]
                # Not st.image: it would encode each WebP anew as PNG at every rerun, 50 ms a class.
                alt = html.escape(f"{SAMPLES} photos of class {name}", quote=True)
                st.html(f'<img alt="{alt}" src="data:image/webp;base64,{strip(dataset.id, label)}">')
                count = words.count(dataset.counts[label], "photo").replace(" ", "\u00a0")
                st.markdown(f"**{words.plain(name)}** :gray[{count}]")


@st.cache_data(max_entries=1024, show_spinner=False)
def strip(dataset_id: str, label: int) -> str:
    """Base64 of a WebP of up to four photos of a class side by side, spread over it; empty places are transparent."""
    rows = loaders.photo_rows(dataset_id)
    ids = rows["id"].to_numpy()[rows["label"].to_numpy() == label]
    chosen = ids[np.unique(np.linspace(0, len(ids) - 1, SAMPLES).astype(int))] if len(ids) else ids
    gap = SIDE // 20
    sheet = Image.new("RGBA", (SAMPLES * SIDE + (SAMPLES - 1) * gap, SIDE))
    for place, photo_id in enumerate(chosen):
        photo = Image.fromarray(datasets.load_photo(settings(), photo_id))
        sheet.paste(ImageOps.fit(photo, (SIDE, SIDE), Image.Resampling.BICUBIC), (place * (SIDE + gap), 0))
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=88)
    return base64.b64encode(buffer.getvalue()).decode()


def summary(dataset: Dataset) -> str:
    """ "1,500 photos in 8 classes. The largest class has 5 times the photos of the smallest."."""
    text = f"{words.count(dataset.photos, 'photo')} in {words.count(len(dataset.classes), 'class', 'classes')}."
    ratio = max(dataset.counts) / max(min(dataset.counts), 1)
    if ratio >= 1.5:
        text += f" The largest class has {ratio:.1f} times the photos of the smallest."
    return text


def left_out(dataset: Dataset) -> None:
    """What was left out, with the reason of each file; nothing where all came in."""
    frame = datasets.left_out(settings(), dataset.id)
    if frame.empty:
        return
    counts = frame["kind"].value_counts()
    told = ", ".join(words.count(counts[kind], *thing) for kind, thing in _KINDS.items() if kind in counts)
    with st.expander(f"{words.count(len(frame), 'file')} left out: {told}", icon=":material/report:"):
        st.dataframe(
            frame.assign(kind=[_KINDS[kind][0] for kind in frame["kind"]])[["path", "kind", "reason"]],
            hide_index=True,
            height=38 + 35 * min(len(frame), 8),
            column_config={"path": "File", "kind": "What happened", "reason": "Why"},
            alt="Files that were left out, and why",
        )
