"""Where a training stands, and which of its epochs was the best."""

from dataclasses import dataclass, field

from core.records import Phase


@dataclass
class Position:
    """Where a training stands at the end of an epoch: what a checkpoint says beside its arrays."""

    phase: int = 0  # from 0
    phase_epoch: int = 0  # epochs done in this phase
    epoch: int = 0  # epochs done over all phases
    best: float | None = None  # best monitored figure of this phase
    best_epoch: int = 0  # epoch of this phase that had it
    began_with: int = 0  # epoch (over all phases) whose weights this phase began with; 0 in the first
    seconds: float = 0.0  # of all attempts
    train_seconds: float = 0.0  # of that, in training batches
    train_photos: int = 0  # photos that went through them
    prefix_layers: int = 0  # most layers whose outputs were kept in any phase
    prefix_least: int = 0  # fewest that were kept in a phase that kept some
    prefix_epochs: int = 0  # epochs that trained on kept outputs
    prefix_saved: float = 0.0  # seconds that this saved, the passes that computed them taken off
    history: list[dict[str, float]] = field(default_factory=list)  # metrics of each epoch
    # By epoch: photos in each cell of the validation confusion, row by row. A text: a number a line made manifests long
    confusions: dict[str, str] = field(default_factory=dict)

    def judge(self, phase: Phase, metrics: dict[str, float]) -> bool:
        """Take in an epoch's figures; True where it is the best of its phase. The earliest of equals stays best."""
        monitor = phase.early_stopping.monitor if phase.early_stopping else "accuracy"
        figure = metrics[f"validation_{monitor}"] * (-1 if monitor == "loss" else 1)
        if self.best is None or figure > self.best:
            self.best, self.best_epoch = figure, self.phase_epoch
            return True
        return False

    def kept_epoch(self, best: bool) -> int:
        """The epoch, from 1 over all phases, that the weights are of: the phase's best one or its last."""
        own = self.best_epoch if best else self.phase_epoch
        return self.epoch - self.phase_epoch + own if own else self.began_with

    def phase_over(self, phase: Phase) -> bool:
        waited = self.phase_epoch - self.best_epoch
        return self.phase_epoch >= phase.epochs or (
            phase.early_stopping is not None and waited >= phase.early_stopping.patience
        )
