"""The Steps tab: a few photos after the recipe's first step, its first two, and so on."""

import streamlit as st

from core.augment import validate
from core.records import Dataset, Split
from pages.parts import augment_grid, augment_photos, augment_recipe, selection
from pages.parts.augment_controls import Asked, controls

SHOWN = 5  # photos beside each other
_TEXT = "11.5rem"  # width of the titles
# A run of steps that are one resampling has a line at its left, across the gaps between the rows.
_STYLE = """
<style>
.thaw-draws.walk { gap: .75rem; }
.walk .step { position: relative; padding-left: .75rem; align-self: stretch; }
.walk .step p { -webkit-line-clamp: 5; }
.walk .step p:first-child { margin: 0; font-size: .9375rem; font-weight: 600; }
.walk .run::before { content: ""; position: absolute; left: 0; top: 0; bottom: 0; width: 3px; background: currentColor;
  opacity: .45; border-radius: 2px; }
.walk .run.on::before { top: -.75rem; }
@media (max-width: 700px) { .walk figure { grid-template-columns: 6.5rem repeat(5, minmax(0, 1fr)) !important; } }
</style>
"""


def ask(dataset: Dataset, split: Split) -> Asked:
    return controls(dataset, split)


def waiting(asked: Asked) -> None:
    steps = augment_recipe.current().active.steps
    st.html(_walk([_photos(asked), *[_row("<div></div>", [augment_grid.GREY] * _shown(asked)) for _ in steps]]))


def show(asked: Asked) -> None:
    """Raises BadParameter where the recipe can't be drawn."""
    recipe = validate(augment_recipe.current()).active
    if not recipe.steps:
        st.caption("There is no step that is switched on, so nothing happens between the photo and the network.")
        st.html(_walk([_photos(asked)]))
        return
    st.caption(
        f"From above: each photo as it is, then after one step, after two, and so on. The last row is what the first "
        f"epoch sees (seed {asked.seed})."
    )
    recipe = recipe.model_copy(update={"name": "", "oversample": None}).model_dump_json()
    stages = augment_photos.stages(recipe, asked.ids, asked.labels, len(asked.classes), asked.size, asked.seed)
    st.html(markup(asked, stages, selection.dark()))


def markup(asked: Asked, stages: list, dark: bool) -> str:
    """A row a step, as HTML."""
    rows, pictures = [_photos(asked)], asked.sources
    for number, stage in enumerate(stages):
        cells = []
        for photo in range(_shown(asked)):
            said = augment_grid.partners([stage.mixing] if stage.mixing else [], photo, pictures, asked.names)
            if not said and stage.words[photo]:
                said = f'<p class="quiet">{augment_grid.safe(stage.words[photo])}</p>'
            text = f"{asked.names[photo]}, after {stage.title}"
            cells.append(
                augment_grid.changed(stage.pixels[photo], stage.labels[photo], asked.classes, dark, text, said)
            )
        rows.append(_row(_title(stages, number), cells))
    return _walk(rows)


def _title(stages: list, number: int) -> str:
    stage = stages[number]
    last = number + 1
    while last < len(stages) and stages[last].fused:
        last += 1
    run = last - number
    lines = [f"<p>{number + 1} {augment_grid.safe(stage.title)}</p>"]
    if stage.mixing:
        lines.append('<p class="quiet">mixes photos of the batch</p>')
    if run > 1 and not stage.fused:
        lines.append(f'<p class="quiet">These {run} steps are one resampling, so the photo is blurred only once.</p>')
    kind = " run on" if stage.fused else " run" if run > 1 else ""
    return f'<div class="step{kind}">{"".join(lines)}</div>'


def _photos(asked: Asked) -> str:
    shown = list(zip(asked.sources, asked.names, strict=True))[:SHOWN]
    cells = [augment_grid.original(src, name) for src, name in shown]
    return _row('<div class="step"><p>The training photo</p></div>', cells)


def _row(title: str, cells: list[str]) -> str:
    empty = ["<div></div>"] * (SHOWN - len(cells))
    return augment_grid.figure([title, *cells, *empty], first=_TEXT)


def _walk(rows: list[str]) -> str:
    return _STYLE + augment_grid.grid(rows, kind="walk")


def _shown(asked: Asked) -> int:
    return min(SHOWN, len(asked.ids))
