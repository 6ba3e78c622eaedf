"""Before and after under a slider, one photo at a time: a small component of ours that asks nothing of the server."""

from pathlib import Path

import streamlit as st

from core.charts import label_bar
from pages.parts import augment_grid

_HERE = Path(__file__)
_component = st.components.v2.component(
    "thaw_before_after",
    html=_HERE.with_suffix(".html").read_text(encoding="utf-8"),
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def show(sources: list[str], names: list[str], classes, recipes: list[tuple], draws: int) -> None:
    """sources, names: the photos as they are, and the class of each; recipes: (name, Drawn) each."""
    _component(key="augment_slider", data=data(sources, names, classes, recipes, draws))


def data(sources: list[str], names: list[str], classes, recipes: list[tuple], draws: int) -> dict:
    """What the component draws: photos {name, src}, and of each recipe draws x photos {src, text}."""
    return {
        "photos": [{"name": name, "src": src} for name, src in zip(names, sources, strict=True)],
        "recipes": [
            {
                "name": name,
                "draws": [
                    [_drawn(drawn, draw, photo, names[photo], classes) for photo in range(len(names))]
                    for draw in range(draws)
                ],
            }
            for name, drawn in recipes
        ],
    }


def _drawn(drawn, draw: int, photo: int, name: str, classes) -> dict:
    mixed = label_bar.info(drawn.labels[draw, photo], classes)
    text = f"{name}, draw {draw + 1}" + (f": {mixed.sentence}" if mixed.mixed else "")
    return {"src": augment_grid.source(drawn.pixels[draw, photo]), "text": text}
