"""The thaw map of a training plan: what stays frozen and what thaws, phase by phase; a click on it sets k."""

import streamlit as st

from core.charts import thaw_map, thaw_words
from core.models import backbone_of, blocks, prefix_cut, trainable_share
from core.models.thaw import twins
from core.records import RunSpec
from core.training import cut_costs
from core.training.cut_costs import Shown
from core.training.epoch import makes_copies
from core.training.schedules import SCHEDULES
from pages.parts import selection, train_cuts, train_plan, train_speed, words

_CLICKS = "_train_map_clicks"  # taken up so far; in the chart's key, so that no click is seen twice


def freezing_map(spec: RunSpec, classes: int) -> None:
    """The backbone from photo to class: what stays frozen in blue and hatched, what thaws in orange."""
    with st.container(horizontal=True, vertical_alignment="center"):
        position = 0
        if len(spec.phases) > 1:
            position = st.segmented_control(
                "Shown phase",
                range(len(spec.phases)),
                default=0,
                required=True,
                format_func=lambda n: f"Phase {n + 1}",
                key=f"train_map_phase_{len(spec.phases)}",
                label_visibility="collapsed",
                width="content",
            )
        photos = train_cuts.shown(spec, position, selection.split())
        st.markdown(_sentence(spec, position, classes, photos), width="stretch")
        with st.popover("Schedule", icon=":material/timeline:", disabled=spec.weights is None):
            st.caption("Which layers thaw when. Choosing one replaces the phases below.")
            for schedule in SCHEDULES.values():
                st.button(
                    schedule.title,
                    key=f"train_schedule_{schedule.name}",
                    on_click=train_plan.use_schedule,
                    args=(schedule.name,),
                    help=schedule.help,
                    width="stretch",
                )
        st.button(
            "Add a phase",
            icon=":material/add:",
            on_click=train_plan.add_phase,
            disabled=len(spec.phases) >= 20,
            help="Training goes on where the phase before ended, with other layers frozen and usually a lower rate.",
        )
    _chart(spec, position, train_cuts.cuts(spec, position, classes, photos))
    with st.container(horizontal=True, vertical_alignment="center"):
        if sentence := _prefix_sentence(spec, position, photos):
            st.caption(sentence, width="content")
        if train_cuts.measured(spec) is None:
            train_speed.offer(backbone_of(spec), spec.input_size)


def _chart(spec: RunSpec, position: int, cuts: tuple[thaw_words.Cut, ...]) -> None:
    backbone, phase, key = backbone_of(spec), spec.phases[position], _key()
    bands = [(block.name, block.layers, block.parameters) for block in blocks(backbone)]
    info = thaw_map.info(bands, _frozen(spec, position), cuts=cuts)
    st.plotly_chart(
        thaw_map.plot(info, selection.dark()),
        key=key,
        on_select=lambda: _clicked(key, position),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"{backbone.title} from photo to class: {words.freezing(phase, backbone.layers)}",
    )


def _key() -> str:
    return f"train_map_{st.session_state.get(_CLICKS, 0)}"


def _clicked(key: str, position: int) -> None:
    """Freeze up to what was clicked. The chart gets a new key: this selection is done with, and must not come again."""
    if key != _key():
        return
    points = st.session_state[key].selection.points
    k = next((_k_of(point) for point in points), None)
    if k is not None:
        st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
        train_plan.set_frozen(position, k)


def _k_of(point: dict) -> int | None:
    """The k a point of the map stands for; None where the browser sends something else."""
    data = point.get("customdata")
    first = data[0] if isinstance(data, list) and data else None
    return first if isinstance(first, int) and not isinstance(first, bool) and first >= 0 else None


def _frozen(spec: RunSpec, position: int) -> int | str:
    frozen = spec.phases[position].frozen
    return frozen if frozen == "all" else min(frozen, backbone_of(spec).layers)


def _prefix_sentence(spec: RunSpec, position: int, photos: Shown) -> str:
    """What the frozen part costs: run once and kept, or again in every epoch, and why."""
    phase, backbone = spec.phases[position], backbone_of(spec)
    cut = prefix_cut(backbone, phase.frozen)
    if spec.weights is None or cut < 1:
        return ""
    if any(earlier.frozen != "all" and earlier.frozen < cut for earlier in spec.phases[:position]):
        return "An earlier phase trains layers that are frozen here, so they run again in every epoch."
    augmented = phase.recipe is not None and bool(phase.recipe.active.steps)
    if augmented and not phase.fixed_copies:
        return (
            "The augmentation is drawn anew in every epoch, so the frozen layers run each time. Without it, or with "
            "fixed copies (under More), they would run once."
        )
    if not cut_costs.is_kept(spec, position, phase.frozen, photos.kept):
        size = words.memory(cut_costs.kept_bytes(spec, phase.frozen, photos.kept) / 2**20)
        return f"The frozen layers run in every epoch: their output would take about {size}, too much to keep."
    sentence = f"{cut} of {backbone.layers} layers run once instead of {words.count(phase.epochs, 'time')}"
    if (found := train_cuts.measured(spec)) and phase.epochs > 1:
        sentence += f", about {words.duration(cut_costs.saved(spec, position, photos, found))} saved"
    sentence += "; their output is kept."
    if makes_copies(phase):
        copies = words.count(phase.fixed_copies, "copy", "copies")
        sentence += f" {copies} of each photo are not endless ones: they can be learnt by heart."
    return sentence


def _sentence(spec: RunSpec, position: int, classes: int, photos: Shown) -> str:
    """ "First 100 of 132 layers stay frozen: 12 % of the weights train. About 0:05 an epoch here (kept)." And twins."""
    backbone, phase, frozen = backbone_of(spec), spec.phases[position], _frozen(spec, position)
    normal = cut_costs.trains_normalization(spec, phase)
    share = trainable_share(
        backbone,
        frozen,
        train_batch_normalization=normal,
        head=spec.head,
        classes=classes,
        input_size=max(spec.input_size, backbone.minimum),
    )
    sentence = words.freezing(phase, backbone.layers)
    pieces = [
        sentence[0].upper()
        + sentence[1:]
        + ("" if frozen in (0, 1) else f": {thaw_words.percent(share)} of the weights train")
    ]
    if found := train_cuts.measured(spec):
        kept = cut_costs.is_kept(spec, position, frozen, photos.kept)
        price = thaw_words.an_epoch(cut_costs.an_epoch(spec, frozen, kept, photos, found))
        pieces.append(price[0].upper() + price[1:] + " here" + (" (kept)" if kept else ""))
    same = () if frozen == "all" else next(group for group in twins(backbone, normal) if frozen in group)
    if len(same) > 1 and frozen > 1:
        pieces.append(f"Freezing {thaw_words.same_as(frozen, same)} trains the same network")
    return ". ".join(pieces) + "."
