"""The phases of a training plan: a row of controls each."""

import streamlit as st

from core.models import backbone_of
from core.records import EarlyStopping, Phase, RunSpec
from pages.parts import train_plan

PLAIN = "photos as they are"
SCHEDULES = {"constant": "stays", "cosine": "falls to 0 (cosine)", "exponential": "falls (exponential)"}
# A phase's name stands level with its controls, not with their lower edge.
_LABELS = (
    """<style>[class*="st-key-train_row_"] > .stElementContainer:first-child { padding-bottom: .55rem; }</style>"""
)


def phases(spec: RunSpec) -> RunSpec:
    """One row a phase; returns the plan they say."""
    st.html(_LABELS)
    found = tuple(
        _phase(spec, position, phase, f"train_{number}")
        for position, (phase, number) in enumerate(zip(spec.phases, train_plan.ids()[1:], strict=True))
    )
    return spec.model_copy(update={"phases": found})


def _phase(spec: RunSpec, position: int, phase: Phase, key: str) -> Phase:
    layers = backbone_of(spec).layers
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"train_row_{position}"):
        st.markdown(f"**Phase {position + 1}**", width=76)
        every = st.toggle(
            "All frozen",
            phase.frozen == "all",
            key=f"{key}_all",
            width=130,
            help="The whole backbone stays as it is and only the head trains: quick, and right for a first phase.",
        )
        some = st.number_input(
            f"Frozen, of {layers}",
            0,
            None,
            layers if phase.frozen == "all" else phase.frozen,
            key=f"{key}_frozen",
            disabled=every,
            width=140,
            help=f"The first so many of the {layers} layers keep their weights, the input layer counted as Keras "
            "does. 0: all layers train.",
        )
        epochs = st.number_input(
            "Epochs", 1, 1000, phase.epochs, key=f"{key}_epochs", width=120, help="Times it sees every training photo."
        )
        rate = st.number_input(
            "Learning rate",
            1e-7,
            1.0,
            phase.learning_rate,
            step=1e-4,
            format="%g",
            key=f"{key}_rate",
            width=140,
            help="Size of a step. 0.001 suits a new head; above 0.0001 thawed layers forget what they knew.",
        )
        batch = st.number_input(
            "Batch", 1, 4096, phase.batch_size, key=f"{key}_batch", width=120, help="Photos a step."
        )
        known = train_plan.recipes(spec)
        options = ["", *known]
        recipe = st.selectbox(
            "Augmentation",
            options,
            index=options.index(phase.recipe.id if phase.recipe and phase.recipe.id in known else ""),
            format_func=lambda recipe_id: known[recipe_id].name or "unnamed" if recipe_id else PLAIN,
            key=f"{key}_recipe",
            width=230,
            help="A recipe from the Augment page, drawn anew in every epoch. With none, a frozen network looks at each "
            "photo only once, which is many times faster.",
        )
        with st.popover("More"):
            more = _phase_more(phase, key, bool(recipe))
        if len(spec.phases) > 1:
            st.button(
                "Remove",
                icon=":material/close:",
                type="tertiary",
                key=f"{key}_remove",
                on_click=train_plan.remove_phase,
                args=(position,),
            )
    return Phase(
        frozen="all" if every else some,
        epochs=epochs,
        learning_rate=rate,
        batch_size=batch,
        recipe=known[recipe] if recipe else None,
        **more,
    )


def _phase_more(phase: Phase, key: str, recipe: bool) -> dict:
    optimizer = st.selectbox(
        "Optimiser",
        ["adam", "sgd", "rmsprop"],
        index=["adam", "sgd", "rmsprop"].index(phase.optimizer),
        key=f"{key}_optimizer",
        help="Adam adapts each weight's step; SGD takes the same for all.",
    )
    schedule = st.selectbox(
        "The learning rate",
        list(SCHEDULES),
        index=list(SCHEDULES).index(phase.schedule),
        format_func=SCHEDULES.get,
        key=f"{key}_schedule",
        help="A rate that falls within the phase settles better.",
    )
    warmup = st.number_input(
        "Warm-up epochs",
        0,
        100,
        phase.warmup_epochs,
        key=f"{key}_warmup",
        help="The rate rises from 0 over so many epochs first, so that a new head does not shake thawed layers.",
    )
    stopping = st.toggle(
        "Stop early",
        phase.early_stopping is not None,
        key=f"{key}_stop",
        help="When the validation figure has not improved for some epochs, the phase ends with its best weights.",
    )
    monitor = st.segmented_control(
        "Watch",
        ["accuracy", "loss"],
        default=phase.early_stopping.monitor if phase.early_stopping else "accuracy",
        required=True,
        disabled=not stopping,
        key=f"{key}_monitor",
    )
    patience = st.number_input(
        "Epochs to wait",
        1,
        100,
        phase.early_stopping.patience if phase.early_stopping else 5,
        disabled=not stopping,
        key=f"{key}_patience",
    )
    copies = st.number_input(
        "Fixed copies",
        0,
        100,
        phase.fixed_copies or 0,
        disabled=not recipe,
        key=f"{key}_copies",
        help="0 draws the augmentation anew in every epoch. With n, each photo is augmented n times before training "
        "and then stays so: a frozen network still looks at each copy only once, but n copies are not endless ones.",
    )
    balanced = st.toggle(
        "Rare classes weigh more",
        phase.class_weights is not None,
        key=f"{key}_weights",
        help="Each class counts the same in the loss, however few photos it has.",
    )
    normal = st.toggle(
        "Batch normalisation trains along",
        phase.train_batch_normalization,
        key=f"{key}_bn",
        help="Off keeps the statistics of a pre-trained network, which small batches would spoil.",
    )
    return {
        "optimizer": optimizer,
        "schedule": schedule,
        "warmup_epochs": warmup,
        "early_stopping": EarlyStopping(monitor=monitor, patience=patience) if stopping else None,
        "class_weights": "balanced" if balanced else None,
        "fixed_copies": copies if copies and recipe else None,
        "train_batch_normalization": normal,
    }
