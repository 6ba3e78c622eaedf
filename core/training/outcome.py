"""What a training hands back, and how it ends when someone asks it to stop."""

from dataclasses import dataclass, field
from pathlib import Path

from core.records import Predictions


class Stopped(Exception):  # it is an answer to a request, not an error
    """The training was asked to stop and did; its last checkpoint stays."""


@dataclass(frozen=True)
class Result:
    predictions: Predictions  # of validation and test
    weights: Path  # `.weights.h5` of what was trained in any phase
    metrics: dict[str, float] = field(default_factory=dict)  # seconds, peak_memory_mb, photos_per_second, ...
    prefix_cache_used: bool = False  # whether any phase trained on kept outputs of the frozen prefix
    confusions: dict[str, str] = field(default_factory=dict)  # by epoch: validation photos a cell, row by row
