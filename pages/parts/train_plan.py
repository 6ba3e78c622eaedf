"""The training plan that is being made: a RunSpec kept in the session, so that a page switch loses nothing."""

import itertools

import streamlit as st

from core import models
from core.augment import check_batch, list_recipes
from core.errors import (
    BatchOfOne,
    BatchTooLarge,
    InputTooSmall,
    NetworkTooLarge,
    ShrinksAway,
    ThawError,
    TooManyCopies,
    TooManyFrozen,
)
from core.jobs import queue
from core.models import DESIGNS, backbone_of, find_backbone
from core.records import HOME_MADE, Dataset, Head, HomeMade, Phase, Recipe, RunSpec, Split
from core.settings import settings
from core.training import PRESETS, copies, preset_spec
from core.training.epoch import check_batch_fits, with_batches_that_fit
from core.training.schedules import SCHEDULES
from pages.parts import augment_recipe, loaders, train_network

PRESET = "train_preset"
FIRST = "mobilenetv2-frozen"
FIRST_DESIGN = "vanilla"
MOST_LENDERS = 50  # earlier runs that the Weights box offers
_PLAN = "_train_plan"
_FRESH = "_train_fresh"  # whether the plan is a preset's that has not met its photos yet
_IDS = "_train_ids"  # one a phase, and one for the rest: new ones where values come from elsewhere than the widgets
_number = itertools.count()


def current(dataset: Dataset, split: Split) -> RunSpec:
    """The plan as it stands, for these photos."""
    if _PLAN not in st.session_state:
        load_preset()
    spec = st.session_state[_PLAN].model_copy(update={"dataset": dataset.id, "split": split.id})
    if st.session_state.pop(_FRESH, False):  # a handful of photos fills no batch of 64
        counts = loaders.training_counts(split.id, dataset.id)
        spec = spec.model_copy(update={"phases": with_batches_that_fit(spec.phases, counts)})
    return spec


def keep(spec: RunSpec) -> None:
    """Keep what the widgets say."""
    st.session_state[_PLAN] = spec


def ids() -> list[int]:
    """Ids for the keys of the widgets: the plan's own first, then one a phase."""
    return st.session_state[_IDS]


def backbone_key() -> str:
    """Key of the Network box."""
    return f"train_{ids()[0]}_backbone"


def design_key() -> str:
    """Key of the box with the ready designs; another one when the blocks are another design, or none any more."""
    return f"train_{ids()[0]}_design_{train_network.design() or ''}"


def load_preset() -> None:
    """Take over the chosen preset; a callback."""
    load(preset_spec(st.session_state.get(PRESET) or FIRST, "", ""))
    st.session_state[_FRESH] = True


def load(spec: RunSpec) -> None:
    """Take over a plan from elsewhere."""
    st.session_state[_PLAN] = spec
    st.session_state[_IDS] = [next(_number) for _ in range(len(spec.phases) + 1)]
    train_network.take(spec.network)


def is_preset(spec: RunSpec) -> bool:
    """Whether the plan is still what the chosen preset says."""
    name = st.session_state.get(PRESET) or FIRST
    counts = loaders.training_counts(spec.split, spec.dataset)
    return name in PRESETS and preset_spec(name, spec.dataset, spec.split, spec.seed, counts) == spec


def choose_backbone(key: str) -> None:
    """Another backbone brings its own weights, head and least input size; a callback.

    A browser that has not yet seen the newest form sends its old boxes once more, and Streamlit calls their callbacks:
    what a box says that is no longer there is not taken.
    """
    if key != backbone_key():
        return
    if (name := st.session_state[key]) == HOME_MADE:
        ready = DESIGNS[FIRST_DESIGN]
        _change_network(HOME_MADE, ready.network, ready.head)
    else:
        _change_network(name, None, find_backbone(name).default_head)


def choose_design(key: str) -> None:
    """A ready design brings its blocks and its head; a callback."""
    if key == design_key() and (name := st.session_state[key]) is not None:
        _change_network(HOME_MADE, DESIGNS[name].network, DESIGNS[name].head)


def change_blocks() -> None:
    """Make a registered network that is built of blocks a home-made one, with the same blocks and head; a callback."""
    spec = st.session_state[_PLAN]
    if (design := backbone_of(spec).design) is not None:
        _change_network(HOME_MADE, design, spec.head)


def _change_network(name: str, network: HomeMade | None, head: Head) -> None:
    before = backbone_of(st.session_state[_PLAN])
    spec = st.session_state[_PLAN].model_copy(update={"backbone": name, "network": network, "head": head})
    backbone = backbone_of(spec)

    def fitting(phase: Phase) -> Phase:
        if not backbone.pretrained:
            return phase.model_copy(update={"frozen": 0})  # random layers that stay frozen learn nothing
        fits = before.pretrained and (phase.frozen == "all" or phase.frozen <= backbone.layers)
        return phase if fits else phase.model_copy(update={"frozen": "all"})

    load(
        spec.model_copy(
            update={
                "weights": "imagenet" if backbone.pretrained else None,
                "input_size": max(spec.input_size, backbone.minimum),
                "phases": tuple(fitting(phase) for phase in spec.phases),
            }
        )
    )


def add_phase() -> None:
    """One more phase, as the last one but gentler: what is thawed late wants a low rate. A callback."""
    spec = st.session_state[_PLAN]
    last = spec.phases[-1]
    layers = backbone_of(spec).layers
    frozen = layers // 2 if last.frozen == "all" else last.frozen // 2
    more = last.model_copy(update={"frozen": frozen, "learning_rate": max(last.learning_rate / 10, 1e-6)})
    keep(spec.model_copy(update={"phases": (*spec.phases, more)}))
    st.session_state[_IDS].append(next(_number))


def remove_phase(position: int) -> None:
    """Leave a phase out; a callback."""
    spec = st.session_state[_PLAN]
    keep(spec.model_copy(update={"phases": spec.phases[:position] + spec.phases[position + 1 :]}))
    del st.session_state[_IDS][position + 1]


def set_frozen(position: int, k: int) -> None:
    """Freeze the first k layers in one phase, whose widgets alone are new; a callback."""
    spec = st.session_state[_PLAN]
    if not 0 <= position < len(spec.phases):
        return
    frozen = "all" if k >= backbone_of(spec).layers else max(k, 0)
    phases = list(spec.phases)
    phases[position] = phases[position].model_copy(update={"frozen": frozen})
    keep(spec.model_copy(update={"phases": tuple(phases)}))
    st.session_state[_IDS][position + 1] = next(_number)


def use_schedule(name: str) -> None:
    """Replace the phases by those of a schedule, which take epochs, batch and recipe from the last one. A callback."""
    spec = st.session_state[_PLAN]
    recipe = next((phase.recipe for phase in reversed(spec.phases) if phase.recipe), None)
    like = spec.phases[-1].model_copy(update={"recipe": recipe})
    load(spec.model_copy(update={"phases": SCHEDULES[name].make(backbone_of(spec), like)}))


def use_recipe(recipe: Recipe) -> None:
    """Train with this recipe from the first phase on that thaws something, else in the last."""
    if _PLAN not in st.session_state:
        load_preset()
    load(with_recipe(st.session_state[_PLAN], recipe))


def with_recipe(spec: RunSpec, recipe: Recipe) -> RunSpec:
    """The plan that `use_recipe` makes of one."""
    from_phase = next((n for n, phase in enumerate(spec.phases) if phase.frozen != "all"), len(spec.phases) - 1)
    phases = tuple(
        phase.model_copy(update={"recipe": recipe}) if n >= from_phase else phase for n, phase in enumerate(spec.phases)
    )
    return spec.model_copy(update={"phases": phases})


def recipes(spec: RunSpec) -> dict[str, Recipe]:
    """What a phase can be augmented with, by recipe id: saved ones, the plan's own, the one on the Augment page."""
    working = augment_recipe.current()
    found = list_recipes(settings())
    found += [phase.recipe for phase in spec.phases if phase.recipe]
    found += [working if working.name else working.model_copy(update={"name": "the one on the Augment page"})]
    return {recipe.id: recipe for recipe in reversed(found) if recipe.active.steps or recipe.oversample}


@st.cache_data(ttl=30.0, max_entries=64, show_spinner=False)
def weights_files(backbone: str) -> list[str]:
    """Names of the operator's weights files in THAW_WEIGHTS that fit a registered backbone."""
    return models.list_files(settings(), find_backbone(backbone))


def lenders(spec: RunSpec) -> dict[str, str]:
    """Names of the finished runs that the plan can start from, by id; the newest first."""
    return {run.id: run.name for run in queue.lenders(settings(), spec)[:MOST_LENDERS]}


def problem(spec: RunSpec, classes: int) -> tuple[str, str] | None:
    """(place, sentence) of what is wrong with the plan; place is "blocks", "size", "head", "phases" or "weights"."""
    if spec.network is not None and (wrong := train_network.problem()):
        return "blocks", wrong
    return _problem(spec, classes)


@st.cache_data(ttl=60.0, max_entries=128, show_spinner=False)
def _problem(spec: RunSpec, classes: int) -> tuple[str, str] | None:
    """Downloads nothing."""
    try:
        models.check(settings(), spec.model_copy(update={"weights": None, "weights_hash": None}), classes)
        counts = loaders.training_counts(spec.split, spec.dataset)
        for number, phase in enumerate(spec.phases, start=1):
            if phase.recipe is not None:
                check_batch(phase.recipe, phase.batch_size)
            check_batch_fits(phase, number, counts)
            copies.check_size(phase, spec.input_size, counts)
        backbone = backbone_of(spec)
        here = settings().weights and spec.weights == "imagenet" and (settings().weights / backbone.weights_file)
        if models.is_run_id(spec.weights):
            queue.lender(settings(), spec)
        elif (spec.weights and spec.weights != "imagenet") or (here and here.is_file()):
            models.resolve(settings(), backbone, spec.weights)
    except (InputTooSmall, ShrinksAway) as error:
        return "size", str(error)
    except NetworkTooLarge as error:
        return "head", str(error)
    except (TooManyFrozen, BatchOfOne, BatchTooLarge, TooManyCopies) as error:
        return "phases", str(error)
    except ThawError as error:
        return "weights", str(error)
    return None
