"""A `Run` as the tracker keeps it: everything in tags `thaw.*`, and names other MLflow tools understand beside them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core.records import RECALL, EnsembleSpec, Progress, Run, RunKind, RunSpec, Status, ViewsSpec, content_hash

PREFIX = "thaw."
EPOCH = "epoch/"  # namespace of the metrics logged an epoch; without it are the final figures
LONG = 4_000  # characters; a tag's value is cut silently above the tracker's bound (8,000, on some 5,000)
INCOMPLETE = "incomplete"  # status of a run brought in while its files are still being written; never listed
HISTORY = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "seconds",
    "photos_per_second",
    "memory_mb",
    "phase",  # from 1; early stopping ends one before its plan does
)
MIRROR = {  # our status as other MLflow tools see it; never read back
    Status.QUEUED: "SCHEDULED",
    Status.RUNNING: "RUNNING",
    Status.FINISHED: "FINISHED",
    Status.FAILED: "FAILED",
    Status.CANCELLED: "KILLED",
}


def now(after: Iterable[datetime] = ()) -> str:
    """The time, or where the clock was set back a moment after the latest of `after`."""
    return max([datetime.now(UTC), *(each + timedelta(microseconds=1) for each in after)]).isoformat()


def spec_text(spec: RunSpec) -> str:
    """`spec` as JSON, defaults left out, the version always in."""
    return json.dumps(spec.model_dump(mode="json", exclude_defaults=True) | {"version": spec.version})


@lru_cache(maxsize=4096)
def parsed_spec(text: str) -> RunSpec:
    """The spec in `text`; kept, since a page parses the same few hundred again and again."""
    return RunSpec.model_validate_json(text)


def spec_tags(spec: RunSpec) -> tuple[dict[str, str], dict[str, str]]:
    """
    The tags that carry `spec`, and what must be stored first under its hash where it is long.

    The second dict is empty for a short spec; else its keys are experiment tags, its values pieces of the JSON.
    """
    text, pieces = tag_text(spec_text(spec))
    return {"spec": text, "spec_id": spec.id, "family": spec.family, "spec_version": str(spec.version)}, pieces


def views_tags(views: ViewsSpec) -> tuple[dict[str, str], dict[str, str]]:
    """The tags that carry `views`, and what must be stored first, as `spec_tags` has it."""
    text, pieces = tag_text(json.dumps(views.model_dump(mode="json", exclude_defaults=True)))
    return {"views": text}, pieces


def ensemble_tags(ensemble: EnsembleSpec) -> tuple[dict[str, str], dict[str, str]]:
    """The tags that carry `ensemble`, and what must be stored first, as `spec_tags` has it."""
    content = ensemble.model_dump(mode="json", exclude_defaults=True) | {"version": ensemble.version}
    text, pieces = tag_text(json.dumps(content))
    return {"ensemble": text, "ensemble_id": ensemble.id}, pieces


@lru_cache(maxsize=1024)
def parsed_ensemble(text: str) -> EnsembleSpec:
    """The ensemble in `text`, kept as `parsed_spec` keeps its own."""
    return EnsembleSpec.model_validate_json(text)


def tag_text(text: str) -> tuple[str, dict[str, str]]:
    """What a tag holds of a text, and the pieces of a long one as experiment tags, which are stored first."""
    if len(text) <= LONG:
        return text, {}
    key = content_hash(text)
    cut = [text[start : start + LONG] for start in range(0, len(text), LONG)]
    pieces = {f"{PREFIX}spec.{key}.{number}": piece for number, piece in enumerate(cut)}
    return f"hash:{key}:{len(cut)}", pieces


def class_text(classes: tuple[str, ...]) -> str:
    """The class names a line each, for other tools; empty where they are too long for a tag (predictions hold them)."""
    text = "\n".join(classes)
    return text if len(text) <= LONG else ""


def joined_spec(tag: str, stored: dict[str, str]) -> str:
    """The JSON that a tag stands for; `stored` are the experiment's tags, used where the tag holds only a hash."""
    if not tag.startswith("hash:"):
        return tag
    _, key, pieces = tag.split(":")
    return "".join(stored[f"{PREFIX}spec.{key}.{number}"] for number in range(int(pieces)))


def params(spec: RunSpec) -> dict[str, str]:
    """What other MLflow tools show of a run's spec, a value a name."""
    shown = {
        "backbone": spec.backbone,
        "weights": spec.weights or "none",
        "input_size": spec.input_size,
        "seed": spec.seed,
        "dataset": spec.dataset,
        "split": spec.split,
        "epochs": spec.epochs,
    }
    for number, phase in enumerate(spec.phases, start=1):
        shown |= {
            f"phase{number}.frozen": phase.frozen,
            f"phase{number}.epochs": phase.epochs,
            f"phase{number}.learning_rate": phase.learning_rate,
            f"phase{number}.batch_size": phase.batch_size,
            f"phase{number}.recipe": (phase.recipe.name or phase.recipe.id) if phase.recipe else "none",
        }
    return {key: str(value) for key, value in list(shown.items())[:100]}  # 100 is the tracker's bound a batch


def figures(metrics: dict[str, float]) -> dict[str, float]:
    """Final figures, and where one is missing its latest value an epoch."""
    latest = {
        key.removeprefix(EPOCH): value
        for key, value in metrics.items()
        if key.startswith((f"{EPOCH}train", f"{EPOCH}validation")) and RECALL not in key
    }
    return latest | {key: value for key, value in metrics.items() if not key.startswith(EPOCH)}


def run_record(found, spec_of, artifacts: str | None) -> Run:
    """The `Run` in an MLflow run; `spec_of(tag)` gives the JSON of a spec, of views or of an ensemble."""
    tags = {key.removeprefix(PREFIX): value for key, value in found.data.tags.items() if key.startswith(PREFIX)}
    spec = parsed_spec(spec_of(tags["spec"])) if tags.get("spec") else None
    views = ViewsSpec.model_validate_json(spec_of(tags["views"])) if tags.get("views") else None
    ensemble = parsed_ensemble(spec_of(tags["ensemble"])) if tags.get("ensemble") else None
    progress, planned = tags.get("progress"), spec.epochs if spec else views.views + 1 if views else 0
    return Run(
        id=found.info.run_id,
        name=found.info.run_name,
        kind=RunKind(tags["kind"]),
        status=Status(tags["status"]),
        spec=spec,
        views=views,
        ensemble=ensemble,
        spec_id=tags.get("spec_id"),
        family=tags.get("family"),
        evaluation_id=tags.get("evaluation_id") or None,
        progress=Progress.model_validate_json(progress) if progress else Progress(epochs=planned),
        metrics=figures(found.data.metrics),
        artifacts=artifacts,
        attempt=int(tags.get("attempt") or 0),
        error=tags.get("error") or None,
        owner=tags.get("owner", ""),
        home=tags.get("home", ""),
        group=tags.get("group", ""),
        tags=tuple(tags["tags"].split("\n")) if tags.get("tags") else (),
        note=tags.get("note", ""),
        stop_requested=tags.get("stop") == "yes",
        finish_requested=tags.get("stop") == "finish",
        created=_time(tags["created"]),
        started=_time(tags.get("started")),
        ended=_time(tags.get("ended")),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
