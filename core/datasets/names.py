"""Which names a dataset or a class may have. Names end up in addresses, tables, CSV files and scripts."""

import unicodedata

from core.errors import BadName

LONGEST_NAME = 60  # characters; the screens are laid out for 40 and bear 60
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # bidirectional overrides, isolates
_SKIPPED = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information"})


def printable(text: str) -> str:
    """`text` fit for a message or a Parquet column: undecodable bytes and control characters become U+FFFD."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(
        "\ufffd" if unicodedata.category(letter) == "Cc" or letter in _TURNING else letter for letter in text
    )


def checked_name(name: str, what: str = "dataset") -> str:
    """`name` without outer spaces, in Unicode's composed form (NFC).

    Raises BadName when it is empty, longer than 60 characters, or holds control characters, characters that turn
    the writing direction, or path separators. `what` ("dataset", "class") is only worded in the message.
    """
    plain = unicodedata.normalize("NFC", name).strip()
    shown = printable(plain)[:LONGEST_NAME] or f"An empty {what} name"
    if not plain:
        raise BadName(name=shown, reason=f"a {what} needs at least one letter")
    if len(plain) > LONGEST_NAME:
        raise BadName(
            name=shown + "...", reason=f"a {what} name has at most {LONGEST_NAME} characters, not {len(plain)}"
        )
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _TURNING for letter in plain):
        raise BadName(name=shown, reason="it holds control characters or bytes that are no text; rename it")
    if any(letter in "/\\" for letter in plain) or plain in (".", ".."):
        raise BadName(name=shown, reason="it holds a path separator (/ or \\); rename it")
    return plain


def twin_key(name: str) -> str:
    """Equal for names that differ only in capitals or in how Unicode writes them."""
    return unicodedata.normalize("NFKC", name).casefold()


def is_hidden(part: str) -> bool:
    """Whether a folder or file is the operating system's own and no photo: .git, __MACOSX, Thumbs.db ..."""
    return part.startswith(".") or part.casefold() in _SKIPPED
