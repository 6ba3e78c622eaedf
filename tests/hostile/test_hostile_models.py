"""Weights files made to harm, names of weights that lead elsewhere, and code that would run what a file holds."""

import ast
import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.errors import BadSpec, WeightsMismatch, WeightsNotFound
from core.models import find_backbone, trained
from core.models.weights import list_files, resolve
from core.models.weights_file import fits, require_fit
from core.settings import Settings

ROOT = Path(__file__).parents[2]
VGG16 = find_backbone("vgg16")
SHAPE = (3, 4)


class Variable:
    """Of Keras, as far as trained.read and trained.write know one."""

    def __init__(self, value=0.0):
        self.value = np.full(SHAPE, value, np.float32)
        self.shape = SHAPE

    def numpy(self):
        return self.value

    def assign(self, value):
        self.value = np.asarray(value)


@pytest.fixture
def secret(tmp_path) -> Path:
    """Numbers of somebody else, as an HDF5 file and as plain bytes."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["head/0000"] = np.full(SHAPE, 42, np.float32)
    (tmp_path / "secret.bin").write_bytes(np.full(SHAPE, 42, np.float32).tobytes())
    return tmp_path


def _virtual(file, place, secret):
    layout = h5py.VirtualLayout(SHAPE, np.float32)
    layout[:] = h5py.VirtualSource(str(secret / "secret.h5"), "head/0000", SHAPE)
    file.create_virtual_dataset(place, layout)


def _link(link):
    def make(file, place, secret):
        file[place] = link(secret)

    return make


def _create(**how):
    def make(file, place, secret):
        given = {name: value(secret) if callable(value) else value for name, value in how.items()}
        file.create_dataset(place, **given)

    return make


# What stands where an array of weights is expected.
CRAFTED = {
    "a link into another file": _link(lambda secret: h5py.ExternalLink(str(secret / "secret.h5"), "/head/0000")),
    "a link to a system file": _link(lambda _: h5py.ExternalLink("/etc/passwd", "/")),
    "a link within the file": _link(lambda _: h5py.SoftLink("/tail/0000")),
    "a link that leads to itself": _link(lambda _: h5py.SoftLink("/head/0000")),
    "numbers kept in another file": _create(
        shape=SHAPE, dtype="f4", external=lambda secret: [(str(secret / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
    ),
    "numbers put together from another file": _virtual,
    "text": _create(data=["rm -rf /"] * 12, dtype=h5py.string_dtype()),
    "references": _create(shape=SHAPE, dtype=h5py.ref_dtype),
    "arrays of any length": _create(shape=SHAPE, dtype=h5py.vlen_dtype(np.float32)),
    "records": _create(shape=SHAPE, dtype=np.dtype([("a", "f4"), ("b", "S9")])),
    "bytes": _create(shape=SHAPE, dtype="V8"),
    "no numbers at all": _create(data=h5py.Empty("f4")),
    "one number": _create(data=np.float32(1)),
    "a trillion numbers that are not there": _create(shape=(10**6, 10**6), dtype="f4", chunks=(100, 100)),
    "zeros that pack a thousandfold": _create(
        shape=(2000, 2000), dtype="f4", data=np.zeros((2000, 2000), np.float32), compression="gzip"
    ),
    "a group": lambda file, place, _: file.create_group(place + "/0"),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_a_crafted_file_of_what_was_trained_is_refused_and_nothing_is_assigned(tmp_path, secret, case):
    path = trained.write(tmp_path / "run.weights.h5", {"head": [Variable(1)], "tail": [Variable(2)]}, "plan")
    with h5py.File(path, "a") as file:
        del file["head/0000"]
        CRAFTED[case](file, "head/0000", secret)
    variables = {"tail": [Variable(7)], "head": [Variable(7)]}
    with pytest.raises(WeightsMismatch, match=r"run\.weights\.h5"):
        trained.read(path, variables, "plan", "VGG16")
    assert all((variable.value == 7).all() for group in variables.values() for variable in group)


@pytest.mark.parametrize("case", CRAFTED)
@pytest.mark.parametrize("place", ["layers/conv2d/vars/0", "layers/conv2d"])
def test_a_crafted_file_of_weights_fits_no_backbone(tmp_path, secret, case, place):
    path = tmp_path / "vgg16_notop.weights.h5"
    with h5py.File(path, "w") as file:
        CRAFTED[case](file, place, secret)
    with pytest.raises(WeightsMismatch):
        require_fit(path, VGG16)
    assert not fits(path, VGG16)


def test_a_group_that_is_a_link_into_another_file_is_not_followed(tmp_path, secret):
    path = trained.write(tmp_path / "run.weights.h5", {"tail": [Variable(2)]}, "plan")
    with h5py.File(path, "a") as file:
        file["head"] = h5py.ExternalLink(str(secret / "secret.h5"), "/head")
    variable = Variable(7)
    with pytest.raises(WeightsMismatch, match="links"):
        trained.read(path, {"head": [variable], "tail": [Variable()]}, "plan", "VGG16")
    assert (variable.value == 7).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layer_names", 5), ("layer_names", "x"), ("layer_names", [1.5, 2.5]), ("layer_names", ["../..", "/"]),
        ("layer_names", [b"\xff\xfe"]), ("layer_names", h5py.Empty("f4")),
    ],
)  # fmt: skip
def test_attributes_of_the_old_format_that_make_no_sense_are_refused(tmp_path, name, value):
    path = tmp_path / "old.h5"
    with h5py.File(path, "w") as file:
        file.attrs[name] = value
    with pytest.raises(WeightsMismatch):
        require_fit(path, VGG16)


@pytest.fixture
def weights(tmp_path) -> Settings:
    """Settings with a folder of weights that holds links, and a file beside it."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (tmp_path / "outside.h5").write_bytes(b"numbers")
    (folder / "link.h5").symlink_to(tmp_path / "outside.h5")
    (folder / "loop.h5").symlink_to(folder / "loop.h5")
    (folder / "folder.h5").mkdir()
    return Settings(home=tmp_path / "home", weights=folder, tracking_uri="", photo_roots=None)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.h5", "..", ".", "", "/etc/passwd", "link.h5", "loop.h5", "folder.h5", "a/../../outside.h5",
        "~/x.h5", "x\0.h5", "n" * 5000, "../" * 2000, "missing.h5", "https://evil.example/x.h5", "file:///etc/passwd",
        "\n", "..\\outside.h5", "0" * 32, "imagenet/../x",
    ],
)  # fmt: skip
def test_weights_are_a_plain_name_in_the_folder_or_nothing(weights, name):
    with pytest.raises((WeightsNotFound, BadSpec)) as refused:
        resolve(weights, VGG16, name)
    assert len(str(refused.value)) < 600
    assert not weights.frozen_weights.exists()
    assert list_files(weights, VGG16) == []


def test_kept_weights_that_were_changed_are_not_read(tmp_path, monkeypatch):
    from core.models.earlier import keep_run, run_hash
    from core.models.weights import content_hash, stored
    from core.records import RunSpec

    settings = Settings(home=tmp_path / "home", weights=None, tracking_uri="", photo_roots=None)
    spec = RunSpec(dataset="d", split="s", backbone="vgg16", input_size=32, phases=({"epochs": 1},))
    path = trained.write(tmp_path / "run.weights.h5", {"head": [Variable(1)]}, "plan")
    kept = stored(settings, keep_run(settings, spec, path)).parent
    held = next(kept.glob("*/trained.weights.h5"))
    assert run_hash(spec, held) == held.parent.name
    held.write_bytes(held.read_bytes()[:-1] + b"x")
    assert run_hash(spec, held) != held.parent.name
    assert content_hash(held) == hashlib.sha256(held.read_bytes()).hexdigest()


FILES = [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
NEVER_IMPORTED = {
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "torch", "runpy", "code"),
    "imp",
}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "execfile", "input"}
NEVER_METHODS = {
    *("load_model", "model_from_json", "deserialize_keras_object", "enable_unsafe_deserialization", "Lambda"),
    *("custom_object_scope", "read_pickle", "to_pickle", "unsafe_load", "full_load"),
}
# A layer of ours that wraps another, copied in memory by Keras; no file is in it.
ALLOWED = {"core/models/freezing.py": ["calls deserialize_keras_object"]}


def _named(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def found(tree: ast.AST) -> list[str]:
    """What a module does that could run what a file holds."""
    bad = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            bad += [f"imports {name}" for name in names if name.split(".")[0] in NEVER_IMPORTED]
        elif isinstance(node, ast.Call):
            name, keywords = _named(node), {each.arg: each.value for each in node.keywords}
            plain = isinstance(node.func, ast.Name)
            if (plain and name in NEVER_CALLED) or name in NEVER_METHODS:
                bad.append(f"calls {name}")
            if name == "from_config" and keywords:
                bad.append("calls from_config with custom objects")
            unpickling = keywords.get("allow_pickle")
            if unpickling is not None and not (isinstance(unpickling, ast.Constant) and unpickling.value is False):
                bad.append("allows pickle")
            numpy = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in ("np", "numpy")
            if name == "load" and numpy and unpickling is None:
                bad.append("calls np.load without a word about pickle")
            if name in ("system", "popen") and getattr(getattr(node.func, "value", None), "id", "") == "os":
                bad.append(f"calls os.{name}")
            if "shell" in keywords or "safe_mode" in keywords or "custom_objects" in keywords:
                bad.append(f"calls {name} with {sorted(keywords)}")
    return bad


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_runs_what_a_file_holds(path):
    assert found(ast.parse(path.read_text(encoding="utf-8"))) == ALLOWED.get(str(path.relative_to(ROOT)), [])


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from yaml import load", "eval('1')", "exec(text)", "keras.models.load_model(path)",
        "np.load(path)", "np.load(path, allow_pickle=True)", "pd.read_pickle(path)", "os.system('ls')",
        "layer.from_config(config, custom_objects=found)", "subprocess.run(text, shell=True)", "keras.layers.Lambda(f)",
    ],
)  # fmt: skip
def test_what_would_run_it_is_found(text):
    assert found(ast.parse(text))
