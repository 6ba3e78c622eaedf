"""What people may write on a run: its name, tags and a note. Control characters go, lengths are bounded."""

import unicodedata
from collections.abc import Iterable

from core.errors import BadName, BadNote, BadTag
from core.records import Run

NAME_LENGTH = 200  # characters
TAG_LENGTH = 40
MOST_TAGS = 20  # of one run
NOTE_LENGTH = 2_000
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # would turn the text around them too


def good_name(name: str) -> str:
    """`name` in one line, composed (NFC). Raises BadName where it is empty or too long."""
    name = _line(name)
    if not any(letter.isprintable() and letter != " " for letter in name):
        raise BadName(name='""', reason="it is empty")
    if len(name) > NAME_LENGTH:
        raise BadName(name=name[:40] + "…", reason=f"it has {len(name):,} characters; {NAME_LENGTH} are allowed")
    return name


def good_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags, each once whatever its capitals, empty ones left out. Raises BadTag."""
    kept: dict[str, str] = {}
    for tag in map(_line, tags):
        if len(tag) > TAG_LENGTH:
            raise BadTag(tag=tag[:40] + "…", reason=f"it has {len(tag):,} characters; {TAG_LENGTH} are allowed")
        if tag:
            kept.setdefault(same_tag(tag), tag)
    if len(kept) > MOST_TAGS:
        last = list(kept.values())[MOST_TAGS]
        raise BadTag(tag=last, reason=f"a run may have {MOST_TAGS} tags. Received: {len(kept):,}")
    return tuple(kept.values())


def same_tag(tag: str) -> str:
    """Equal for tags that differ only in capitals or in how their letters are written."""
    return unicodedata.normalize("NFKC", tag).casefold()


def has_tag(run: Run, tag: str) -> bool:
    """Whether the run has the tag, whatever its capitals."""
    return same_tag(tag) in map(same_tag, run.tags)


def good_note(note: str) -> str:
    """The note with its lines kept. Raises BadNote."""
    lines = [_clean(line).rstrip() for line in note.splitlines()]
    note = "\n".join(lines).strip()
    if len(note) > NOTE_LENGTH:
        raise BadNote(reason=f"it has {len(note):,} characters; {NOTE_LENGTH:,} are allowed")
    return note


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """White space as spaces; control characters, half characters, and what turns the direction of text taken out."""
    spaced = "".join(" " if letter.isspace() else letter for letter in text)
    kept = [one for one in spaced if unicodedata.category(one) not in ("Cc", "Cs") and one not in _TURNING]
    return unicodedata.normalize("NFC", "".join(kept))
