"""What a model answers."""

from typing import Annotated, Self

import numpy as np
from pydantic import BeforeValidator, ConfigDict, model_validator

from core.records.identity import Record
from core.records.photos import Part


def _array(dtype):
    return BeforeValidator(lambda value: np.ascontiguousarray(value, dtype=dtype))


class PartPredictions(Record):
    """What one model says of one part's photos."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    ids: tuple[str, ...]  # photo ids, sorted
    true: Annotated[np.ndarray, _array(np.int64)]  # (n_photos,), index into the classes
    probabilities: Annotated[np.ndarray, _array(np.float32)]  # (n_photos, n_classes), rows sum to 1

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        n = len(self.ids)
        if self.true.shape != (n,) or self.probabilities.ndim != 2 or len(self.probabilities) != n:
            raise ValueError(
                f"ids, true and probabilities must have one row a photo. "
                f"Received: {n}, {self.true.shape}, {self.probabilities.shape}"
            )
        return self

    @property
    def predicted(self) -> np.ndarray:
        """ndarray of shape (n_photos,), the class with the highest probability; ties go to the first class."""
        return self.probabilities.argmax(axis=1)


class Predictions(Record):
    """A model's answers on validation and test; belongs to a run and an evaluation id."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    evaluation_id: str
    classes: tuple[str, ...]
    parts: dict[Part, PartPredictions]
    has_probabilities: bool = True  # False where only labels were brought: each counts as probability 1
