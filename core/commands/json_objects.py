"""The objects that the command line prints with `--json`: scripts depend on these fields, so none goes away."""

from typing import TYPE_CHECKING

from core.evaluation import figures_json
from core.records import Dataset, Run, Status
from core.runs import RunStore

if TYPE_CHECKING:  # no verb but one needs what the audit brings
    from core.datasets.audit import Finding

COSTS = ("seconds", "peak_memory_mb", "photos_per_second", "parameters", "trainable_parameters")


def dataset_json(found: Dataset) -> dict:
    """A dataset in a list, and what its import left out."""
    return {
        "id": found.id,
        "name": found.name,
        "version": found.version,
        "photos": found.photos,
        "classes": list(found.classes),
        "counts": dict(zip(found.classes, found.counts, strict=True)),
        "unreadable": list(found.unreadable),
        "two_labels": list(found.two_labels),
        "duplicates": found.duplicates,
    }


def finding_json(found: "Finding") -> dict:
    """A finding of `data audit`."""
    return {
        "id": found.id,
        "kind": found.kind,
        "photos": list(found.photos),
        "sentence": found.sentence,
        "across_labels": found.across_labels,
        "across_parts": found.across_parts,
        "action": found.action,
        "decision": found.decision,
    }


def short_run_json(run: Run) -> dict:
    """A run in a list."""
    return {
        "id": run.id,
        "name": run.name,
        "kind": run.kind,
        "status": run.status,
        "evaluation_id": run.evaluation_id,
        "created": run.created.isoformat(),
        "error": run.error,
        "tags": list(run.tags),
        "note": run.note,
    }


def run_json(store: RunStore, run: Run) -> dict:
    """The object of `show --json`."""
    figures = {"metrics": {}, "per_class": {}, "confusion": {}}
    if run.status == Status.FINISHED:
        figures = figures_json(store.predictions(run.id))
    about = {
        "spec": run.spec.model_dump(mode="json") if run.spec else None,
        "ensemble": run.ensemble.model_dump(mode="json") if run.ensemble else None,
        "views": run.views.model_dump(mode="json") if run.views else None,
        "progress": run.progress.model_dump(include={"phase", "epoch", "epochs", "eta_seconds"}),
        "costs": {name: run.metrics[name] for name in COSTS if name in run.metrics},
    }
    return short_run_json(run) | about | figures
