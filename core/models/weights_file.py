"""What a weights file holds, read with h5py alone: does it fit a backbone, before a job is queued."""

import re
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
    if not isinstance(node, h5py.Dataset) or node.external or node.is_virtual or node.dtype.kind not in "fiu":
        raise ForeignFileError(f"{path} holds no plain numbers")
    return node


def _snake(name: str) -> str:
    """Keras's name of a class inside `.weights.h5` files: SeparableConv2D -> separable_conv2d."""
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def _groups(layers: tuple[LayerRow, ...]) -> list[tuple[str, LayerRow]]:
    """Where Keras keeps each layer with weights: the class's name with a number from the second on."""
    counts: dict[str, int] = {}
    placed = []
    for row in layers:
        name = _snake(row.type)
        number = counts[name] = counts.get(name, -1) + 1
        placed.append((f"layers/{name}_{number}" if number else f"layers/{name}", row))
    return [(group, row) for group, row in placed if row.weights]


def _keras3(file: h5py.File, layers: tuple[LayerRow, ...]) -> Shapes:
    """Shapes at the places where Keras 3 will look for this backbone's weights."""
    found = []
    for group, row in _groups(layers):
        for index, _ in enumerate(row.weights):
            try:
                found.append(plain_dataset(file, f"{group}/vars/{index}").shape)
            except ForeignFileError:
                raise ForeignFileError(f"it has nothing for layer {row.index} ({row.name})") from None
        if isinstance(extra := file.get(f"{group}/vars"), h5py.Group) and len(extra) > len(row.weights):
            raise ForeignFileError(f"it has more than layer {row.index} ({row.name}) can hold")
    count = sum(1 for name in file["layers"] if len(file["layers"][name].get("vars", ())))
    if count != len(_groups(layers)):
        raise ForeignFileError(f"it holds {count} layers with weights, the backbone has {len(_groups(layers))}")
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


def _shapes(path: Path, layers: tuple[LayerRow, ...]) -> Shapes:
    try:
        with h5py.File(path, "r") as file:
            if file.visititems_links(lambda _, link: None if isinstance(link, h5py.HardLink) else True):
                raise ForeignFileError("it holds links, which weights never do")
            if "layer_names" in file.attrs or "model_weights" in file:
                return _legacy(file)
            if isinstance(file.get("layers"), h5py.Group):
                return _keras3(file, layers)
            raise ForeignFileError("it holds no layers")
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError):
        raise ForeignFileError("it can't be read as a Keras weights file (HDF5)") from None


def _misfit(path: Path, backbone: Backbone) -> str | None:
    """Why the file is not this backbone's weights, None if it is."""
    layers = layer_table(backbone.name).layers
    wanted = [(row, shape) for row in layers for shape in row.weights]
    try:
        found = _shapes(path, layers)
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
    return _misfit(path, backbone) is None


def require_fit(path: Path, backbone: Backbone, name: str = "") -> None:
    """Raise WeightsMismatch unless `path` holds exactly the weights of `backbone` without its classification layer."""
    if (reason := _misfit(path, backbone)) is None:
        return
    for other in BACKBONES.values():
        if other.pretrained and other != backbone and fits(path, other):
            reason = f"it holds the weights of {other.title}"
    raise WeightsMismatch(name=name or path.name, backbone=backbone.title, reason=reason)
