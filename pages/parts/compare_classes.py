"""The Classes view: precision, recall and F1 of every class side by side, and one class against the rest."""

import pandas as pd
import streamlit as st

from core.charts import class_bars
from core.charts.colours import ink_on, mix, palette
from core.evaluation import Comparison
from core.records import Part, Run
from pages.parts import compare_one_class, compare_out, selection, words

MOST_BARS = 160  # in one of the three panels: more would be a page of their own
TITLES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}


def show(found: Comparison, runs: list[Run], out: compare_out.Basket) -> None:
    sort = st.segmented_control(
        "Order",
        class_bars.SORTS,
        format_func={"classes": "As in the dataset", "difference": "Largest difference first"}.get,
        default="classes",
        required=True,
        key="compare_class_order",
        help="Where the runs disagree most, by F1, is where an ensemble or more photos help.",
    )
    table = ordered(found, sort)
    coloured(table)
    out.table("classes", table)
    notes(found)
    bars(found, runs, table, out)
    first = table.sort_values("difference", ascending=False, kind="stable")["class"].iloc[0]
    compare_one_class.show(found, runs, first, out)


def ordered(found: Comparison, sort: str) -> pd.DataFrame:
    """`Comparison.per_class` with how far F1 differs between the runs, in the order asked for; shares 0 to 1."""
    table = found.per_class
    f1 = table[[f"f1 {found.letters[run]}" for run in found.figures]]
    table.insert(2, "difference", f1.max(axis=1) - f1.min(axis=1))
    if sort == "difference":
        by = "difference" if len(found.figures) > 1 else f1.columns[0]
        table = table.sort_values(by, ascending=len(found.figures) == 1, kind="stable")
    return table.reset_index(drop=True)


def coloured(table: pd.DataFrame) -> None:
    """Every share on the one scale from 0 to 100 %, the darker the more."""
    low, high = palette(selection.dark()).shares
    rates = [name for name in table.columns if name not in ("class", "support", "difference")]

    def shade(share: float) -> str:
        colour = mix(low, high, share)
        return f"background-color: {colour}; color: {ink_on(colour)}"

    columns = {"class": st.column_config.TextColumn("Class", width=170, pinned=True)}
    columns["support"] = st.column_config.NumberColumn("Photos", width=70, help="Photos of this class in the part.")
    columns["difference"] = st.column_config.NumberColumn(
        "Apart", format="%.1f", width=70, help="Points of F1 between the best run and the worst."
    )
    for name in rates:
        metric, letter = name.split(" ")
        columns[name] = st.column_config.NumberColumn(f"{TITLES[metric]} {letter}", format="%.1f %%", width=105)
    shown = table.assign(**{name: 100 * table[name] for name in [*rates, "difference"]})
    st.dataframe(
        shown.style.map(lambda value: shade(value / 100), subset=rates),
        hide_index=True,
        height=38 + 35 * min(len(table), 12),
        column_config=columns,
        alt="Precision, recall and F1 a class and a run, coloured from 0 to 100 %",
    )


def notes(found: Comparison) -> None:
    """Classes that count as 0 for want of photos, each sentence once."""
    told: dict[str, list[str]] = {}
    for run, of in found.figures.items():
        for note in of.notes:
            told.setdefault(note, []).append(found.letters[run])
    for note, letters in told.items():
        whom = "" if len(letters) == len(found.figures) else f"{', '.join(letters)}: "
        st.caption(words.plain(whom + note))


def bars(found: Comparison, runs: list[Run], table: pd.DataFrame, out: compare_out.Basket) -> None:
    """Grouped bars, of so many classes as can be looked through."""
    most = max(MOST_BARS // len(runs), 4)
    shown = list(table["class"])
    if len(shown) > most:
        apart = table.sort_values("difference", ascending=False, kind="stable").index[:most]
        shown = list(table.loc[sorted(apart), "class"])
        st.caption(f"Bars of the {most} classes whose F1 differs most.")
    named = tuple((run.id, found.letters[run.id], run.name) for run in runs)
    figure = _picture(found, named, found.part, tuple(shown), selection.dark())
    st.plotly_chart(
        figure, key="compare_classes", config=compare_out.config("classes"), alt="Precision, recall and F1 a class"
    )
    out.picture("class bars", figure)
    st.caption(" · ".join(f"**{found.letters[run.id]}** {words.plain(run.name)}" for run in runs))


@st.cache_resource(max_entries=32, show_spinner=False)
def _picture(
    _found: Comparison, runs: tuple[tuple[str, str, str], ...], part: Part, classes: tuple[str, ...], dark: bool
):
    """The bars of (run id, letter, name) each; drawing takes longer than all else in the view."""
    rows = {run: _found.figures[run].per_class.set_index("class", drop=False).loc[list(classes)] for run, _, _ in runs}
    _, letters, names = zip(*runs, strict=True)
    return class_bars.plot(class_bars.info(rows, str(part), letters=letters, names=names), dark)
