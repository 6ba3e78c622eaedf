"""What the views of a photo brought: accuracy after each, and whether the gain is more than noise."""

from pathlib import Path

import streamlit as st

from core.charts import views_curve
from core.evaluation.differences import Difference, against_baseline, settling
from core.records import Part, Run
from core.runs.files import VIEWS
from core.training.views import ViewsCurve, read_curve
from pages.parts import loaders, selection, words
from pages.parts.ensemble_choice import Choice


def show(choice: Choice, source: Run, run: Run) -> None:
    """The claim, the curve, and the way into the ensemble. Raises RunFileMissing, and as `loaders.predictions`."""
    curve = read_curve(Path(loaders.store().file(run.id, VIEWS)))
    with_test = selection.show_test(looking_at=f"views {run.views.id}")
    parts = [Part.VALIDATION, *([Part.TEST] if with_test else [])]
    for part in parts:
        _claim(difference(source, run, part), run.views.views, part, curve)
    if curve is None:
        st.caption("What each view brought was not kept.")
    else:
        _curve(curve, run, parts)
    _member(choice, source, run)


def difference(source: Run, run: Run, part: Part) -> Difference:
    """The views against the photos as they are, photo by photo."""
    plain, seen = (loaders.predictions(each.id).parts[part] for each in (source, run))
    answers = {source.id: plain.predicted, run.id: seen.predicted}
    return against_baseline(plain.true, answers, source.id)[0]


def sentence(found: Difference, views: int, part: Part, curve: ViewsCurve | None) -> str:
    """ "8 views: +1.1 points (-0.4 to 2.6) on 451 validation photos, 9 times the time a photo"."""
    points, low, high = (round(100 * share, 1) + 0.0 for share in (found.accuracy, found.low, found.high))
    gain = f"{words.count(views, 'view')}: {points:+.1f} points ({low:.1f} to {high:.1f})"
    times = "" if curve is None else f", {curve.times_as_long:.0f} times the time a photo"
    return f"{gain} on {found.photos:,} {part} photos{times}"


def _claim(found: Difference, views: int, part: Part, curve: ViewsCurve | None) -> None:
    said = words.plain(sentence(found, views, part, curve))
    if found.beyond_noise:
        st.markdown(f":green[▲ {said}]." if found.accuracy > 0 else f":red[▼ {said}].")
        return
    needed = settling(found)
    st.markdown(f"~ Too close to call. {said}." + (f" {words.plain(needed)}." if needed else ""))


def _curve(curve: ViewsCurve, run: Run, parts: list[Part]) -> None:
    photos = {part: len(loaders.predictions(run.id).parts[part].ids) for part in parts}
    info = views_curve.info({part: curve.accuracies[part] for part in parts}, photos, curve.seconds)
    first, last = (words.percent(curve.accuracies[Part.VALIDATION][at]) for at in (0, -1))
    st.plotly_chart(
        views_curve.plot(info, selection.dark()),
        key=f"ensemble_views_curve_{run.id}",
        config={"displayModeBar": False},
        alt=f"Validation accuracy against the number of views: {first} of the photos as they are, {last} with all",
    )


def _member(choice: Choice, source: Run, run: Run) -> None:
    """It is a member of its own now; beside the plain one it is the same network twice."""
    name, plain = words.plain(run.name), words.plain(source.name)
    if run.id in choice.found.on:
        both = f" {plain} is on too: one network then has two votes." if source.id in choice.found.on else ""
        st.caption(f"{name} is on.{both}")
        return
    on = [each for each in choice.found.on if each != source.id]
    st.button(
        "Use it in place of the plain one" if source.id in choice.found.on else "Switch it on",
        key="ensemble_views_use",
        on_click=choice.found.switch,
        args=([*on, run.id],),
        help=f"{run.name} is a member like the others, and the same network as {source.name}.",
    )
