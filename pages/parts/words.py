"""How the screens say numbers, times, splits and freeze settings."""

import string

from core.records import Part, Phase, Split

LETTERS = string.ascii_uppercase  # runs are letters A, B, C


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


def split_sentence(split: Split) -> str:
    """What a split's fingerprint stands for."""
    parts = ", ".join(f"{split.counts[part]:,} {part}" for part in (Part.TRAIN, Part.VALIDATION, Part.TEST))
    exam = f", {split.counts[Part.EXAM]:,} sealed exam" if split.counts.get(Part.EXAM) else ""
    return f"Split {split.id[:8]}: {parts}{exam} photos, drawn with seed {split.seed}."


def plain(text: str) -> str:
    """Text from a visitor with Markdown made inert."""
    return "".join("\\" + letter if letter in "\\`*_{}[]<>()#+-.!|~$:&@" else letter for letter in text)


def freezing(phase: Phase, layers: int) -> str:
    """ "first 100 of 132 layers stay frozen", "all layers train"."""
    if phase.frozen == "all" or phase.frozen >= layers:
        return f"all {layers} layers stay frozen, only the head trains"
    if phase.frozen <= 1:
        return "all layers train"
    return f"first {phase.frozen} of {layers} layers stay frozen"
