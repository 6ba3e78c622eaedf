"""The thaw map of a training plan: what stays frozen and what thaws, phase by phase."""

import streamlit as st

from core.charts import thaw_map
from core.models import BACKBONES, blocks, prefix_cut, trainable_share
from core.models.thaw import twins
from core.records import Phase, RunSpec
from core.training.schedules import SCHEDULES
from pages.parts import selection, train_plan, words


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
        phase = spec.phases[position]
        backbone = BACKBONES[spec.backbone]
        frozen = "all" if phase.frozen == "all" else min(phase.frozen, backbone.layers)
        st.markdown(_freezing_sentence(spec, phase, frozen, classes), width="stretch")
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
    bands = [(block.name, block.layers, block.parameters) for block in blocks(spec.backbone)]
    st.plotly_chart(
        thaw_map.plot(thaw_map.info(bands, frozen), selection.dark()),
        key="train_map",
        config={"displayModeBar": False},
        alt=f"{backbone.title} from photo to class: {words.freezing(phase, backbone.layers)}",
    )
    if kept := _prefix_sentence(spec, position):
        st.caption(kept)


def _prefix_sentence(spec: RunSpec, position: int) -> str:
    """What the frozen part costs: run once and kept, or again in every epoch, and why."""
    phase, backbone = spec.phases[position], BACKBONES[spec.backbone]
    cut = prefix_cut(spec.backbone, phase.frozen)
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
    times = words.count(phase.epochs, "time")
    sentence = f"{cut} of {backbone.layers} layers run once instead of {times}; their output is kept"
    if phase.fixed_copies and augmented:
        copies = words.count(phase.fixed_copies, "copy", "copies")
        return f"{sentence}. {copies} of each photo are not endless ones: they can be learnt by heart."
    return f"{sentence}."


def _freezing_sentence(spec: RunSpec, phase: Phase, frozen: int | str, classes: int) -> str:
    """ "First 100 of 132 layers stay frozen: 12 % of the weights train", and the cuts that train the same."""
    backbone = BACKBONES[spec.backbone]
    moving = phase.train_batch_normalization or spec.weights is None
    share = trainable_share(
        spec.backbone,
        frozen,
        train_batch_normalization=moving,
        head=spec.head,
        classes=classes,
        input_size=max(spec.input_size, backbone.minimum),
    )
    same = () if frozen == "all" else next(group for group in twins(spec.backbone, moving) if frozen in group)
    others = [str(k) for k in same if k != frozen]
    twin = f" Freezing {' or '.join(others[:6])} trains the same network." if others and frozen > 1 else ""
    sentence = words.freezing(phase, backbone.layers)
    sentence = sentence[0].upper() + sentence[1:]
    return f"{sentence}." if share == 1 else f"{sentence}: {_share(share)} of the weights train.{twin}"


def _share(share: float) -> str:
    return "less than 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"
