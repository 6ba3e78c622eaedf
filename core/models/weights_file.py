"""What a weights file holds, read with h5py alone: does it fit a backbone, before a job is queued."""

import re
from dataclasses import dataclass
from pathlib import Path

import h5py

from core.errors import WeightsMismatch
from core.models.backbones import BACKBONES, Backbone
from core.models.tables import LayerRow, layer_table

Shapes = list[tuple[int, ...]]


class ForeignFileError(Exception):
    """Not a file of weights, or one that points outside itself."""


def plain_dataset(group: h5py.Group, path: str) -> h5py.Dataset:
    """The dataset at `path`, refusing links out of the file and data kept outside it: such a file would make the
    server read other files of its machine."""
    node = group
    for part in path.split("/"):
        if not isinstance(node, h5py.Group) or not isinstance(node.get(part, getlink=True), h5py.HardLink):
            raise ForeignFileError(f"{path} is missing or a link")
        node = node[part]
    if not is_plain(node):
        raise ForeignFileError(f"{path} holds no plain numbers")
    return node


def is_plain(node) -> bool:
    """Whether it is an array of numbers that lie in this very file."""
    if not isinstance(node, h5py.Dataset) or node.external or node.is_virtual:
        return False
    return node.dtype.kind in "fiu" and node.shape is not None


def refuse_links(file: h5py.File) -> None:
    """Raise ForeignFileError where any name in the file is a link; to be asked before a name is looked up."""
    if file.visititems_links(lambda _, link: None if isinstance(link, h5py.HardLink) else True):
        raise ForeignFileError("it holds links, which weights never do")


def _snake(name: str) -> str:
    """Keras's name of a class inside `.weights.h5` files: SeparableConv2D -> separable_conv2d."""
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def _places(layers: tuple[LayerRow, ...]) -> list[tuple[str, LayerRow, int]]:
    """Where Keras keeps the weights of each layer, which layer that is, and how many arrays: the class's name with a
    number from the second on, and the same again inside a layer that is made of layers."""
    placed = []
    for group, row in zip(_numbered(row.type for row in layers), layers, strict=True):
        if row.inside:
            inner = _numbered(kind for kind, _ in row.inside)
            placed += [(f"{group}/{name}", row, count) for name, (_, count) in zip(inner, row.inside, strict=True)]
        else:
            placed.append((group, row, len(row.weights)))
    return [(f"{group}/vars", row, count) for group, row, count in placed if count]


def _numbered(types) -> list[str]:
    counts: dict[str, int] = {}
    names = []
    for name in map(_snake, types):
        number = counts[name] = counts.get(name, -1) + 1
        names.append(f"layers/{name}_{number}" if number else f"layers/{name}")
    return names


@dataclass(frozen=True)
class _Content:
    """What a file holds, read once, however many backbones it is compared with."""

    legacy: Shapes | None = None  # Keras 2's format: shapes in its order
    places: dict[str, dict[str, tuple[int, ...]]] | None = None  # Keras 3's: group -> name -> shape


def _keras3(content: _Content, layers: tuple[LayerRow, ...]) -> Shapes:
    """Shapes at the places where Keras 3 will look for this backbone's weights."""
    found, places = [], _places(layers)
    for group, row, count in places:
        arrays = content.places.get(group, {})
        try:
            found += [arrays[str(index)] for index in range(count)]
        except KeyError:
            raise ForeignFileError(f"it has nothing for layer {row.index} ({row.name})") from None
        if len(arrays) > count:
            raise ForeignFileError(f"it has more than layer {row.index} ({row.name}) can hold")
    if len(content.places) != len(places):
        raise ForeignFileError(f"it holds {len(content.places)} layers with weights, the backbone has {len(places)}")
    return found


def _legacy(file: h5py.File) -> Shapes:
    """Shapes in the order of Keras 2's files, which the ImageNet downloads still are."""
    group = file if "layer_names" in file.attrs else file["model_weights"]
    found = []
    for layer in group.attrs["layer_names"]:
        layer = layer.decode() if isinstance(layer, bytes) else layer
        for name in _group(group, layer).attrs["weight_names"]:
            found.append(plain_dataset(_group(group, layer), name.decode() if isinstance(name, bytes) else name).shape)
    return found


def _group(group: h5py.Group, name: str) -> h5py.Group:
    if not isinstance(group.get(name, getlink=True), h5py.HardLink) or not isinstance(group[name], h5py.Group):
        raise ForeignFileError(f"{name} is missing or a link")
    return group[name]


def is_legacy(path: Path) -> bool:
    """Whether the file is in Keras 2's format."""
    with h5py.File(path, "r") as file:
        return "layer_names" in file.attrs or "model_weights" in file


def _read(path: Path) -> _Content:
    try:
        with h5py.File(path, "r") as file:
            refuse_links(file)
            if "layer_names" in file.attrs or "model_weights" in file:
                return _Content(legacy=_legacy(file))
            if not isinstance(file.get("layers"), h5py.Group):
                raise ForeignFileError("it holds no layers")
            places: dict[str, dict[str, tuple[int, ...]]] = {}

            def note(name: str, node) -> None:
                if is_plain(node):
                    group, _, array = f"layers/{name}".rpartition("/")
                    places.setdefault(group, {})[array] = node.shape

            file["layers"].visititems(note)
            return _Content(places=places)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError):
        raise ForeignFileError("it can't be read as a Keras weights file (HDF5)") from None


def _misfit(content: _Content, backbone: Backbone) -> str | None:
    """Why a file is not this backbone's weights, None if it is."""
    layers = layer_table(backbone).layers
    wanted = [(row, shape) for row in layers for shape in row.weights]
    try:
        found = content.legacy if content.legacy is not None else _keras3(content, layers)
    except ForeignFileError as error:
        return str(error)
    if len(found) != len(wanted):
        return f"it holds {len(found)} arrays of weights, the backbone has {len(wanted)}"
    for (row, shape), received in zip(wanted, found, strict=True):
        if tuple(shape) != tuple(received):
            return (
                f"layer {row.index} ({row.name}) holds {' × '.join(map(str, shape))} numbers, "
                f"the file has {' × '.join(map(str, received))} there"
            )
    return None


def fits(path: Path, backbone: Backbone) -> bool:
    """Whether `path` holds exactly the weights of `backbone` without its classification layer."""
    try:
        return _misfit(_read(path), backbone) is None
    except ForeignFileError:
        return False


def require_fit(path: Path, backbone: Backbone, name: str = "") -> None:
    """Raise WeightsMismatch unless `path` holds exactly the weights of `backbone` without its classification layer."""
    try:
        content = _read(path)
    except ForeignFileError as error:
        raise WeightsMismatch(name=name or path.name, backbone=backbone.title, reason=str(error)) from None
    if (reason := _misfit(content, backbone)) is None:
        return
    for other in BACKBONES.values():
        if other.pretrained and other != backbone and _misfit(content, other) is None:
            reason = f"it holds the weights of {other.title}"
            break
    raise WeightsMismatch(name=name or path.name, backbone=backbone.title, reason=reason)
