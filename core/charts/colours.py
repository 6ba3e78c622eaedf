"""The colours of every screen, light and dark, once. `.streamlit/config.toml` repeats them and a test compares the two.

Frozen and thawing, better and worse, and the classes were chosen so that no two of a set fall together in normal or
colour-blind sight (CIEDE2000 at least 14.5). Colour never speaks alone: frozen is hatched, better carries a sign,
train is dotted and runs are letters and dashes.
"""

from typing import NamedTuple


class Palette(NamedTuple):
    background: str
    panel: str  # behind widgets and bars
    text: str
    quiet: str  # axis labels, notes
    line: str  # grid and borders
    frozen: str
    thawing: str
    train: str
    validation: str
    test: str
    better: str
    worse: str
    classes: tuple[str, ...]  # at most eight, only where classes lie over each other
    shares: tuple[str, str]  # 0 % and 100 % of a row


LIGHT = Palette(
    background="#FFFFFF",
    panel="#F3F5F8",
    text="#1B1F24",
    quiet="#59616C",
    line="#D9DDE3",
    frozen="#2A7DA8",
    thawing="#C2570C",
    train="#8A8F98",
    validation="#5E1A8C",
    test="#1B1F24",
    better="#0F5A4F",
    worse="#7A2000",
    classes=("#562F6F", "#2D3FE0", "#029798", "#55151B", "#E2663C", "#B12600", "#6A675F", "#AF79FF"),
    shares=("#FFFFFF", "#2D4A7A"),
)
DARK = Palette(
    background="#12161C",
    panel="#1D232C",
    text="#F2F4F7",
    quiet="#A7AFBC",
    line="#343C48",
    frozen="#8FA9D8",
    thawing="#FF7A30",
    train="#8B93A1",
    validation="#A066FF",
    test="#F2F4F7",
    better="#50F1D4",
    worse="#C4A08C",
    classes=("#AEECD9", "#5A66FF", "#44AA99", "#ACC492", "#F7E355", "#E19001", "#DA2E61", "#D295E6"),
    shares=("#12161C", "#BFD7FF"),
)

RUN_DASHES = ("solid", "dash", "dashdot", "longdash", "longdashdot")  # "dot" is the training part's


def palette(dark: bool = False) -> Palette:
    """The colours on the light or the dark background."""
    return DARK if dark else LIGHT


def part_colour(part: str, dark: bool = False) -> str:
    """Colour of "train", "validation" or "test"; other parts are quiet."""
    colours = palette(dark)
    return {"train": colours.train, "validation": colours.validation, "test": colours.test}.get(part, colours.quiet)


def run_letter(position: int) -> str:
    """Letter of the run at `position` (from 0): A to Z, then AA, AB ..."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def run_dash(position: int) -> str:
    """Line dash of the run at `position` (from 0); the letter tells runs of equal dash apart."""
    return RUN_DASHES[position % len(RUN_DASHES)]


def mix(first: str, second: str, share: float) -> str:
    """`#RRGGBB` between two others; `share` of the second in 0..1, linear in sRGB."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#{:02X}{:02X}{:02X}".format(*(round(a + (b - a) * share) for a, b in pairs))


def sequential(dark: bool = False) -> tuple[str, ...]:
    """Ten colours from 0 to 100 % of a row."""
    low, high = palette(dark).shares
    return tuple(mix(low, high, step / 9) for step in range(10))


def diverging(dark: bool = False) -> tuple[str, ...]:
    """Ten colours from worse over the background's grey to better, symmetric about the middle."""
    colours = palette(dark)
    down = [mix(colours.worse, colours.panel, step / 5) for step in range(5)]
    up = [mix(colours.better, colours.panel, step / 5) for step in range(5)]
    return (*down, *reversed(up))


def ink_on(colour: str) -> str:
    """Black or white, whichever has the higher contrast on `colour` (WCAG 2.2 relative luminance)."""
    shade = luminance(colour)
    return "#000000" if (shade + 0.05) / 0.05 >= 1.05 / (shade + 0.05) else "#FFFFFF"


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB` in 0..1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def lightness(colour: str) -> float:
    """CIE L* of `#RRGGBB` in 0..100: what is left of it in greyscale."""
    shade = luminance(colour)
    return 116 * shade ** (1 / 3) - 16 if shade > 216 / 24389 else shade * 24389 / 27


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
