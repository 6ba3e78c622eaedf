"""A network of one's own, block by block, and the head of any network."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.records.identity import Record, content_hash


class Head(Record):
    """What follows the backbone, up to the softmax over the classes."""

    pooling: Literal["average", "flatten"] = "average"
    dense: Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(max_length=10)] = (256,)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    batch_normalization: bool = False


HOME_MADE = "home-made"  # the backbone of a spec that carries its own network
MOST_CONVOLUTIONS = 96  # of one network: Keras walks it recursively, and Python bounds how deep that may go


class ConvBlock(Record):
    """A block of a home-made network: convolutions of equal size, or inception modules; then pooling and dropout."""

    kind: Literal["convolutions", "inception"] = "convolutions"
    convolutions: int = Field(default=1, ge=1, le=8)  # or modules; one after the other, stride 1, padded to keep size
    filters: int = Field(default=32, ge=1, le=1024)  # each gives so many channels
    kernel: int = Field(default=3, ge=1, le=15)  # px, square; inception modules have their own
    batch_normalization: Literal["before", "after"] | None = None  # the activation, which is ReLU
    skip: bool = False  # what enters the block is added before its last activation
    pooling: Literal["max", "average"] | None = "max"  # 2x2, halves height and width
    dropout: float = Field(default=0, ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.kind == "inception" and self.filters % 16:
            raise ValueError(f"an inception module shares its filters out by sixteenths. Received: {self.filters}")
        return self


class HomeMade(Record):
    """A network built block by block; the head of the spec follows it."""

    name: str = Field(default="", max_length=60)  # for people; not part of the identity
    blocks: Annotated[tuple[ConvBlock, ...], Field(min_length=1, max_length=24)]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        total = sum(block.convolutions for block in self.blocks)
        if total > MOST_CONVOLUTIONS:
            raise ValueError(f"at most {MOST_CONVOLUTIONS} convolutions or modules together. Received: {total}")
        return self

    @property
    def id(self) -> str:
        return content_hash(self.model_dump(mode="json", exclude_defaults=True, exclude={"name"}))
