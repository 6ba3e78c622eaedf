"""Making a split on the Photos screen: which photos train, which choose, which judge."""

import pandas as pd
import streamlit as st

from core import datasets
from core.charts import split_bars
from core.errors import ThawError
from core.records import Dataset, Part, Split
from core.settings import settings
from pages.parts import loaders, selection, words

FRACTIONS = (70, 15, 15)  # percent
TOLD = 3  # classes that are too small, before "and n more"
_ERROR = "photos_split_error"


def maker(dataset: Dataset, split: Split | None) -> bool:
    """Fractions, seed, the bars of the split that is chosen or would be made, and the button.

    Whether what is shown is a split that there is.
    """
    st.subheader("Split: which photos teach, and which judge", anchor=False)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        shares, seed = _controls(dataset, split)
        known = split is not None and (seed, shares) == (split.seed, _percent(split))
        try:
            table = _made(dataset, split) if known else _planned(dataset, shares)
        except ThawError as error:
            st.error(words.plain(str(error)), icon=":material/error:")
            return False
        info = split_bars.info({part: table[part].tolist() for part in split_bars.PARTS}, dataset.classes)
        st.markdown(worth(info, shares))
        _warnings(dataset, shares)
        if known and split.counts.get(Part.EXAM):
            st.caption(f"{split.counts[Part.EXAM]:,} more photos are sealed as an exam; no screen shows them yet.")
        if not known:
            st.button(
                "Make this split",
                key="photos_split",
                type="primary",
                icon=":material/call_split:",
                on_click=_make,
                args=(dataset, shares, seed),
                help="Draws the photos of each part, class by class. The same fractions and seed give the same split.",
            )
        if message := st.session_state.pop(_ERROR, None):
            st.error(words.plain(message), icon=":material/error:")
    with right:
        st.plotly_chart(
            split_bars.plot(info, selection.dark()),
            key="photos_split_bars",
            config={"displayModeBar": False},
            alt="Photos of each class in train, validation and test",
        )
    return known


def _controls(dataset: Dataset, split: Split | None) -> tuple[tuple[int, int, int], int]:
    """(percent of train, validation, test), seed; at first those of the chosen split."""
    # The key carries the split: another one that is chosen in the bar sets the controls to its own.
    key = split.id if split else dataset.id
    start = _percent(split) if split else FRACTIONS
    low, high = st.slider(
        "Train · validation · test",
        min_value=1,
        max_value=99,
        value=(start[0], start[0] + start[1]),
        format="%d %%",
        key=f"photos_fractions_{key}",
        help="Left of the first handle photos train the model; between the handles they choose its settings "
        "(validation); right of the second they judge it once (test).",
    )
    seed = st.number_input(
        "Seed",
        min_value=0,
        max_value=2**31 - 1,
        value=split.seed if split else 0,
        key=f"photos_seed_{key}",
        help="Another number draws other photos into each part. Models can only be compared on the same split.",
    )
    return (low, high - low, 100 - high), int(seed)


def _percent(split: Split) -> tuple[int, int, int]:
    train, validation, _ = (round(100 * fraction) for fraction in split.fractions)
    return train, validation, 100 - train - validation


def _fractions(shares: tuple[int, int, int]) -> tuple[float, float, float]:
    return tuple(share / 100 for share in shares)


def _made(dataset: Dataset, split: Split) -> pd.DataFrame:
    return datasets.class_counts(loaders.split_rows(split.id, dataset.id), dataset.classes)


def _planned(dataset: Dataset, shares: tuple[int, int, int]) -> pd.DataFrame:
    return datasets.planned_counts(dataset.classes, dataset.counts, _fractions(shares))


def _make(dataset: Dataset, shares: tuple[int, int, int], seed: int) -> None:
    try:
        split = datasets.make_split(settings(), dataset, _fractions(shares), seed)
    except ThawError as error:
        st.session_state[_ERROR] = str(error)
    else:
        loaders.split_list.clear()
        selection.choose(dataset=dataset.id, split=split.id)


def _warnings(dataset: Dataset, shares: tuple[int, int, int]) -> None:
    """The classes with too few photos to be judged by."""
    thin = datasets.thin_classes(dataset, _fractions(shares))
    for sentence in thin[:TOLD]:
        st.caption(f":material/warning: {words.plain(sentence)}")
    if len(thin) > TOLD:
        st.caption(f":material/warning: So it is with {words.count(len(thin) - TOLD, 'more class', 'more classes')}.")


def worth(info: split_bars.SplitBarsInfo, shares: tuple[int, int, int]) -> str:
    """How many photos each part has, and what one test photo decides."""
    parts = ", ".join(
        f"{total:,} {verb} ({share}\u00a0%)"
        for total, verb, share in zip(info.totals, ("train", "validate", "test"), shares, strict=True)
    )
    return f"Photos: {parts}. **One photo in test is {info.points_a_photo:g} points** of accuracy."
