"""How the screens say numbers, times, splits and freeze settings."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from core.records import Part, Phase, Progress, Run, Split, Status

_JOINER = "\u2060"
_ADDRESS = re.compile(r"(?i)(?:https?(?=:)|www(?=\.))")
_MAILED = re.compile(r"(?=@)")
_BY_NAME = re.compile(r":(?=[\w+/-]+:)")


def count(number: int, thing: str, plural: str | None = None) -> str:
    """ "1 run", "2 runs", "1,500 photos"."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def percent(share: float, of: int | None = None) -> str:
    """ "82.5 %", or "82.5 % of 225" with the number of photos."""
    text = f"{100 * share:.1f} %"
    return text if of is None else f"{text} of {of:,}"


def duration(seconds: float) -> str:
    """ "0:12", "4:10", "1:02:03"."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rough(seconds: float) -> str:
    """ "40 seconds", "9 minutes", "1.5 hours": a time that was reckoned, not measured."""
    if seconds < 90:
        return count(round(seconds), "second")
    if seconds < 5400:
        return count(round(seconds / 60), "minute")
    return f"{seconds / 3600:.1f} hours"


def memory(megabytes: float) -> str:
    """ "812 MB", "1.1 GB"."""
    return f"{megabytes:,.0f} MB" if megabytes < 1000 else f"{megabytes / 1024:,.1f} GB"


def rate(value: float) -> str:
    """A learning rate to two digits, never as a power: "0.00087", "0.00001"."""
    return f"{Decimal(f'{value:.2g}'):f}"


def split_sentence(split: Split) -> str:
    """What a split's fingerprint stands for."""
    parts = ", ".join(f"{split.counts[part]:,} {part}" for part in (Part.TRAIN, Part.VALIDATION, Part.TEST))
    exam = f", {split.counts[Part.EXAM]:,} sealed exam" if split.counts.get(Part.EXAM) else ""
    made = "as the photos came" if split.given else f"drawn with seed {split.seed}"
    return f"Split {split.id[:8]}: {parts}{exam} photos, {made}."


def plain(text: str) -> str:
    """Text from a visitor with Markdown made inert.

    Addresses, and icons and emoji by their names, are looked for in what is left after Markdown's own marks, so that no
    backslash keeps them from being made: a character without width, at which no line breaks either, stands in them.
    """
    text = _ADDRESS.sub(lambda found: found[0] + _JOINER, text)
    text = _MAILED.sub(_JOINER, text)
    text = _BY_NAME.sub(":" + _JOINER, text)
    return "".join("\\" + letter if letter in "\\`*_{}[]<>()#+-.!|~$:&@" else letter for letter in text)


def freezing(phase: Phase, layers: int) -> str:
    """ "first 100 of 132 layers stay frozen", "all layers train"."""
    if phase.frozen == "all" or phase.frozen >= layers:
        return f"all {layers} layers stay frozen, only the head trains"
    if phase.frozen <= 1:
        return "all layers train"
    return f"first {phase.frozen} of {layers} layers stay frozen"


def share(done: float, total: float) -> float:
    """Part done, 0 to 1; 0 while the total is not known."""
    return min(max(done / total, 0.0), 1.0) if total else 0.0


def share_done(run: Run) -> float:
    """How much of a run's training is done, batches counted, 0 to 1."""
    progress = run.progress
    return share(progress.epoch + share(progress.batch, progress.batches), progress.epochs)


def progress_sentence(run: Run) -> str:
    """ "epoch 3 of 12 · batch 20 of 33 · 0:12 left", or where it waits."""
    if run.status == Status.QUEUED:
        return "Waiting for its turn"
    progress = run.progress
    pieces = [progress.note or f"epoch {min(progress.epoch + 1, progress.epochs)} of {progress.epochs}"]
    if progress.batches and progress.batch:
        pieces.append(f"batch {progress.batch} of {progress.batches}")
    if progress.eta_seconds is not None:
        pieces.append(f"{duration(progress.eta_seconds)} left")
    return " · ".join(pieces)


def live_sentence(progress: Progress) -> str:
    """ "312 photos a second · 1.1 GB of memory · rate 0.00087": of a running training, as far as it was told."""
    pieces = []
    if (photos := progress.photos_per_second) is not None:
        pieces.append(f"{photos:,.0f} photos a second" if photos >= 10 else f"{photos:.1f} photos a second")
    if progress.memory_mb is not None:
        pieces.append(f"{memory(progress.memory_mb)} of memory")
    if progress.learning_rate is not None:
        pieces.append(f"rate {rate(progress.learning_rate)}")
    return " · ".join(pieces)


def ago(moment: datetime) -> str:
    """ "12 s ago", "5 min ago", "3 h ago", "2026-11-24"."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 90:
        return f"{max(int(seconds), 0)} s ago"
    if seconds < 5400:
        return f"{round(seconds / 60)} min ago"
    if seconds < 129600:
        return f"{round(seconds / 3600)} h ago"
    return f"{moment:%Y-%m-%d}"


def run_sentence(run: Run) -> str:
    """Status, validation accuracy and age of a run, in one line."""
    accuracy = run.metrics.get("validation_accuracy")
    pieces = [str(run.status), f"validation {percent(accuracy)}" if accuracy is not None else "", ago(run.created)]
    return " · ".join(piece for piece in pieces if piece)
