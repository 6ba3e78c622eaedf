"""What is known to go badly with a network before it is trained: sentences with their numbers. No Keras.

None of them is an error: such a network trains, and to see it do badly is worth a lesson.
"""

from core.models.backbones import Backbone
from core.models.tables import layer_table
from core.models.thaw import head_parameters
from core.records import ConvBlock, Head, HomeMade

MANY = 6  # equal convolutions in a row
HEAVY = 0.9  # of the weights in one layer
SMALL = 4  # convolutions of a network that normalisation did not help
LEAST = 3  # px that a 3x3 convolution sees


def advice(backbone: Backbone, head: Head, classes: int, input_size: int) -> tuple[str, ...]:
    """What a person should know of the network before training it, a sentence or two each; mostly nothing."""
    found = [heavy_flatten(backbone, head, classes, input_size)]
    if backbone.design is not None:
        found = [
            many_equal(backbone.design),
            too_small_a_map(backbone.design, input_size),
            *found,
            normalised_and_small(backbone.design),
        ]
    return tuple(sentence for sentence in found if sentence)


def many_equal(network: HomeMade) -> str | None:
    """Of convolutions one after the other that have equal filters and no skip connection."""
    longest, filters = 0, 0
    row, last = 0, None
    for block in network.blocks:
        plain = block.kind == "convolutions" and not block.skip
        row = block.convolutions + (row if plain and block.filters == last else 0) if plain else 0
        last = block.filters if plain else None
        if row > longest:
            longest, filters = row, block.filters
    if longest < MANY:
        return None
    return (
        f"{longest} convolutions of {filters} filters in a row, without a skip connection: the report's network of "
        "eight stayed between 0.5 and 0.6 until it had more and augmented photos. Deeper networks give later blocks "
        "more filters, or have skip connections."
    )


def heavy_flatten(backbone: Backbone, head: Head, classes: int, input_size: int) -> str | None:
    """Of a first layer behind flatten that holds nearly all weights."""
    table = layer_table(backbone)
    side = table.output_size(max(input_size, backbone.minimum))
    if head.pooling != "flatten" or side < 2:
        return None
    units, layer = (head.dense[0], "the first dense layer") if head.dense else (classes, "the layer")
    behind = side * side * table.channels * units
    share = behind / (backbone.parameters + head_parameters(backbone, head, classes, input_size)[0])
    if share < HEAVY:
        return None
    return (
        f"{100 * share:.0f} % of the weights are in {layer} behind flatten, {behind:,} of them: they can learn the "
        f"training photos by heart. Global average pooling needs 1/{side * side} of them."
    )


def normalised_and_small(network: HomeMade) -> str | None:
    """Of batch normalisation in a network of a few convolutions."""
    total = sum(block.convolutions for block in network.blocks if block.kind == "convolutions")
    modules = any(block.kind == "inception" for block in network.blocks)
    if modules or total > SMALL or not any(block.batch_normalization for block in network.blocks):
        return None
    return (
        f"Batch normalisation in a network of {_count(total)}: the report's was worse with it, being too small. "
        "Train it with and without, with a few seeds each, to see whether yours is."
    )


def too_small_a_map(network: HomeMade, input_size: int) -> str | None:
    """Of the first block that is given 1 or 2 px to look at."""
    side = input_size
    for number, block in enumerate(network.blocks, start=1):
        if 1 <= side < LEAST and _widest(block) > 1:
            return (
                f"Photos of {input_size} px are {side} × {side} px when they reach block {number}: its "
                f"{_widest(block)}×{_widest(block)} convolutions see little but their own padding. Leave a pooling "
                "out before it, or raise the photo size."
            )
        side //= 1 if block.pooling is None else 2
    return None


def _widest(block: ConvBlock) -> int:
    """Its largest kernel, px."""
    return 5 if block.kind == "inception" else block.kernel


def _count(convolutions: int) -> str:
    return "one convolution" if convolutions == 1 else f"{convolutions} convolutions"
