"""The Draws tab: training photos beside what training makes of them, and what that does to their pixels."""

import streamlit as st

from core.augment import validate
from core.records import Dataset, Recipe, Split
from pages.parts import augment_grid, augment_photos, augment_recipe, augment_recipe_more, augment_slider, selection
from pages.parts.augment_controls import Asked, controls

LAYOUTS = ("Side by side", "Under a slider")
_LAYOUT = "augment_layout"
_UNNAMED = "this recipe"
_STYLE = """
<style>
.thaw-values { display: flex; align-items: center; gap: .75rem; font-size: .875rem; line-height: 1.4; }
.thaw-values > div { position: relative; flex: none; width: 128px; height: 32px;
  border-bottom: 1px solid rgba(128, 128, 128, .5); }
.thaw-values i { position: absolute; inset: 0; background: currentColor; }
.thaw-values i:first-child { opacity: .25; }
</style>
"""
_HIGH = 32  # px


def ask(dataset: Dataset, split: Split) -> Asked:
    return controls(dataset, split, own=_layout, with_draws=True)


def waiting(asked: Asked) -> None:
    """The photos are there, the draws are not yet."""
    cells = [augment_grid.GREY] * asked.draws
    figures = [
        augment_grid.figure([augment_grid.original(src, name), *cells])
        for src, name in zip(asked.sources, asked.names, strict=True)
    ]
    st.html(augment_grid.grid(figures, asked.draws + 1))


def show(asked: Asked) -> None:
    """Raises BadParameter where the recipe can't be drawn."""
    recipes = [augment_recipe.current()]
    if other := augment_recipe_more.against():
        recipes.append(other)
    found = [
        augment_photos.drawn(
            validate(recipe).active.model_copy(update={"name": "", "oversample": None}).model_dump_json(),
            asked.ids,
            asked.labels,
            len(asked.classes),
            asked.size,
            asked.seed,
            asked.draws,
        )
        for recipe in recipes
    ]
    named = [recipe.name or _UNNAMED for recipe in recipes]
    if other and recipes[0].id == other.id:
        st.caption("Both recipes are the same, so both draw the same.")
    _caption(recipes[0], asked, any(any(drawn.mixings) for drawn in found))
    before = augment_photos.photos(asked.ids, asked.size)
    lines = [values(before, drawn.pixels, name if other else "") for drawn, name in zip(found, named, strict=True)]
    st.html(_STYLE + "".join(lines))
    if st.session_state.get(_LAYOUT) == LAYOUTS[1]:
        pairs = list(zip(named, found, strict=True))
        augment_slider.show(asked.sources, asked.names, asked.classes, pairs, asked.draws)
    else:
        st.html(markup(asked.sources, asked.names, asked.classes, found, named if other else [], selection.dark()))


def markup(sources: list[str], names: list[str], classes, found: list, named: list[str], dark: bool) -> str:
    """The grid as HTML: a figure a photo; a row a recipe under its name, where there are two.

    sources, names: the photos as they are, and the class of each; found: a `Drawn` a recipe; named: the recipes' names.
    """
    figures, draws = [], len(found[0].pixels)
    for photo, name in enumerate(names):
        cells = [augment_grid.original(sources[photo], name, rows=2 * len(named) or 1)]
        for row, drawn in enumerate(found):
            if named:
                safe = augment_grid.safe(named[row])
                cells.append(f'<p class="name" title="{safe}">{safe}</p>')
            for draw in range(draws):
                cells.append(
                    augment_grid.changed(
                        drawn.pixels[draw, photo],
                        drawn.labels[draw, photo],
                        classes,
                        dark,
                        f"{name}, draw {draw + 1}" + (f" by {named[row]}" if named else ""),
                        augment_grid.partners(drawn.mixings[draw], photo, sources, names),
                    )
                )
        figures.append(augment_grid.figure(cells, draws + 1))
    return augment_grid.grid(figures, draws + 1)


def values(before, after, name: str) -> str:
    """How the pixels changed, as a small picture and a line of words."""
    from core.augment import preview

    was, now = preview.statistics(before), preview.statistics(after)
    top = max(was.shares.max(), now.shares.max())
    said = f"mean {was.mean:.0f} → {now.mean:.0f}, spread {was.spread:.0f} → {now.spread:.0f}"
    whose = f"{augment_grid.safe(name)}: " if name else "Pixels, 0 dark to 255 light: "
    picture = _shape(_heights(was, top), [_HIGH] * preview.BINS)
    picture += _shape(_heights(now, top), [height + 1.5 for height in _heights(now, top)])
    title = "How many pixels are dark (left) and light (right): grey before, the line after"
    return (
        f'<div class="thaw-values" title="{title}"><div aria-hidden="true">{picture}</div>'
        f"<span>{whose}{said}: <strong>{verdict(was, now)}</strong></span></div>"
    )


def verdict(was, now) -> str:
    """ "21 darker, less contrast", in words that need no figure."""
    lighter, spread = round(now.mean) - round(was.mean), now.spread / max(was.spread, 1e-9)
    light = f"{abs(lighter)} {'lighter' if lighter > 0 else 'darker'}" if lighter else "as light as before"
    contrast = "less contrast" if spread < 0.9 else "more contrast" if spread > 1.1 else ""
    return ", ".join(filter(None, [light, contrast]))


def _heights(of, top: float) -> list[float]:
    return [_HIGH * (1 - share / top) for share in of.shares]  # px from above


def _shape(upper: list[float], lower: list[float]) -> str:
    """What lies between two lines over the whole width."""
    places = [100 * i / (len(upper) - 1) for i in range(len(upper))]
    points = [*zip(places, upper, strict=True), *reversed(list(zip(places, lower, strict=True)))]
    return f'<i style="clip-path: polygon({", ".join(f"{x:.1f}% {y:.1f}px" for x, y in points)})"></i>'


def _layout() -> None:
    st.segmented_control(
        "Shown",
        LAYOUTS,
        default=LAYOUTS[0],
        required=True,
        key=_LAYOUT,
        bind="query-params",
        label_visibility="collapsed",
    )


def _caption(recipe: Recipe, asked: Asked, mixed: bool) -> None:
    epochs = "the first epoch" if asked.draws == 1 else f"each of the first {asked.draws} epochs"
    mixes = " Below a mixed photo: its label and its partner." if mixed else ""
    if not recipe.active.steps:
        st.caption("Without a step every epoch sees the photo as it is. Add a step on the left.")
    elif st.session_state.get(_LAYOUT) == LAYOUTS[0]:
        st.caption(f"Outlined: the training photo. Beside it: what {epochs} would see.{mixes}")
