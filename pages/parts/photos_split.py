"""The split on the Photos screen: which photos train, which choose, which judge. Made anew, or as the photos came."""

import pandas as pd
import streamlit as st

from core import datasets
from core.charts import split_bars
from core.errors import ThawError
from core.records import Dataset, Part, Split
from core.settings import settings
from pages.parts import loaders, photos_imports, photos_near_copies, selection, words

FRACTIONS = (70, 15, 15)  # percent
TOLD = 3  # classes that are too small, before "and n more"
CAME, DRAWN = "As the photos came", "Drawn by Thaw"
PATIENCE = 1.5  # s that the page waits for a split before it shows how far it is
_VERBS = ("train", "validate", "test")


def maker(dataset: Dataset, split: Split | None) -> bool:
    """How photos are divided, the bars of the split that is chosen or would be made, and the button.

    Whether what is shown is a split that there is.
    """
    st.subheader("Split: which photos teach, and which judge", anchor=False)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        came = "part" in loaders.photo_rows(dataset.id) or (split is not None and split.given)
        try:
            shown = _given if came and _way(split) == CAME else _drawn
            table, known = shown(dataset, split)
        except ThawError as error:
            st.error(words.plain(str(error)), icon=":material/error:")
            return False
        if photos_imports.running(photos_imports.SPLIT):
            photos_imports.progress(photos_imports.SPLIT)
        photos_imports.outcome(photos_imports.SPLIT)
    info = split_bars.info({part: table[part].tolist() for part in split_bars.PARTS}, dataset.classes)
    with right:
        st.plotly_chart(
            split_bars.plot(info, selection.dark()),
            key="photos_split_bars",
            config={"displayModeBar": False},
            alt="Photos of each class in train, validation and test",
        )
    return known


def _way(split: Split | None) -> str:
    return st.segmented_control(
        "Which split",
        [CAME, DRAWN],
        default=CAME if split is None or split.given else DRAWN,
        required=True,
        key=f"photos_way_of_split_{split.id if split else 'none'}",
        help="These photos came divided into training, validation and test. Keep that where others are judged by the "
        "same division; draw anew to choose the shares yourself.",
    )


def _given(dataset: Dataset, split: Split | None) -> tuple[pd.DataFrame, bool]:
    """The split that came with the photos: (photos a class and part, whether it is the chosen one)."""
    known = split is not None and split.given
    # As they came, as long as it is not the chosen split: a missing part is not drawn yet.
    rows = loaders.split_rows(split.id, dataset.id) if known else loaders.photo_rows(dataset.id)
    table = datasets.class_counts(rows, dataset.classes)
    totals = table.sum()
    st.markdown("**This split came with the photos.** " + worth(totals, tuple(100 * totals / max(totals.sum(), 1))))
    if known:
        for note in photos_near_copies.notes(dataset, split):
            st.caption(f":material/info: {words.plain(note)}")
    _warnings(table)
    if not known:
        _button("Use this split", dataset, lambda report: datasets.given_split(settings(), dataset, report))
    return table, known


def _drawn(dataset: Dataset, split: Split | None) -> tuple[pd.DataFrame, bool]:
    """The split that is chosen, or would be drawn: (photos a class and part, whether it is the chosen one)."""
    split = None if split is not None and split.given else split
    groups = photos_near_copies.groups(dataset)
    across = photos_near_copies.across(dataset, split, groups)
    shares, seed, together = _controls(dataset, split, across)
    same = split is not None and (shares, seed) == (_percent(split), split.seed)
    known = same and (not across if together else not split.together)
    table = _made(dataset, split) if known else datasets.planned_counts(dataset.classes, dataset.counts, _of(shares))
    st.markdown(worth(table.sum(), shares))
    photos_near_copies.say(split if known else None, together, across, groups)
    _warnings(table)
    if known and split.counts.get(Part.EXAM):
        st.caption(f"{split.counts[Part.EXAM]:,} more photos are sealed as an exam; no screen shows them yet.")
    if not known:
        _button(
            "Make this split",
            dataset,
            lambda report: datasets.make_split(settings(), dataset, _of(shares), seed, together, report),
        )
    return table, known


def _controls(dataset: Dataset, split: Split | None, across: int) -> tuple[tuple[int, int, int], int, bool]:
    """(percent of train, validation, test), seed, near copies together; at first those of the chosen split."""
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
    together = st.toggle(
        "Keep near copies together",
        value=not across,
        key=f"photos_together_{key}_{bool(across)}",
        help="Two shots of one leaf, one to learn from and one to be judged by, are an answer given away: the figures "
        "look better than they are. So all shots go to one side.",
    )
    return (low, high - low, 100 - high), int(seed), together


def _button(label: str, dataset: Dataset, work) -> None:
    st.button(
        label,
        key="photos_split",
        type="primary",
        icon=":material/call_split:",
        disabled=photos_imports.running(photos_imports.SPLIT),
        on_click=photos_imports.start,
        args=(f"Split of {dataset.name}", work, photos_imports.SPLIT, PATIENCE),
        help="Divides the photos of each class. The first time they are measured for near copies, which takes a minute "
        "for some 50,000 photos. The same choices give the same split.",
    )


def _percent(split: Split) -> tuple[int, int, int]:
    train, validation, _ = (round(100 * fraction) for fraction in split.fractions)
    return train, validation, 100 - train - validation


def _of(shares: tuple[int, int, int]) -> tuple[float, float, float]:
    return tuple(share / 100 for share in shares)


def _made(dataset: Dataset, split: Split) -> pd.DataFrame:
    return datasets.class_counts(loaders.split_rows(split.id, dataset.id), dataset.classes)


def _warnings(table: pd.DataFrame) -> None:
    """The classes with too few photos to be judged by."""
    thin = datasets.thin_classes(table)
    for sentence in thin[:TOLD]:
        st.caption(f":material/warning: {words.plain(sentence)}")
    if len(thin) > TOLD:
        st.caption(f":material/warning: So it is with {words.count(len(thin) - TOLD, 'more class', 'more classes')}.")


def worth(totals: pd.Series, shares: tuple[float, float, float]) -> str:
    """How many photos each part has, and what one test photo decides."""
    parts = ", ".join(
        f"{total:,} {verb} ({share:.0f}\u00a0%)" for total, verb, share in zip(totals, _VERBS, shares, strict=True)
    )
    points = f"{round(100 / totals.iloc[2], 1):g}" if totals.iloc[2] else "no"
    return f"Photos: {parts}. **One photo in test is {points} points** of accuracy."
