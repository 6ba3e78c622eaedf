"""Where each run looked in a photo, computed when it is asked for and kept by run, photo and class."""

import base64
import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import datasets, explain
from core.errors import ThawError
from core.records import Run, RunKind
from core.runs.files import WEIGHTS
from core.settings import settings
from pages.parts import loaders, words

SIDE = 224  # px of a picture
NETWORKS = 4  # kept in memory; a VGG16 with its head takes 60 MB, an EfficientNetV2M 220
SAID, TRUE = "What it said", "The true class"
_STYLE = """
<style>
.thaw-looked { display: flex; flex-wrap: wrap; gap: 12px; }
.thaw-looked figure { margin: 0; width: SIDEpx; max-width: 100%; font-size: 14px; line-height: 1.35; }
.thaw-looked img { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 4px; display: block;
  background: rgba(128, 128, 128, .12); margin-bottom: 4px; }
.thaw-looked .none { aspect-ratio: 1; display: flex; align-items: center; text-align: center; padding: 16px;
  border: 1px dashed #888; border-radius: 4px; box-sizing: border-box; margin-bottom: 4px; }
</style>
""".replace("SIDE", str(SIDE))


@st.cache_resource(max_entries=NETWORKS, show_spinner=False)
def _network(run_id: str, classes: int) -> explain.GradCam:
    """The trained network of a run, ready to be asked. Raises RunFileMissing, WeightsMismatch, WeightsNotFound."""
    run = loaders.run(run_id)
    return explain.load(settings(), run.spec, classes, loaders.store().file(run_id, WEIGHTS))


@st.cache_data(max_entries=512, show_spinner=False)
def looked(run_id: str, photo_id: str, label: int, classes: int) -> tuple[str, bool]:
    """Base64 of a JPEG of the photo under the heat of class `label`, and whether anything in it spoke for the class."""
    photo = datasets.load_photo(settings(), photo_id)
    heat = _network(run_id, classes).heat(photo, label)
    return base64.b64encode(loaders.jpeg(explain.covered(photo, heat))).decode(), bool(heat.max() > 0)


def show(row: dict, runs: Sequence[Run], letters: dict[str, str], classes: tuple[str, ...]) -> None:
    """A switch, and with it on the photo once a run with what each run looked at for a class."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        on = st.toggle(
            "Show where each run looked",
            key="compare_gradcam",
            help="Grad-CAM: places whose features speak for a class are tinted, the strongest most. It shows what the "
            "network used, not whether that was right. The first time each network is loaded, which takes seconds.",
        )
        if not on:
            return
        of = st.segmented_control(
            "Looking for",
            [SAID, TRUE],
            default=SAID,
            required=True,
            key="compare_gradcam_class",
            help="The class whose evidence is shown.",
        )
    with st.spinner("Asking the networks ..."):
        pictures = "".join(
            _picture(row, run, letters[run.id], classes, row["true"] if of == TRUE else row[f"said {letters[run.id]}"])
            for run in runs
            if f"said {letters[run.id]}" in row
        )
    st.html(f'{_STYLE}<div class="thaw-looked">{pictures}</div>')


def _picture(row: dict, run: Run, letter: str, classes: tuple[str, ...], label: int) -> str:
    name = html.escape(classes[label], quote=True)
    note = f"<b>{letter}</b>: {name}"
    try:
        if run.kind == RunKind.ENSEMBLE:
            return _without(note, "An ensemble is several networks: tick its members to see where each looked.")
        if run.kind != RunKind.TRAINED or run.spec is None:
            return _without(note, "It was not trained here, so there is no network to look into.")
        content, any_heat = looked(run.id, str(row["id"]), int(label), len(classes))
    except (ThawError, OSError, ValueError) as error:
        reason = str(error) if isinstance(error, ThawError) else "Its files can't be read."
        return _without(note, html.escape(reason))
    note += "" if any_heat else ", but nothing in the photo spoke for it"
    alt = f"Where {letter} saw {name}"
    return f'<figure><img src="data:image/jpeg;base64,{content}" alt="{alt}"><div>{note}</div></figure>'


def _without(note: str, reason: str) -> str:
    return f'<figure><div class="none">{reason}</div><div>{note}</div></figure>'


def answers(row: dict, runs: Sequence[Run], letters: dict[str, str], classes: tuple[str, ...]) -> str:
    """What each run said of a photo, a line each, as Markdown."""
    lines = []
    for run in runs:
        letter = letters[run.id]
        if f"said {letter}" not in row:
            continue
        said, right = words.plain(classes[row[f"said {letter}"]]), bool(row[f"right {letter}"])
        share, true = _percent(row[f"sure {letter}"]), _percent(row[f"probability {letter}"])
        more = "" if right or not true else f"; gave the true class {true}"
        lines.append(f"**{letter}** {'✓' if right else '✗'} {said} {share}{more}")
    return "\n\n".join(lines)


def _percent(value) -> str:
    return "" if value is None or value != value or value is np.ma.masked else f"{100 * value:.0f} %"
