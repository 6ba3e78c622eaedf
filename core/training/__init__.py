"""Training: presets, pixels, phases, the frozen-prefix cache, checkpoints, the trainer.

Importing this package imports no Keras; `core.training.trainer` does.
"""

from core.training.outcome import Result, Stopped
from core.training.preset import Preset
from core.training.presets import PRESETS, preset_spec

__all__ = ["PRESETS", "Preset", "Result", "Stopped", "preset_spec"]
