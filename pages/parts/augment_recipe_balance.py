"""Rare classes are seen more often: what a recipe's oversampling makes of the training part, before any training."""

from html import escape

import streamlit as st

from core.augment.balancing import oversampled_counts
from core.records import Dataset, Split
from pages.parts import augment_recipe, loaders, words

_WAYS = {"once": "once each", "largest": "as the largest", "number": "at least …"}
_STYLE = """
<style>
.thaw-balance { width: 100%; border-collapse: collapse; font-size: .8125rem; line-height: 1.3; table-layout: fixed; }
.thaw-balance td { padding: .1rem 0; vertical-align: middle; border: 0; }
.thaw-balance td:first-child { width: 34%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  padding-right: .5rem; }
.thaw-balance td:last-child { width: 6.5rem; text-align: right; padding-left: .5rem; white-space: nowrap; }
.thaw-balance div { display: flex; height: .625rem; gap: 1px; }
.thaw-balance i { background: currentColor; opacity: .55; border-radius: 2px; }
.thaw-balance i + i { opacity: .45; background: repeating-linear-gradient(135deg, currentColor 0 2px,
  transparent 2px 5px); }
</style>
"""


def balance(dataset: Dataset, split: Split) -> None:
    """The choice, and photos a class and epoch as bars: plain what is there, hatched what is repeated."""
    counts = loaders.training_counts(split.id, dataset.id)
    then = oversampled_counts(counts, augment_recipe.oversample())
    total = words.count(sum(then), "photo")
    with st.expander(f"Rare classes: {total} an epoch", icon=":material/balance:", key="augment_balance"):
        _choice(max(counts))
        st.html(markup(dataset.classes, counts, then))


def _choice(largest: int) -> None:
    now, number = augment_recipe.oversample(), augment_recipe.taken()
    key = f"augment_balance_{number}"
    st.segmented_control(
        "Training photos of a rare class are seen",
        list(_WAYS),
        default=now if now in _WAYS else "number" if now else "once",
        required=True,
        format_func=_WAYS.get,
        key=f"{key}_way",
        help="Oversampling: photos of small classes come several times in an epoch, each time augmented differently. "
        "Validation and test stay as they are. Class weights, on the Train page, do the same without more photos.",
        on_change=_take,
        args=(key, largest),
    )
    if isinstance(now, int):
        st.number_input(
            "Photos a class, at least",
            1,
            1_000_000,
            now,
            key=f"{key}_number",
            help="A class that has more keeps all of them.",
            on_change=_take,
            args=(key, largest),
        )


def _take(key: str, largest: int) -> None:
    """A callback, so that what is drawn above the widgets knows it too."""
    if key == f"augment_balance_{augment_recipe.taken()}":
        way = st.session_state[f"{key}_way"]
        number = st.session_state.get(f"{key}_number", largest)
        augment_recipe.set_oversample({"once": None, "number": number}.get(way, way))


def markup(classes: tuple[str, ...], counts: list[int], then: list[int]) -> str:
    """A line a class, as HTML: name, bar, "131 → 376"."""
    longest, rows = max(*then, 1), []
    for name, before, after in zip(classes, counts, then, strict=True):
        safe = escape(name, quote=True)
        repeated = f'<i style="width:{100 * (after - before) / longest:.1f}%"></i>' if after > before else ""
        bar = f'<div><i style="width:{100 * before / longest:.1f}%"></i>{repeated}</div>'
        number = f"{before:,} → {after:,}" if after > before else f"{before:,}"
        rows.append(f'<tr><td title="{safe}">{safe}</td><td>{bar}</td><td>{number}</td></tr>')
    return f'{_STYLE}<table class="thaw-balance">{"".join(rows)}</table>'
