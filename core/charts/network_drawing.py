"""A home-made network drawn from photo to class, as DOT: what is frozen blue and striped, what trains orange.

A convolution, its normalisation and its activation are one node. A network with many nodes has one a block.
"""

import html
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, Protocol

from core.charts.colours import Palette, ink_on, mix, palette
from core.records import Head

MOST_NODES = 90  # more would be too long to look at: one a block then
STRIPES = 12
LARGE, SMALL = 11, 10  # points, of which a browser makes four thirds pixels
FONT = 'fontname="Helvetica"'

_BRANCH = re.compile(r"block\d+_(\d+_)?[a-d]\d?_").match  # what layers of an inception module's branches are called

State = Literal["frozen", "thawing", "divided", "plain"]  # plain: no weights; divided: the cut is inside


class Layer(Protocol):
    """What is asked of a layer; `core.models.home_made.Layer` has it."""

    name: str
    type: str
    inputs: tuple[str, ...]
    options: tuple[tuple[str, object], ...]
    block: str
    parameters: int

    def shape(self, input_size: int) -> tuple[int, int, int]: ...


class Node(NamedTuple):
    id: str
    title: str  # "conv 3×3 · 64"
    more: str  # "norm · ReLU"
    shape: str  # of its output: "48 × 48 × 64"
    weights: int
    state: State
    block: str  # nodes of one block stand together; "" for those that belong to none
    tip: str  # which layers of the backbone it is
    narrow: bool = False  # others stand beside it

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands under the title: what follows in the same node, the output's shape, the weights."""
        weights = f"{self.weights:,} weights" if self.weights else ""
        if self.narrow:
            return tuple(filter(None, (self.more, self.shape, weights)))
        return tuple(filter(None, (" · ".join(filter(None, (self.shape, weights))),)))


class Edge(NamedTuple):
    source: str
    target: str
    skip: bool = False


class DrawingInfo(NamedTuple):
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    by_block: bool  # one node a block


def info(
    layers: Sequence[Layer], input_size: int, head: Head, classes: int, frozen: int, most_nodes: int = MOST_NODES
) -> DrawingInfo:
    """Nodes and edges, from the photo to the classes.

    Parameters
    ----------
    layers : the network's layers in the order in which `frozen` counts them
    input_size : of the square photos, px
    frozen : the first so many layers stay frozen, 0 to all of them
    most_nodes : with more there is one node a block
    """
    groups = _groups(layers, frozen)
    by_block = len(groups) > most_nodes
    if by_block:
        groups = _blocks(layers)
    place = {layer.name: number for number, layer in enumerate(layers, start=1)}
    of = {layer.name: group[0].name for group in groups for layer in group}
    nodes = [_node(group, input_size, frozen, place, by_block) for group in groups]
    edges = dict.fromkeys(
        Edge(of[source], of[layer.name], not by_block and _skips(layer, source))
        for layer in layers
        for source in layer.inputs
        if of[source] != of[layer.name]
    )
    behind, joints = _head(layers[-1], of, input_size, head, classes)
    return DrawingInfo((*nodes, *behind), (*edges, *joints), by_block)


def _skips(layer: Layer, source: str) -> bool:
    """Of the two that an addition takes the first went through the block's layers, the second past them."""
    return layer.name.endswith("_skip") or (layer.type == "Add" and source == layer.inputs[-1])


def _groups(layers: Sequence[Layer], frozen: int) -> list[list[Layer]]:
    """Each layer alone, but normalisation and activation with what they follow, where the cut isn't between."""
    takers: dict[str, int] = {}
    for layer in layers:
        for source in layer.inputs:
            takers[source] = takers.get(source, 0) + 1
    groups: dict[str, list[Layer]] = {}
    found: list[list[Layer]] = []
    place = {layer.name: index for index, layer in enumerate(layers)}
    for index, layer in enumerate(layers):
        follows = layer.type in ("BatchNormalization", "Activation") and takers[layer.inputs[0]] == 1
        if follows and (place[layer.inputs[0]] < frozen) == (index < frozen):
            groups[layer.name] = groups[layer.inputs[0]]
            groups[layer.name].append(layer)
        else:
            groups[layer.name] = [layer]
            found.append(groups[layer.name])
    return found


def _blocks(layers: Sequence[Layer]) -> list[list[Layer]]:
    found: dict[str, list[Layer]] = {}
    for layer in layers:
        found.setdefault(layer.block, []).append(layer)
    return list(found.values())


def _node(group: list[Layer], input_size: int, frozen: int, place: dict[str, int], by_block: bool) -> Node:
    weights = sum(layer.parameters for layer in group)
    sides = {place[layer.name] <= frozen for layer in group if layer.parameters}
    state = "plain" if not sides else "divided" if len(sides) > 1 else "frozen" if sides.pop() else "thawing"
    whole = by_block and len(group) > 1
    title, more = _of_block(group) if whole else _of_group(group)
    last = max(group, key=lambda layer: place[layer.name])
    numbers = sorted(place[layer.name] for layer in group)
    tip = f"layer {numbers[0]}" if len(numbers) == 1 else f"layers {numbers[0]} to {numbers[-1]}"
    shape, block, narrow = _shape(last.shape(input_size)), group[0].block, bool(not whole and _BRANCH(group[0].name))
    return Node(group[0].name, title, more, shape, weights, state, block, tip, narrow)


def _shape(shape: Iterable[int]) -> str:
    return " × ".join(f"{side:,}" for side in shape)


def _of_group(group: list[Layer]) -> tuple[str, str]:
    """(title, more) of a layer with the normalisation and activation behind it."""
    first, options = group[0], dict(group[0].options)
    behind = [{"BatchNormalization": "norm", "Activation": "ReLU"}[layer.type] for layer in group[1:]]
    if first.type == "Conv2D":
        kernel, filters = options["kernel_size"], options["filters"]
        title = f"conv {kernel}×{kernel} · {filters}"
        behind += ["for the skip"] if first.name.endswith("_skip") else []
    elif first.type in ("MaxPooling2D", "AveragePooling2D"):
        kind = "max" if first.type == "MaxPooling2D" else "average"
        title = f"{kind} pooling {options['pool_size']}×{options['pool_size']}"
    elif first.type == "Dropout":
        title = f"dropout {options['rate']:g}"
    else:
        titles = {"InputLayer": "photo", "Add": "+ skip", "Concatenate": "side by side", "Activation": "ReLU"}
        title = titles.get(first.type, "norm")
    return title, " · ".join(behind)


def _of_block(group: list[Layer]) -> tuple[str, str]:
    """(title, more) of a whole block."""
    types = [layer.type for layer in group]
    convolutions = [dict(layer.options) for layer in group if layer.type == "Conv2D" and layer.name[-5:] != "_skip"]
    joined = [layer for layer in group if layer.type == "Concatenate"]
    if joined:
        filters = sum(options["filters"] for options in convolutions if options["kernel_size"] > 1)
        title = f"{len(joined)} × inception"
        more = [f"{joined[0].shape(1)[-1]} filters" if filters else ""]
    else:
        one = convolutions[0]
        title = f"{len(convolutions)} × conv {one['kernel_size']}×{one['kernel_size']} · {one['filters']}"
        more = []
    more += ["norm"] if "BatchNormalization" in types else []
    more += ["skip"] if "Add" in types else []
    pooled = [layer for layer in group if layer.name.endswith("_pool") and dict(layer.options).get("strides") != 1]
    more += ["average pooling" if pooled[0].type == "AveragePooling2D" else "max pooling"] if pooled else []
    more += [f"dropout {dict(layer.options)['rate']:g}" for layer in group if layer.type == "Dropout"]
    return f"{group[0].block}: {title}", " · ".join(filter(None, more))


def _head(last: Layer, of: dict[str, str], input_size: int, head: Head, classes: int) -> tuple[list[Node], list[Edge]]:
    """What follows the backbone; it always trains."""
    shape = last.shape(input_size)
    width = shape[2] if head.pooling == "average" else shape[0] * shape[1] * shape[2]
    title = "global average" if head.pooling == "average" else "flatten"
    nodes = [Node("head_pool", title, "", _shape((width,)), 0, "plain", "head", "head")]
    for number, units in enumerate(head.dense, start=1):
        weights = (width + 1) * units + (4 * units if head.batch_normalization else 0)
        more = "norm · ReLU" if head.batch_normalization else "ReLU"
        title = f"dense {units:,}"
        nodes.append(Node(f"head_dense{number}", title, more, _shape((units,)), weights, "thawing", "head", "head"))
        width = units
        if head.dropout:
            nodes.append(_dropout(f"head_dropout{number}", head.dropout))
    if head.dropout and not head.dense:
        nodes.append(_dropout("head_dropout", head.dropout))
    title, weights = f"{classes:,} classes", (width + 1) * classes
    nodes.append(Node("head_classes", title, "softmax", _shape((classes,)), weights, "thawing", "head", "head"))
    ids = [of[last.name], *(node.id for node in nodes)]
    return nodes, [Edge(*pair) for pair in pairwise(ids)]


def _dropout(name: str, rate: float) -> Node:
    return Node(name, f"dropout {rate:g}", "", "", 0, "plain", "head", "head")


def plot(info: DrawingInfo, dark: bool = False) -> str:
    """The graph in DOT, from top to bottom, for `st.graphviz_chart`."""
    colours = palette(dark)
    lines = [
        'rankdir=TB bgcolor="transparent" nodesep=0.12 ranksep=0.18 pad=0.05',
        f'graph [{FONT} fontsize={SMALL} labeljust=l fontcolor="{colours.quiet}" color="{colours.line}" style=rounded]',
        f'node [shape=box {FONT} fontsize={LARGE} height=0.25 margin="0.1,0.04"]',
        f'edge [color="{colours.quiet}" arrowsize=0.5]',
    ]
    blocks: dict[str, list[Node]] = {}
    for node in info.nodes:
        blocks.setdefault(node.block, []).append(node)
    for number, (name, nodes) in enumerate(blocks.items()):
        inside = [_drawn(node, colours) for node in nodes]
        if len(nodes) > 1 and not (info.by_block and name != "head"):
            inside = [f"subgraph cluster_{number} {{ margin=6 label={quoted(name)}", *inside, "}"]
        lines += inside
    for edge in info.edges:
        skip = " [style=dashed]" if edge.skip else " [weight=8]"  # what goes through the block goes straight
        lines.append(f"{quoted(edge.source)} -> {quoted(edge.target)}{skip}")
    return "digraph {\n" + "\n".join(lines) + "\n}"


def _drawn(node: Node, colours: Palette) -> str:
    fill, ink, border = _paint(node.state, colours)
    quiet = ink if node.state == "thawing" else colours.text if node.state in ("frozen", "divided") else colours.quiet
    text = f"<b>{html.escape(node.title)}</b>"
    text += f"&#160;&#160;{html.escape(node.more)}" if node.more and not node.narrow else ""
    for line in node.lines:
        text += f'<br/><font point-size="{SMALL}" color="{quiet}">{html.escape(line)}</font>'
    return f'{quoted(node.id)} [label=<{text}> {fill} color="{border}" fontcolor="{ink}" tooltip={quoted(node.tip)}]'


def _paint(state: State, colours: Palette) -> tuple[str, str, str]:
    """(attributes of the fill, ink, border). Stripes are light, so that the text on them can be read."""
    light, lighter = (mix(colours.frozen, colours.background, share) for share in (0.66, 0.84))
    if state == "frozen":
        return f'style=striped fillcolor="{":".join([light, lighter] * STRIPES)}"', colours.text, colours.frozen
    if state == "divided":
        warm = mix(colours.thawing, colours.background, 0.45)
        stripes = ":".join([*[light, lighter] * (STRIPES // 2), f"{warm};0.5"])
        return f'style=striped fillcolor="{stripes}"', colours.text, colours.thawing
    if state == "thawing":
        return f'style=filled fillcolor="{colours.thawing}"', ink_on(colours.thawing), colours.thawing
    return f'style=filled fillcolor="{colours.panel}"', colours.text, colours.line


def quoted(text: str) -> str:
    """`text` as a DOT string; layer names are ours, block names too, and neither may end the string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
