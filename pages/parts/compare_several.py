"""Two or more runs of the same test side by side."""

import streamlit as st

from core.charts import class_bars, learning_curves
from core.evaluation import Comparison, Difference
from core.records import Part, Run
from pages.parts import comparisons, results, selection, words

VIEWS = ("Figures", "Classes", "Confusions", "Curves")


def show_runs(runs: list[Run]) -> None:
    """The verdict, then one view at a time: only the open one computes."""
    part = results.part_switch("compare")
    if part == Part.TEST:
        for run in runs:
            selection.show_test(looking_at=run.id)
    found = comparisons.comparison(tuple(run.id for run in runs), part)
    verdicts(found)
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], required=True, key="compare_view", label_visibility="collapsed"
    )
    if view == "Classes":
        classes(found, runs)
    elif view == "Confusions":
        confusions(found, runs)
    elif view == "Curves":
        curves(found, runs)
    else:
        figures(found, runs)


def verdicts(found: Comparison) -> None:
    """One sentence a run against the first; beyond the noise with a coloured triangle, inside it grey."""
    size = "####" if len(found.differences) == 1 else "######"
    for one in found.differences:
        st.markdown(
            f"{size} {sign(one)} {words.plain(found.verdict(one))}",
            help="A difference counts where both the 95 % interval and "
            "McNemar's exact test on the photos that only one of the two gets right say so.",
        )
    st.caption(
        "This speaks of these trained models on these photos. Whether the settings behind them differ needs "
        "repeats with other seeds: one seed, can't tell."
    )


def sign(one: Difference) -> str:
    """Teal triangle up, brown triangle down, or a grey tilde."""
    if not one.beyond_noise:
        return ":gray[\\~]"
    return ":green[▲]" if one.accuracy > 0 else ":red[▼]"


def points(one: Difference) -> str:
    """ "+2.1 points (-0.4 to 4.6)", with a tilde before what is inside the noise."""
    low, change, high = (f"{value:.1f}" for value in (100 * one.low, 100 * one.accuracy, 100 * one.high))
    signed = change if one.accuracy < 0 else f"+{change}"
    return f"{'' if one.beyond_noise else '~ '}{signed} points ({low} to {high})"


def figures(found: Comparison, runs: list[Run]) -> None:
    """Accuracy and the macro means of all runs on one scale, and the difference to the first run."""
    differences = {one.run: one for one in found.differences}
    shares = ["accuracy", "precision_macro", "recall_macro", "f1_macro"]
    table = found.summaries[[*shares, "loss"]].reset_index(drop=True)
    table[shares] = table[shares].astype(float).mul(100)
    table.insert(0, "run", [f"{found.letters[run.id]} {run.name}" for run in runs])
    table.insert(2, "difference", [points(differences[run.id]) if run.id in differences else "" for run in runs])
    first = found.letters[runs[0].id]
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "run": st.column_config.TextColumn("Run", width="medium", pinned=True),
            "accuracy": results.rate_column("Accuracy", "Share of photos that are right.", decimals=1),
            "difference": st.column_config.TextColumn(
                f"To {first}", help=f"Points of accuracy above or below {first}; ~ marks what is inside the noise."
            ),
            "precision_macro": results.rate_column("Precision", "Mean over classes, each counting the same."),
            "recall_macro": results.rate_column("Recall", "Mean over classes, each counting the same."),
            "f1_macro": results.rate_column("F1", "Mean over classes, each counting the same."),
            "loss": st.column_config.NumberColumn(
                "Log loss",
                format="%.2f",
                help="How sure the run was of the truth: lower is better. None without probabilities.",
            ),
        },
        alt="Accuracy, precision, recall and F1 of the ticked runs",
    )
    photos = next(iter(found.figures.values())).photos
    st.caption(f"On {words.count(photos, f'{found.part} photo')}, the same for all runs.")


def classes(found: Comparison, runs: list[Run]) -> None:
    """Precision, recall and F1 of every class, as bars and as a table."""
    sort = st.segmented_control(
        "Order",
        class_bars.SORTS,
        format_func={"classes": "As in the dataset", "difference": "Largest difference first"}.get,
        default="classes",
        required=True,
        key="compare_class_order",
        help="Where the runs disagree most, by F1, is where an ensemble or more photos help.",
    )
    info = class_bars.info(
        {run.id: found.figures[run.id].per_class for run in runs},
        part=str(found.part),
        sort=sort,
        names=[run.name for run in runs],
    )
    st.plotly_chart(
        class_bars.plot(info, selection.dark()),
        key="compare_classes",
        config={"displayModeBar": False},
        alt="Precision, recall and F1 a class, a bar a run",
    )
    legend(found, runs)
    with st.expander("As a table"):
        wide = found.per_class
        rates = [name for name in wide.columns if name not in ("class", "support")]
        wide[rates] = wide[rates].mul(100)
        st.dataframe(
            wide,
            hide_index=True,
            column_config={name: results.rate_column(name.capitalize(), "") for name in rates}
            | {"class": "Class", "support": "Photos"},
        )


def confusions(found: Comparison, runs: list[Run]) -> None:
    """All matrices on one scale, two in a row."""
    show = results.numbers_switch("compare")
    for first in range(0, len(runs), 2):
        # A pair of columns a row: where they stand one under the other, A is still followed by B.
        for column, run in zip(results.pair(f"confusions_{first}"), runs[first : first + 2], strict=False):
            with column:
                of = found.figures[run.id]
                told = words.percent(of.accuracy, of.photos)
                st.markdown(f"**{found.letters[run.id]}** {words.plain(run.name)}: {told}")
                results.matrix(of, show, None, key=f"compare_matrix_{run.id}", name=run.name)


def curves(found: Comparison, runs: list[Run]) -> None:
    """Validation curves of all runs that were trained here."""
    trained = [run for run in runs if run.spec]
    if trained:
        info = learning_curves.info(
            {run.id: comparisons.history(run) for run in trained},
            names=[run.name for run in trained],
            letters=[found.letters[run.id] for run in trained],
        )
        st.plotly_chart(
            learning_curves.plot(info, selection.dark(), height=420),
            key="compare_curves",
            config={"displayModeBar": False},
            alt="Validation loss and accuracy by epoch, a line a run",
        )
    if len(trained) < len(runs):
        others = ", ".join(found.letters[run.id] for run in runs if not run.spec)
        st.caption(f"{others} was not trained here, so there is no curve.")


def legend(found: Comparison, runs: list[Run]) -> None:
    """Which letter is which run."""
    st.caption(" · ".join(f"**{found.letters[run.id]}** {words.plain(run.name)}" for run in runs))
