"""Training: presets, pixels, phases, the frozen-prefix cache, checkpoints, the trainer.

Importing this package imports no Keras; `core.training.trainer` does.
"""

from core.training.outcome import Result, Stopped
from core.training.presets import PRESETS, Preset, preset_spec

__all__ = ["PRESETS", "Preset", "Result", "Stopped", "preset_spec"]
