"""The blocks of a backbone, read off its layers' names: what the thaw map shows instead of hundreds of layers."""

import re
from itertools import groupby

MOST = 26  # blocks a map can still be read with; in deeper networks neighbours are taken together

# Layer name -> block, or stage and place within it; the first that fits. What fits none belongs to the block it stands
# in. Stages of ConvNeXt count from 1 here, as in the paper, and from 0 in Keras.
_SCALING = (r"rescaling|normalization|.*prestem_normalization", "scaling")
_RULES = {
    "home-made": ((r"block(\d+)_", "block {}"),),
    "VGG": ((r"block(\d+)_", "block {}"),),
    "Xception": ((r"block(\d+)_", "block {}"),),
    "MobileNet": (
        _SCALING,
        (r"conv$|conv_bn$|Conv1$|bn_Conv1$|Conv1_relu$", "stem"),
        (r"conv_1$|conv_1_bn$|Conv_1$|Conv_1_bn$|out_relu$", "last convolution"),
        (r"(?:expanded_conv|block)_(\d+)_", "block {}"),
        (r"expanded_conv_", "block 0"),  # Keras does not number the first
    ),
    "EfficientNet": (
        _SCALING,
        (r"stem_", "stem"),
        (r"top_", "last convolution"),
        (r"block(\d+)([a-z])_", ("block {}", "")),
    ),
    "DenseNet": (
        (r"zero_padding2d|conv1_|pool1$", "stem"),
        (r"conv(\d+)_block(\d+)_", ("conv{}", ".")),
        (r"pool(\d+)_", "transition {}"),
        (r"bn$|relu$", "last norm"),
    ),
    "ResNet": ((r"conv1_|pool1_", "stem"), (r"conv(\d+)_block(\d+)_", ("conv{}", ".")), (r"post_", "last norm")),
    "Inception": ((r"max_pooling2d_1$", "stem"), (r"mixed(\d+)$", "mixed {}")),  # names that close a block
    "ConvNeXt": (
        _SCALING,
        (r".*_stem$", "stem"),
        (r".*_stage_(\d+)_block_(\d+)_", ("stage{}", ".")),
        (r".*_downsampling_block_(\d+)$", "downsampling {}"),
        (r"layer_normalization", "last norm"),
    ),
}
_RULES["EfficientNetV2"] = _RULES["EfficientNet"]
_FROM_ZERO = ("ConvNeXt",)


def block_names(family: str, names: list[str]) -> list[str]:
    """The block of each layer. names: in the order of `model.layers`, the input first; the blocks are contiguous."""
    places = _inherit([_place(family, name) for name in names[1:]], backwards=family == "Inception")
    stages: dict[str, list[str]] = {}
    for stage, _, part in filter(None, map(_divided, dict.fromkeys(places))):
        stages.setdefault(stage, []).append(part)
    others = 1 + sum(_divided(place) is None for place in dict.fromkeys(places))
    size = 1
    while others + sum(-(-len(parts) // size) for parts in stages.values()) > MOST:
        size += 1
    return ["input", *(_title(place, stages, size) for place in places)]


def _place(family: str, name: str):
    """A block's name, (stage, separator, part), or None where the layer's name does not say."""
    for pattern, title in _RULES[family]:
        if found := re.match(pattern, name):
            numbers = [str(int(n) + (family in _FROM_ZERO)) if n.isdecimal() else n for n in found.groups()]
            if isinstance(title, str):
                return title.format(*numbers)
            return title[0].format(numbers[0]), title[1], numbers[1]
    return None


def _divided(place) -> tuple[str, str, str] | None:
    return None if isinstance(place, str) else place


def _inherit(places: list, backwards: bool) -> list:
    """Layers without a place get that of the layer before, or after."""
    order = reversed(places) if backwards else places
    found, current = [], None
    for place in order:
        current = place or current
        found.append(current)
    return found[::-1] if backwards else found


def _title(place, stages: dict[str, list[str]], size: int) -> str:
    """The name of a block of at most `size` neighbours of one stage, taken as evenly as can be."""
    if isinstance(place, str):
        return place
    stage, separator, part = place
    parts = stages[stage]
    groups = -(-len(parts) // size)
    mine = parts.index(part) * groups // len(parts)
    together = [each for index, each in enumerate(parts) if index * groups // len(parts) == mine]
    end = "" if len(together) == 1 else f"-{together[-1]}"
    return f"{stage}{separator}{together[0]}{end}"


def contiguous(blocks: list[str]) -> bool:
    """Whether no block is left and entered again."""
    return len(set(blocks)) == sum(1 for _ in groupby(blocks))
