"""Ready home-made networks, to train as they are or to change block by block. No Keras."""

from dataclasses import dataclass

from core.records import ConvBlock, Head, HomeMade


@dataclass(frozen=True)
class Design:
    network: HomeMade
    head: Head
    help: str  # one or two sentences for the screen


def _design(name: str, head: Head, text: str, *blocks: ConvBlock) -> Design:
    return Design(HomeMade(name=name, blocks=blocks), head, text)


_FLAT = Head(pooling="flatten", dense=(128,), dropout=0.5)
_AVERAGE = Head(pooling="average", dense=(128,), dropout=0.5)
_VANILLA = (ConvBlock(filters=32, kernel=5), ConvBlock(filters=64), ConvBlock(filters=128))


def _normal(*, skip: bool = False, **fields) -> ConvBlock:
    return ConvBlock(batch_normalization="before", skip=skip, **fields)


DESIGNS: dict[str, Design] = {
    "vanilla": _design(
        "Vanilla CNN", _FLAT, "The report's first: three times convolution, ReLU and pooling.", *_VANILLA
    ),
    "vanilla-bn": _design(
        "Vanilla CNN with batch normalisation",
        _FLAT,
        "The same, normalised before each pooling. The report found it worse.",
        *(block.model_copy(update={"batch_normalization": "after"}) for block in _VANILLA),
    ),
    "eight-convolutions": _design(
        "Eight convolutions",
        _FLAT,
        "Eight of 32 filters each, normalised, pooled after every second one: the report's home-made network.",
        *(_normal(filters=32, convolutions=2) for _ in range(4)),
    ),
    "skips": _design(
        "Eight convolutions with skips",
        _AVERAGE,
        "Twice as many filters after each pooling, and a shortcut past every two convolutions (He et al. 2016).",
        *(_normal(filters=filters, convolutions=2, skip=True) for filters in (32, 64, 128, 256)),
    ),
    "googlenet": _design(
        "Small GoogLeNet",
        Head(pooling="average", dense=(), dropout=0.4),
        "Convolutions of three sizes side by side in five modules (Szegedy et al. 2015), normalised.",
        _normal(filters=64, kernel=5),
        _normal(filters=96),
        _normal(kind="inception", filters=128, convolutions=2),
        _normal(kind="inception", filters=256, convolutions=2),
        _normal(kind="inception", filters=256, pooling=None),
    ),
}
