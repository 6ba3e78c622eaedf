"""The store over MLflow: runs, histories, predictions, claims. Keras-free: `core.models` opens the paths it gives."""

from core.runs.files import ENVIRONMENT, WEIGHTS
from core.runs.store import RunStore

__all__ = ["ENVIRONMENT", "WEIGHTS", "RunStore"]
