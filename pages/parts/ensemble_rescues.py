"""Who is right about a class when another member misses it."""

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import member_matrix
from core.charts.layout import shorten
from pages.parts import ensemble_matrix, ensembles, words
from pages.parts.ensemble_choice import Choice

NAME = 28  # letters
ALL = 20  # members: up to here the whole matrix is drawn


def show(choice: Choice, runs: tuple[str, ...]) -> None:
    """A class and a member, the sentence, and everybody against everybody."""
    if len(runs) < 2:
        st.info("Who rescues whom needs a second member: train or bring in another one.")
        return
    names = ensembles.called(choice)
    st.markdown("**Who rescues whom?**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "When the class is",
            range(len(choice.classes)),
            format_func=lambda place: choice.classes[place],
            index=_hardest(choice, runs),
            key="ensemble_rescue_class",
            width=260,
        )
        member = st.selectbox(
            "and it is missed by",
            runs,
            format_func=lambda run: names.get(run, ""),
            index=runs.index(choice.found.on[0]) if choice.found.on and choice.found.on[0] in runs else 0,
            key="ensemble_rescue_member",
            width=340,
        )
    found = ensembles.rescues_of(tuple(sorted(runs)), choice.part, label)
    st.markdown(words.plain(sentence(found, member, choice, label)))
    _matrix(choice, found, runs, label)


def _hardest(choice: Choice, runs: tuple[str, ...]) -> int:
    """The class that members find least of, on average."""
    found = ensembles.cover_of(runs, choice.part)
    recall = np.where(found.support > 0, found.recall.mean(axis=0), np.inf)
    return int(recall.argmin())


def sentence(found: pd.DataFrame, member: str, choice: Choice, label: int) -> str:
    """Who helps that member most with that class."""
    names, of_class = ensembles.called(choice), choice.classes[label]
    name = names[member]
    missed = found.attrs["missed"][member]
    photos = int((choice.found.predictions[member].parts[choice.part].true == label).sum())
    if not photos:
        return f"There is no {choice.part} photo of {of_class}."
    if not missed:
        return f"{name} misses no {choice.part} photo of {of_class}: nobody needs to rescue it."
    row = found.loc[member].dropna()
    most = row.max()
    who = f"{name} misses {missed} of {words.count(photos, f'{choice.part} photo')} of {of_class}"
    if not most > 0:
        return f"{who}, and so does everybody else."
    best = [run for run in row.index if row[run] == most]
    best.sort(key=[run.id for run in choice.found.runs].index)
    others = f", and {len(best) - 1} more do as well" if len(best) > 1 else ""
    return f"{who}. Of those, {names[best[0]]} gets {round(most * missed)} right ({words.percent(most)}){others}."


def _matrix(choice: Choice, found: pd.DataFrame, runs: tuple[str, ...], label: int) -> None:
    """Rows miss photos of the class, columns rescue them."""
    on = [run for run in runs if run in choice.predictions]
    shown = list(runs) if len(runs) <= ALL else on[:ALL]
    if len(shown) < 2:
        st.caption("Switch two members on to see them against each other.")
        return
    values = found.loc[shown, shown].to_numpy()
    called = ensembles.called(choice)
    names = [called[run] for run in shown]
    missed = [found.attrs["missed"][run] for run in shown]
    info = member_matrix.info(
        values,
        [f"{shorten(name, NAME)}, misses {number}" for name, number in zip(names, missed, strict=True)],
        names,
        low=0.0,
        high=1.0,
        marked=_best_of_rows(values),
        strong=[run in choice.predictions for run in shown],
        numbered=True,
    )
    alt = f"Of the photos of {choice.classes[label]} that the row misses, the share that the column gets right"
    ensemble_matrix.show(info, "ensemble_rescues_matrix", "Of what %{y}, %{x} gets %{z} right", alt)
    few = "" if len(shown) == len(runs) else f" Of {len(runs)} members the first {len(shown)} that are on."
    st.caption(
        f"Of the photos of {words.plain(choice.classes[label])} that the row misses, the share in % that the column "
        f"gets right. Framed: who rescues most; an empty row misses none.{few}"
    )


def _best_of_rows(values: np.ndarray) -> list[tuple[int, int]]:
    known = np.nan_to_num(values, nan=-1.0)
    return [tuple(cell) for cell in np.argwhere((known == known.max(axis=1, keepdims=True)) & (known > 0)).tolist()]
