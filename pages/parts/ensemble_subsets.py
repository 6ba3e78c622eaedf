"""All sets of members: how right each is, the best of each size, and how much choosing the best flatters."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from core.charts import subset_cloud
from core.ensembles import RULES, adds, learns
from core.ensembles.subsets import BEAM, Subsets
from core.errors import NoSubsets
from core.records import EnsembleSpec, Member, Part, RuleName, Weighting
from pages.parts import ensemble_optimism, ensembles, results, selection, words
from pages.parts.ensemble_choice import Choice

ANYWAY = "ensemble_subsets_mean"
SIZE = "ensemble_subsets_size"


def show(choice: Choice) -> None:
    """Draw the tab; the choice of a set is made on validation, whatever part is looked at. Raises as `combine`."""
    rule = choice.spec.rule
    if not adds(rule):
        st.info(words.plain(str(NoSubsets())))
        if not st.toggle("Look at the sets with the mean of probabilities instead", key=ANYWAY):
            return
        rule = RuleName.MEAN
    spec = ensembles.everybody(choice, rule)
    if len(spec.members) < 2:
        st.info("One member has one set. Train or bring in another one: two have 3 sets, seven have 127.")
        return
    found = looked_at(spec)
    st.markdown(f"##### {words.plain(claim(found))}")
    st.caption(words.plain(scope(choice, spec, found)))
    with_test = selection.show_test(looking_at=f"sets of {spec.id}")
    on_test = ensembles.subsets_on_test(spec).accuracies if with_test else None
    cloud(choice, spec, found, on_test)
    switch(choice, found)
    table(choice, spec, found, on_test)
    with ensembles.told("choosing the best set again and again") as report:
        optimism = ensembles.optimism(spec, with_test, report)
    ensemble_optimism.show(found, optimism)


def looked_at(spec: EnsembleSpec) -> Subsets:
    """All sets; a bar tells how far it is where there are many."""
    with ensembles.told(f"looking at sets of {len(spec.members)} members") as report:
        return ensembles.all_subsets(spec, report)


def claim(found: Subsets) -> str:
    """The best set in a sentence."""
    best = int(found.ranked[0])
    size, equal = int(found.sizes[best]), int((found.right == found.right[best]).sum())
    right = words.percent(found.accuracies[best], found.photos)
    also = f"; {equal - 1:,} more {'set reaches' if equal == 2 else 'sets reach'} the same" if equal > 1 else ""
    what = "a single member" if size == 1 else f"a set of {size}"
    return f"The best of {len(found.sets):,} sets is {what}: {right} validation photos are right{also}"


def scope(choice: Choice, spec: EnsembleSpec, found: Subsets) -> str:
    """Whose sets these are, how they were looked for, and under which rule."""
    m, everyone = len(spec.members), len(choice.found.runs)
    rule = RULES[spec.rule].title.lower()
    pieces = [f"All {2**m - 1:,} sets of {m} members, decided by {rule}; who is off counts too."]
    if not found.exact:
        pieces = [
            f"{m} members have {2**m - 1:,} sets, too many to look at: a beam search went from size to size with the "
            f"best {BEAM} of each and looked at {len(found.sets):,}. Decided by {rule}; who is off counts too."
        ]
    if m < everyone:
        out = words.count(everyone - m, "member")
        pieces.append(
            f"{out} can't take part in this rule, or would be too many: up to {ensembles.MOST} are looked at."
        )
    if spec.rule == RuleName.WEIGHTED and spec.weighting != Weighting.ACCURACY:
        who = "as you set them (1 for who is off)" if spec.weighting == Weighting.HAND else "optimised for all of them"
        pieces.append(f"Each set uses the weights of everybody on the list, {who}.")
    if learns(spec):
        pieces.append("The rule learns from validation, and each fifth of it is answered by what the others teach.")
    return " ".join(pieces)


def _on(choice: Choice, spec: EnsembleSpec, found: Subsets) -> tuple[int, float] | None:
    """Size and accuracy of the set that is on; a beam search need not have come by."""
    if (row := found.row_of(choice.spec.runs)) is not None:
        return len(choice.spec.members), float(found.accuracies[row])
    members = tuple(member for member in spec.members if member.run in choice.predictions)
    if len(members) < len(choice.spec.members):
        return None
    return len(members), ensembles.accuracy(spec.model_copy(update={"members": members}), Part.VALIDATION)


def cloud(choice: Choice, spec: EnsembleSpec, found: Subsets, on_test: np.ndarray | None) -> None:
    on = _on(choice, spec, found)
    info = subset_cloud.info(found.sizes, found.right, found.photos, found.best_by_size, on, on_test)
    st.plotly_chart(
        subset_cloud.plot(info, selection.dark()),
        key="ensemble_subsets_cloud",
        config={"displayModeBar": False},
        alt="Validation accuracy of all sets of members against how many there are in the set",
    )


def switch(choice: Choice, found: Subsets) -> None:
    """One size, one button."""
    sizes = list(found.best_by_size)
    if st.session_state.get(SIZE) not in sizes:
        st.session_state[SIZE] = int(found.sizes[found.ranked[0]])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.selectbox(
            "Best set of",
            sizes,
            format_func=lambda number: words.count(number, "member"),
            key=SIZE,
            width=180,
            help="The set of that size with the highest validation accuracy. Of equals the first.",
        )
        runs = found.runs_of(found.best_by_size[size])
        is_on = set(runs) == set(choice.spec.runs)
        st.button(
            "This set is on" if is_on else "Switch this set on",
            key="ensemble_subsets_switch",
            disabled=is_on,
            on_click=selection.set_runs,
            args=([run.id for run in choice.found.runs if run.id in runs],),
            help="Switches all other members off.",
        )
    st.caption(words.plain(who(runs, choice)))


def who(runs: Sequence[str], choice: Choice, found: Sequence[str] = ()) -> str:
    """Members by name, the best first; of more than half of them who is missing."""
    names = ensembles.called(choice)
    order = [run.id for run in choice.found.runs]
    looked = [run for run in order if run in found] if found else order
    missing = [run for run in looked if run not in runs]
    if len(runs) > 2 and not missing:
        return "everybody"
    if len(looked) > 4 and len(missing) < len(looked) / 2:
        return "all but " + " · ".join(names[run] for run in missing)
    return " · ".join(names[run] for run in order if run in runs)


def table(choice: Choice, spec: EnsembleSpec, found: Subsets, on_test: np.ndarray | None) -> None:
    """A row a size."""
    rows = list(found.best_by_size.items())
    if on_test is not None:
        for _, row in rows:  # each set is judged by its test figure here
            members = tuple(Member(run=run) for run in found.runs_of(row))
            selection.show_test(looking_at=f"ensemble {spec.model_copy(update={'members': members}).id}")
    shown = {
        "size": [size for size, _ in rows],
        "validation": [100 * found.accuracies[row] for _, row in rows],
        "test": [100 * on_test[row] for _, row in rows] if on_test is not None else None,
        "equal": [int(((found.sizes == size) & (found.right == found.right[row])).sum()) for size, row in rows],
        "who": [who(found.runs_of(row), choice, found.runs) for _, row in rows],
    }
    st.dataframe(
        pd.DataFrame({name: values for name, values in shown.items() if values is not None}),
        hide_index=True,
        key="ensemble_subsets_table",
        column_config={
            "size": st.column_config.NumberColumn("Members", width=80, pinned=True),
            "validation": results.rate_column("Validation", "Of the best set of this size.", 1, 120),
            "test": results.rate_column("Test", "The same set on test photos; it was not chosen there.", 1, 120),
            "equal": st.column_config.NumberColumn(
                "Equally good", width=90, help="Sets of this size with this very figure, this one counted."
            ),
            "who": st.column_config.TextColumn("Who", width="large", help="Click a cell to read it whole."),
        },
        alt="The best set of each size",
    )
