"""A run's settings and figures in words: network, head, phases, cost."""

from itertools import groupby

from core.ensembles.saved import in_words
from core.errors import UnknownBackbone
from core.models import Backbone, backbone_of, is_run_id
from core.records import ENDED_EARLY, NOT_A_NUMBER, ConvBlock, Head, HomeMade, Phase, Run, RunKind, RunSpec
from pages.parts import words


def network(run: Run) -> str:
    """ "Xception", or how the run came to be where nothing was trained."""
    if run.spec is None:
        return str(run.kind)
    known = _backbone(run.spec)
    return known.title if known else run.spec.backbone


def _backbone(spec: RunSpec) -> Backbone | None:
    """None for a network that Thaw doesn't know any more."""
    try:
        return backbone_of(spec)
    except UnknownBackbone:
        return None


def training(run: Run) -> str:
    """All phases in one line: "all 132 layers stay frozen, only the head trains; then all layers train".

    Of a saved ensemble its rule: "Majority vote of 5 members".
    """
    if run.ensemble:
        return in_words(run.ensemble)
    return "; then ".join(freezing(run.spec, phase) for phase in run.spec.phases) if run.spec else ""


def freezing(spec: RunSpec, phase: Phase) -> str:
    """What one phase keeps frozen; a network Thaw doesn't know any more says only the number."""
    if known := _backbone(spec):
        return words.freezing(phase, known.layers)
    return f"first {phase.frozen} layers stay frozen"


def short_freezing(phase: Phase) -> str:
    """The same for a mark in a picture: "all frozen", "100 frozen", "all train"."""
    if phase.frozen == "all":
        return "all frozen"
    return f"{phase.frozen} frozen" if phase.frozen > 1 else "all train"


def phase_marks(spec: RunSpec) -> list[tuple[int, str]]:
    """(epochs, label) of each phase, as the learning curves take them."""
    return [(phase.epochs, short_freezing(phase)) for phase in spec.phases]


def phase(spec: RunSpec, one: Phase) -> str:
    """One phase in a sentence."""
    pieces = [
        freezing(spec, one),
        f"{'up to ' if one.early_stopping else ''}{words.count(one.epochs, 'epoch')}",
        f"{one.optimizer.capitalize()} at {one.learning_rate:g}"
        + ("" if one.schedule == "constant" else f", {one.schedule} decay"),
        f"{one.batch_size} photos a batch",
        recipe(one),
    ]
    if one.early_stopping:
        pieces.append(
            f"stops after {words.count(one.early_stopping.patience, 'epoch')} without a better "
            f"validation {one.early_stopping.monitor}"
        )
    if one.warmup_epochs:
        pieces.append(f"the rate rises over {words.count(one.warmup_epochs, 'epoch')} first")
    if one.class_weights:
        pieces.append("rare classes weigh more")
    if one.train_batch_normalization:
        pieces.append("batch normalisation trains along")
    return "; ".join(pieces)


def recipe(one: Phase) -> str:
    """What augmentation a phase used."""
    used = one.recipe
    if used is None:
        return "photos as they are"
    named = f"augmented by “{used.name}”" if used.name else "augmented"
    pieces = [named if used.active.steps else "photos as they are"]
    if used.active.steps and one.fixed_copies:
        pieces.append(words.count(one.fixed_copies, "fixed copy of each photo", "fixed copies of each photo"))
    if used.oversample == "largest":
        pieces.append("every class as often as the largest")
    elif used.oversample:
        pieces.append(f"every class at least {used.oversample:,} times an epoch")
    return ", ".join(pieces)


def recipes(run: Run) -> str:
    """What augmentation the phases used, equal ones once: "photos as they are; then augmented by “Geometric”"."""
    return "; then ".join(said for said, _ in groupby(map(recipe, run.spec.phases))) if run.spec else ""


def head(one: Head) -> str:
    """What follows the backbone."""
    pooled = "global average" if one.pooling == "average" else "flattened"
    layers = ", ".join(f"{units:,}" for units in one.dense)
    pieces = [pooled, f"dense {layers}" if layers else "", f"dropout {one.dropout:g}" if one.dropout else ""]
    pieces.append("batch normalisation" if one.batch_normalization else "")
    return ", ".join(piece for piece in pieces if piece)


def blocks(network: HomeMade) -> str:
    """The blocks of a home-made network, equal ones one after the other once: "4 times 2 convolutions 3×3 of 32"."""
    found = [(block, sum(1 for _ in equal)) for block, equal in groupby(network.blocks)]
    return "; ".join((f"{times} times " if times > 1 else "") + _block(block) for block, times in found)


def _block(one: ConvBlock) -> str:
    if one.kind == "inception":
        pieces = [f"{words.count(one.convolutions, 'inception module')} of {one.filters} filters"]
    else:
        each = words.count(one.convolutions, "convolution")
        pieces = [f"{each} {one.kernel}×{one.kernel} of {words.count(one.filters, 'filter')}"]
    pieces.append(f"normalised {one.batch_normalization} ReLU" if one.batch_normalization else "")
    pieces.append("skip connection" if one.skip else "")
    pieces.append(f"{one.pooling} pooling" if one.pooling else "")
    pieces.append(f"dropout {one.dropout:g}" if one.dropout else "")
    return ", ".join(piece for piece in pieces if piece)


def weights(spec: RunSpec) -> str:
    """Where the backbone's weights came from."""
    if is_run_id(spec.weights):
        return f"weights of run {spec.weights[:8]}"
    return {None: "random weights", "imagenet": "ImageNet weights"}.get(spec.weights, f"weights {spec.weights}")


def settings(run: Run) -> dict[str, str]:
    """Everything that was decided, a line each; empty for runs that were brought in."""
    if run.spec is None or run.kind != RunKind.TRAINED:
        return {}
    lines = {
        "Network": f"{network(run)}, {weights(run.spec)}, photos at {run.spec.input_size} px",
        **({"Blocks": blocks(run.spec.network)} if run.spec.network else {}),
        "Head": head(run.spec.head),
    }
    for number, one in enumerate(run.spec.phases, start=1):
        lines["Training" if len(run.spec.phases) == 1 else f"Phase {number}"] = phase(run.spec, one)
    return lines | {"Split": run.spec.split[:8], "Seed": str(run.spec.seed)}


def cost(run: Run) -> dict[str, str]:
    """Time, size and memory, those that were measured."""
    found = run.metrics
    shown = {
        "Training time": words.duration(found["seconds"]) if "seconds" in found else "",
        "Weights": f"{found['parameters']:,.0f}" if "parameters" in found else "",
        "Weights trained": f"{found['trainable_parameters']:,.0f}" if "trainable_parameters" in found else "",
        "Peak memory": f"{found['peak_memory_mb']:,.0f} MB" if "peak_memory_mb" in found else "",
        "Speed": f"{found['photos_per_second']:,.0f} photos a second" if "photos_per_second" in found else "",
    }
    if found.get("best_epoch"):
        shown["Epoch kept"] = f"{found['best_epoch']:.0f} of {found['epochs']:.0f}"
    if found.get(ENDED_EARLY):
        shown["Ended early"] = f"{ended_by(run)}, {run.spec.epochs} epochs were planned"
    if found.get("frozen_checked"):
        shown["Frozen weights"] = "unchanged, compared before and after each phase"
    shown["Frozen part"] = prefix(run)
    return {name: value for name, value in shown.items() if value}


def ended_by(run: Run) -> str:
    """What ended a run before its plan was done."""
    epoch = run.metrics.get(NOT_A_NUMBER)
    return f"in epoch {epoch:.0f}, whose loss was no number" if epoch else "by hand"


def prefix(run: Run) -> str:
    """ "126 of 132 layers run once instead of 20 times: about 9 minutes saved"; empty where no output was kept.

    Phases that kept other cuts are said as "60 to 154 of 154 layers".
    """
    found = run.metrics
    if not found.get("prefix_layers"):
        return ""
    known = _backbone(run.spec)
    most, least = round(found["prefix_layers"]), round(found.get("prefix_layers_least", found["prefix_layers"]))
    layers = (f"{most}" if least == most else f"{least} to {most}") + (f" of {known.layers}" if known else "")
    epochs = found.get("prefix_epochs")  # unknown of older runs
    often = words.count(round(epochs), "time") if epochs else "once an epoch"
    saved = found.get("prefix_seconds_saved", 0)
    text = f"{layers} layers run once instead of {often}"
    return text + (f": about {words.rough(saved)} saved" if saved >= 1 else "")


def made_with(environment: dict[str, str]) -> dict[str, str]:
    """Versions and machine of a run, a line each, from its file; empty for runs older than that file."""
    if not environment:
        return {}
    named = [name for name in ("tensorflow", "keras", "python") if name in environment]
    versions = ", ".join(f"{name} {environment[name]}" for name in named)
    machine = f"{environment.get('processor', '')}, {words.count(int(environment.get('cores', 1)), 'core')}"
    return {"Made with": versions, "On": f"{machine}, {environment.get('system', '')}"}
