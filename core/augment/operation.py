"""What an augmentation operation is: its description for screens, and the three shapes its code may have."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class Parameter:
    """One control of an operation. Ranges are inclusive; strings and switches have no low, high and step."""

    name: str
    title: str  # the words beside the control
    kind: Literal["float", "int", "choice", "bool"]
    default: float | int | str | bool
    low: float | int | None = None
    high: float | int | None = None
    step: float | int | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    unit: Literal["share", "degrees", ""] = ""  # how a screen writes the number: 0.1 as 10 %, 30 as 30°
    because: str = ""  # why a number outside the range can't be, where that isn't plain


class Geometry(Protocol):
    """Moves pixels: consecutive ones are composed to one matrix a photo and resampled once."""

    def __init__(self, parameters: dict[str, Any], height: int, width: int): ...

    def draw(self, seeds, n) -> Any:
        """What is drawn at random for a batch of n photos; `seeds` is a `keras.random.SeedGenerator`."""

    def matrix(self, draws) -> Any:
        """float32 tensor of shape (n, 3, 3): where in the input each output pixel (x, y, 1) comes from."""


class PhotoStep(Protocol):
    """Changes each photo's pixels where they are."""

    def __init__(self, parameters: dict[str, Any], height: int, width: int): ...

    def draw(self, seeds, images) -> Any:
        """What is drawn at random for images of shape (n, h, w, 3)."""

    def apply(self, images, draws) -> Any:
        """float32 tensor of shape (n, h, w, 3), nominally in 0..255."""


class Mix(Protocol):
    """Mixes the photos of a batch with each other, labels alike."""

    def __init__(self, parameters: dict[str, Any], height: int, width: int): ...

    def draw(self, seeds, images) -> Any:
        """What is drawn at random for images of shape (n, h, w, 3)."""

    def apply(self, images, labels, draws) -> tuple[Any, Any]:
        """Mixed images (n, h, w, 3) and labels (n, c), both float32."""


@dataclass(frozen=True)
class Operation:
    """An entry of the registry. The first parameter is its strength; a screen shows it before the others."""

    name: str
    title: str
    group: Literal["geometry", "colour", "erase", "mix", "choice"]
    source: str  # paper or origin
    help: str  # one line: when it helps and when it harms
    parameters: tuple[Parameter, ...]
    # Mix where the group says so, Geometry where it has a matrix, else PhotoStep; imports Keras only when made. None: a
    # group of steps.
    implementation: type | None


FILL = Parameter(
    name="fill",
    title="Outside the photo",
    kind="choice",
    default="reflect",
    choices=("reflect", "nearest", "wrap", "constant"),
    help="What is seen where the moved photo leaves a gap: its mirror image (reflect), its edge drawn out (nearest), "
    "the photo again (wrap) or black (constant).",
)

# Erased areas. Grey is nearest to the papers, which erase after normalisation, where 0 is the mean colour.
COVER = Parameter(
    name="cover",
    title="Covered with",
    kind="choice",
    default="grey",
    choices=("grey", "black", "mean"),
    help="The colour that covers what is erased: middle grey, black, or the photo's own mean colour.",
)
