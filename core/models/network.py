"""A backbone with preprocessing and a head, built from a spec and put together anew for each phase."""

import hashlib
import random
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from core.errors import WeightsChanged, WeightsNotFound
from core.models import applications, trained
from core.models import head as heads
from core.models.backbones import Backbone, backbone_of
from core.models.checking import check
from core.models.earlier import kept_run, run_hash
from core.models.freezing import FrozenPrefix, section, set_trainable
from core.models.preprocessing import Preprocessing
from core.models.tables import layer_table
from core.models.thaw import base_cut, frozen_layers, last_twin, prefix_cut, trainable_share, trains
from core.models.weights import content_hash, stored
from core.models.weights_file import is_legacy, require_fit
from core.records import Phase, RunSpec
from core.settings import Settings

# Keras draws the seeds of initialisers and dropout from Python's `random`, which threads share.
_DRAWING = threading.Lock()


class LayerInfo(NamedTuple):
    index: int  # counts on from the backbone into the head
    name: str
    type: str
    params: int
    shape: tuple[int, ...]  # output, without the batch
    part: str  # "backbone" or "head"


class PhaseModel(NamedTuple):
    """The network for one phase. The next `for_phase` of the same network changes its layers' `trainable`."""

    prefix: keras.Model | None  # (n, s, s, 3) float32 photos in 0..255 -> (n, h, w, c); inference only, nothing trains
    suffix: keras.Model  # what the prefix gives (the photos where there is none) -> (n, classes) probabilities
    full: keras.Model  # photos -> probabilities; = suffix(FrozenPrefix(prefix)(photos))
    cut: int  # layers of the backbone inside the prefix; at most the phase's `frozen`
    base: keras.Model | None = None  # the prefix's first `base_cut` layers; None where it is not cut again
    rest: keras.Model | None = None  # what the base gives -> what the prefix gives
    base_cut: int = 0


class Network:
    """Made by `build`. Layers and weights live here; the models of `for_phase` share them."""

    def __init__(self, spec: RunSpec, classes: int):
        self.spec = spec
        self.classes = classes
        self.registered: Backbone = backbone_of(spec)
        self.pretrained = spec.weights_hash is not None
        self.backbone: keras.Model = applications.construct(self.registered, spec.input_size)
        self.head = heads.construct(spec.head, classes)
        self.preprocessing = Preprocessing(self.registered.preprocessing, name="preprocessing")
        photos = keras.Input((spec.input_size, spec.input_size, 3), name="photos")
        self.model = keras.Model(photos, self._classify(self.backbone(self.preprocessing(photos))), name="network")

    def _classify(self, features):
        for layer in self.head:
            features = layer(features)
        return features

    def for_phase(self, phase: Phase) -> PhaseModel:
        """Set what trains and cut the network there; compile the result anew, as Keras notes `trainable` then.

        Frozen layers between the cut and k are in the suffix, but infer only as well; so do those up to the first that
        trains, or twin cuts would differ by a dropout between them. Without a prefix, preprocessing is in the suffix.
        """
        k = frozen_layers(self.registered, phase.frozen)
        cut, normalize = prefix_cut(self.registered, k), phase.train_batch_normalization or not self.pretrained
        set_trainable(self.backbone, k, normalize)
        k = last_twin(self.registered, k, normalize)
        photos = keras.Input((self.spec.input_size, self.spec.input_size, 3), name="photos")
        if cut == 0:
            full = keras.Model(photos, self._thawed(self.preprocessing(photos), 0, k), name="network")
            return PhaseModel(None, full, full, 0)
        prefix = keras.Model(photos, section(self.backbone, 0, cut)(self.preprocessing(photos)), name="prefix")
        kept = keras.Input(prefix.output_shape[1:], name="kept")
        suffix = keras.Model(kept, self._thawed(kept, cut, k), name="suffix")
        full = keras.Model(photos, suffix(FrozenPrefix(prefix, name="frozen_prefix")(photos)), name="network")
        if not (middle := base_cut(self.registered, cut)):
            return PhaseModel(prefix, suffix, full, cut)
        base = keras.Model(photos, section(self.backbone, 0, middle)(self.preprocessing(photos)), name="base")
        return PhaseModel(prefix, suffix, full, cut, base, section(self.backbone, middle, cut), middle)

    def _thawed(self, x, cut: int, k: int):
        """From the single tensor at `cut` through the frozen layers up to k and the thawed ones to the head."""
        if any(layer.variables for layer in self.backbone.layers[cut:k]):  # weights, or the state of draws
            x = FrozenPrefix(section(self.backbone, cut, k), name="frozen_rest")(x)
        else:
            k = cut
        if k < len(self.backbone.layers):
            x = section(self.backbone, k, len(self.backbone.layers))(x)
        return self._classify(x)

    def _moved(self) -> dict[str, list]:
        """Variables that any phase of the spec trains, by place in the file; all of them where none were loaded."""
        rows = layer_table(self.registered).layers
        groups = {}
        for row, layer in zip(rows, self.backbone.layers, strict=True):
            thawed = any(
                row.index >= frozen_layers(self.registered, phase.frozen)
                and trains(row, phase.train_batch_normalization)
                for phase in self.spec.phases
            )
            if layer.weights and (thawed or not self.pretrained):
                groups[f"backbone/{row.index:04}"] = layer.weights
        for index, layer in enumerate(self.head):
            if isinstance(layer, keras.layers.Dropout) or not layer.weights:
                continue  # dropout's only variable is its seed's state
            groups[f"head/{index:04}"] = layer.weights
        return groups

    def save_trained(self, path: Path, optimizer: keras.optimizers.Optimizer | None = None) -> Path:
        """Write what any phase trains (weights, moving statistics, the head) to one `.weights.h5`; frozen pre-trained
        layers are not in it, spec.weights_hash names them. With `optimizer`, its state too, for a checkpoint.

        The file takes the place of an older one only once it is whole.
        """
        groups = self._moved()
        if optimizer is not None:
            groups["optimizer"] = optimizer.variables
        return trained.write(path, groups, self._label())

    def load_trained(self, path: Path, optimizer: keras.optimizers.Optimizer | None = None) -> None:
        """Read what `save_trained` wrote for an equal spec; only numbers are read, never code.

        optimizer: one already built for what trains, whose state is to be read as well.
        Raises WeightsMismatch if the file is of another network or damaged; nothing is changed then.
        """
        groups = self._moved()
        if optimizer is not None:
            groups["optimizer"] = optimizer.variables
        trained.read(path, groups, self._label(), self.registered.title)
        self._settle()

    def _label(self) -> str:
        return f"{self.registered.name} {self.spec.weights_hash or 'random'} {self.classes}"

    def take_over(self, other: "Network") -> None:
        """The backbone's weights of another network of its kind, and the head's where all of it has the same shape."""
        pairs = list(zip(self.backbone.layers, other.backbone.layers, strict=True))
        own, theirs = ([w.shape for layer in network.head for w in layer.weights] for network in (self, other))
        if own == theirs and self.spec.head == other.spec.head:
            pairs += zip(self.head, other.head, strict=True)
        for layer, source in pairs:
            for variable, value in zip(layer.weights, source.weights, strict=True):
                variable.assign(value)
        self._settle()

    def _settle(self) -> None:
        """Let layers that work with more than their variables look at them anew: Normalization of pixels does."""
        for _, layer in _placed([*self.backbone.layers, *self.head]):
            if hasattr(layer, "finalize_state"):
                layer.finalize_state()

    def seed_dropout(self, epoch: int) -> None:
        """Make every dropout's draws a function of (seed, layer, epoch), so that a resumed epoch repeats them."""
        for place, layer in _placed([*self.backbone.layers, *self.head]):
            if (generator := getattr(layer, "seed_generator", None)) is not None:
                start = np.random.SeedSequence([self.spec.seed, *place, epoch]).generate_state(1, np.uint32)[0]
                generator.state.assign(np.array([start, 0], dtype=np.uint32))

    def frozen_fingerprint(self, k: int | str) -> str:
        """SHA-256 over all weights and statistics of the first k layers: equal before and after a phase (rule 1)."""
        digest = hashlib.sha256()
        for layer in self.backbone.layers[: frozen_layers(self.registered, k)]:
            for weight in layer.weights:
                digest.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return digest.hexdigest()

    def describe(self) -> list[LayerInfo]:
        """The layers of the backbone, then those of the head, counted through from 0."""
        rows = layer_table(self.registered).layers
        backbone = [
            LayerInfo(row.index, row.name, row.type, row.params, tuple(layer.output.shape[1:]), "backbone")
            for row, layer in zip(rows, self.backbone.layers, strict=True)
        ]
        return backbone + [
            LayerInfo(
                index, layer.name, type(layer).__name__, layer.count_params(), tuple(layer.output.shape[1:]), "head"
            )
            for index, layer in enumerate(self.head, start=len(rows))
        ]

    def trainable_share(self, k: int | str, train_batch_normalization: bool = False) -> float:
        """Share (0..1) of all weights, head included, that train when the first k layers are frozen."""
        return trainable_share(
            self.registered,
            k,
            train_batch_normalization=train_batch_normalization or not self.pretrained,
            head=self.spec.head,
            classes=self.classes,
            input_size=self.spec.input_size,
        )


def _placed(layers: list, within: tuple[int, ...] = ()):
    """(place, layer) of each, then of those it is made of: their places are a number longer."""
    for index, layer in enumerate(layers):
        yield (*within, index), layer
        yield from _placed(getattr(layer, "layers", []), (*within, index))


def build(settings: Settings, spec: RunSpec, classes: int) -> Network:
    """The network of a spec: random weights from spec.seed, then the pre-trained ones of spec.weights_hash.

    The same spec gives the same weights each time; the process's own random state is left as it was. Every backbone
    layer is thawed until `for_phase` says otherwise. A spec without `weights_hash` is resolved as `check` does.
    Raises what `check` raises, WeightsNotFound where the kept file is gone, WeightsChanged where it is another.
    """
    if spec.weights is not None and spec.weights_hash is None:
        spec = check(settings, spec, classes)
    with _DRAWING:
        state = random.getstate()
        try:
            random.seed(spec.seed)
            network = Network(spec, classes)
        finally:
            random.setstate(state)
    if spec.weights_hash is not None:
        if (earlier := kept_run(settings, spec.weights_hash)) is not None:
            _require_kept(spec, earlier[1], run_hash(*earlier))
            first = build(settings, earlier[0], classes)
            first.load_trained(earlier[1])
            network.take_over(first)
            return network
        path = stored(settings, spec.weights_hash)
        if not path.is_file():
            raise WeightsNotFound(name=path.name, folder=path.parent)
        _require_kept(spec, path, content_hash(path))
        require_fit(path, network.registered)
        _load(network.backbone, path)
    return network


def _require_kept(spec: RunSpec, path: Path, found: str) -> None:
    """Raise WeightsChanged where a kept file is no longer what it was kept as."""
    if found != spec.weights_hash:
        raise WeightsChanged(path=f"{path.parent.name}/{path.name}")


def _load(model: keras.Model, path: Path) -> None:
    """Weights only: neither format holds code. Keras tells its formats apart by the file's name, not its content."""
    if not is_legacy(path):
        model.load_weights(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "weights.h5"
        link.symlink_to(path)
        model.load_weights(link)
