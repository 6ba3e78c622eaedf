"""The command line: one JSON object on standard output, one sentence for what a person can mend."""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.commands.terminal import counted

CLASSES = ("Fern", "Ivy")
ONE_PIXEL_OF = {"Fern": (20, 160, 40), "Ivy": (160, 40, 20)}


@pytest.fixture
def photos(tmp_path):
    """Two easy classes of 14 photos, 24 px."""
    random = np.random.default_rng(0)
    for name in CLASSES:
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(14):
            noise = random.integers(-20, 20, (24, 24, 3))
            pixels = np.clip(np.array(ONE_PIXEL_OF[name]) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return tmp_path / "photos"


@pytest.fixture
def thaw(own_home):
    """Runs `python -m core` in a process of its own; returns (exit code, object or text, standard error)."""

    def run(*arguments, check=True, text=None):
        done = subprocess.run(
            [sys.executable, "-m", "core", *map(str, arguments)],
            capture_output=True,
            text=True,
            input=text,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            timeout=280,
        )
        if check:
            assert done.returncode == 0, done.stderr
        if "--json" in arguments and done.returncode == 0:
            return done.returncode, json.loads(done.stdout), done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


def refused(thaw, *arguments, **options):
    code, printed, errors = thaw(*arguments, check=False, **options)
    assert (code, printed) == (1, ""), (code, printed, errors)
    assert "Traceback" not in errors
    lines = [line for line in errors.splitlines() if line.strip()]
    assert len(lines) == 1, errors
    return lines[0]


def test_photos_to_a_trained_network_of_blocks_on_the_command_line(thaw, in_process, photos, tmp_path):
    def object_of(*arguments):
        code, printed, errors = in_process(*arguments, "--json")
        assert code == 0, errors
        return json.loads(printed)

    _, added, _ = thaw("data", "add", photos, "--name", "plants", "--json")
    assert (added["name"], added["photos"], added["classes"]) == ("plants", 28, list(CLASSES))
    assert [one["id"] for one in object_of("data", "list")["datasets"]] == [added["id"]]

    split = object_of("split", "plants", "--train", ".5", "--validation", ".25", "--test", ".25")
    assert sum(split["counts"].values()) == 28

    plan = object_of("spec", "--preset", "first", "--dataset", "plants")
    assert (plan["dataset"], plan["split"]) == (added["id"], split["id"])
    network = {"name": "mine", "blocks": [{"filters": 8, "skip": True}, {"kind": "inception", "filters": 16}]}
    plan |= {"backbone": "home-made", "network": network, "input_size": 16, "head": {"dense": [8]}}
    plan |= {"phases": [{"frozen": 0, "epochs": 3, "batch_size": 8, "learning_rate": 0.003}]}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    _, trained, _ = thaw("train", file, "--wait", "--json")
    assert trained["status"] == "finished"
    assert trained["progress"]["epoch"] == trained["progress"]["epochs"] == 3
    assert trained["name"].startswith("mine, all layers train")
    assert [block["filters"] for block in trained["spec"]["network"]["blocks"]] == [8, 16]

    _, joined, said = thaw("train", file, "--json")
    assert joined["id"] == trained["id"]
    assert "joined" in said

    shown = object_of("show", trained["id"][:10])
    assert set(shown["metrics"]) == {"validation", "test"}
    assert {"accuracy", "precision_macro", "recall_macro", "f1_macro", "loss"} <= set(shown["metrics"]["test"])
    assert [row["class"] for row in shown["per_class"]["test"]] == list(CLASSES)
    assert sum(map(sum, shown["confusion"]["validation"])) == split["counts"]["validation"]

    assert [(run["id"], run["status"]) for run in object_of("runs")["runs"]] == [(trained["id"], "finished")]
    assert "finished; there is nothing" in refused(thaw, "cancel", trained["id"])


def write_predictions(path, probability=None, seed=0, rows=20):
    """A CSV as a PyTorch user would bring it."""
    random = np.random.default_rng(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "split", "true", *CLASSES])
        for number in range(rows):
            true = number % 2
            right = probability or random.uniform(0.3, 1)
            shares = [right, 1 - right] if true == 0 else [1 - right, right]
            writer.writerow([f"p{number}", ("validation", "test")[number // 2 % 2], CLASSES[true], *shares])
    return path


def test_brought_predictions_are_compared_and_combined(in_process, tmp_path):
    def object_of(*arguments):
        code, printed, errors = in_process(*arguments, "--json")
        assert code == 0, errors
        return json.loads(printed)

    ids = []
    for number in range(3):
        file = write_predictions(tmp_path / f"{number}.csv", seed=number)
        ids.append(object_of("predictions", "add", file, "--name", f"model {number}")["id"])
    compared = object_of("compare", *ids)
    assert compared["baseline"] == ids[0]
    assert set(compared["differences"]) == {"validation", "test"}
    low, high = compared["runs"][0]["intervals"]["test"]["accuracy"]
    assert low <= compared["runs"][0]["test"]["accuracy"] <= high
    _, printed, _ = in_process("compare", *ids)
    assert f"accuracy {compared['runs'][0]['test']['accuracy']:.4f} ({low:.4f} to {high:.4f}), F1 " in printed
    assert compared["differences"]["test"][0]["verdict"] in printed
    assert "is the best of 3 runs" in printed

    voted = object_of("ensemble", *ids, "--rule", "vote")
    assert voted["rule"] == "vote"
    assert [member["id"] for member in voted["members"]] == ids
    assert set(voted["ties"]) == {"validation", "test"}
    assert 0 <= voted["ensemble"]["test"]["accuracy"] <= 1
    assert object_of("ensemble", *ids, "--rule", "mean")["ensemble"]["validation"]["loss"] > 0

    other = write_predictions(tmp_path / "other.csv", rows=24)
    object_of("predictions", "add", other, "--name", "elsewhere")
    for verb in ("compare", "ensemble"):
        code, printed, sentence = in_process(verb, ids[0], "elsewhere")
        assert (code, printed) == (1, "")
        assert "tested on other photos" in sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"phases": [{"frozen": 99, "batch_size": 8}]}, "99"),
        ({"phases": []}, "phases"),
        ({"phases": [{"frozen": 0, "epochs": 0}]}, "epochs"),
        ({"backbone": "mobilenetv2", "input_size": 16, "weights": None}, "at least 32 px"),
        ({"backbone": "alexnet"}, "no backbone alexnet"),
        ({"backbone": "mobilenetv2", "input_size": 32, "weights": "mine.weights.h5"}, "mine.weights.h5"),
        ({"surprise": 1}, "surprise"),
        ({"backbone": "home-made", "network": {"blocks": []}}, "network.blocks"),
        ({"backbone": "home-made", "network": {"blocks": [{"filters": 0}]}}, "network.blocks.0.filters"),
        (
            {"backbone": "home-made", "network": {"blocks": [{"kind": "inception", "filters": 40}]}},
            "0: an inception module shares",
        ),
        ({"backbone": "home-made", "network": {"blocks": [{"convolutions": 8}] * 13}}, "at most 96"),
        ({"backbone": "home-made", "network": {"blocks": [{}] * 5}}, "below one pixel"),
        ({"backbone": "home-made"}, '"network" goes with the backbone "home-made"'),
        ({"dataset": "nothing"}, "no dataset nothing"),
        ({"split": "0" * 20}, "no split"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_before_a_job_is_queued(change, said, in_process, photos, tmp_path):
    in_process("data", "add", photos, "--name", "plants")
    in_process("split", "plants")
    plan = json.loads(in_process("spec", "--dataset", "plants")[1]) | {"input_size": 16} | change
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    code, printed, sentence = in_process("train", file)
    assert (code, printed) == (1, "")
    assert said in sentence
    assert in_process("runs")[1].strip() == "No runs yet."


@pytest.fixture
def in_process(own_home, capsys, monkeypatch):
    """As `thaw`, in this process: quick, for refusals that need no training."""
    from core.__main__ import main

    def run(*arguments):
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["thaw", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.mark.parametrize("verb", [("data", "add", "/no/such/folder", "--name", "x"), ("show", "nothing")])
def test_what_is_not_there_is_one_sentence(in_process, verb):
    code, printed, sentence = in_process(*verb)
    assert (code, printed) == (1, "")
    assert sentence.count("\n") == 1


def test_wrong_usage_is_exit_code_two(in_process):
    assert in_process("data", "add")[0] == 2
    assert in_process("ensemble", "x", "--rule", "guess")[0] == 2


def test_imports_that_hold_nothing_to_learn_are_refused(in_process, tmp_path):
    empty, single = tmp_path / "empty", tmp_path / "single"
    empty.mkdir()
    (single / "Fern").mkdir(parents=True)
    Image.new("RGB", (24, 24)).save(single / "Fern" / "a.png")
    nozip = tmp_path / "photos.zip"
    nozip.write_text("this is no zip")
    for path, said in ((empty, "No readable photo"), (single, "Only one class"), (nozip, "not a zip")):
        code, _, sentence = in_process("data", "add", path, "--name", "x")
        assert code == 1
        assert said in sentence
    assert json.loads(in_process("data", "list", "--json")[1]) == {"datasets": []}


@pytest.fixture
def object_of(in_process):
    """The object that a verb prints, and what it says beside it."""

    def run(*arguments):
        code, printed, errors = in_process(*arguments, "--json")
        assert code == 0, errors
        return json.loads(printed), errors

    return run


def test_photos_are_added_to_a_dataset_and_a_name_again_replaces_them(object_of, in_process, photos, tmp_path):
    first, _ = object_of("data", "add", photos, "--name", "plants")
    (tmp_path / "more" / "Moss").mkdir(parents=True)
    Image.new("RGB", (24, 24), "teal").save(tmp_path / "more" / "Moss" / "a.png")
    added, _ = object_of("data", "add", tmp_path / "more", "--to", "plants")
    assert (added["name"], added["version"], added["photos"]) == ("plants", 2, first["photos"] + 1)
    assert added["classes"] == [*CLASSES, "Moss"]
    again, _ = object_of("data", "add", photos, "--name", "plants")
    assert (again["version"], again["photos"], again["id"]) == (3, first["photos"], first["id"])
    assert in_process("data", "add", photos, "--name", "plants", "--to", "plants")[0] == 2
    code, _, sentence = in_process("data", "add", photos, "--to", "nothing")
    assert (code, "There is no dataset nothing" in sentence) == (1, True)


def test_a_divided_folder_is_a_given_split_with_its_notes(object_of, in_process, photos, tmp_path):
    for name in CLASSES:
        for number in range(14):
            part = tmp_path / "divided" / ("train" if number < 10 else "test") / name
            part.mkdir(parents=True, exist_ok=True)
            (photos / name / f"{number:02}.png").rename(part / f"{number:02}.png")
    added, said = object_of("data", "add", tmp_path / "divided", "--name", "plants")
    assert "No validation photos came along: 4 were drawn from the training part" in said
    given, said = object_of("split", "plants", "--given")
    assert (given["id"], given["given"]) == (added["given_split"], True)
    assert given["counts"] == {"train": 16, "validation": 4, "test": 8}
    assert "were drawn" in said
    plan = json.loads(in_process("spec", "--dataset", "plants")[1])
    assert plan["split"] == given["id"]


def test_undivided_photos_have_no_given_split(in_process, photos):
    in_process("data", "add", photos, "--name", "plants")
    code, printed, sentence = in_process("split", "plants", "--given")
    assert (code, printed) == (1, "")
    assert "came undivided" in sentence


def test_near_copies_lie_on_one_side_unless_they_are_let_apart(object_of, photos):
    random = np.random.default_rng(5)
    for number in range(6):  # six scenes, two photos of each
        scene = Image.fromarray(random.integers(0, 255, (6, 6, 3), dtype=np.uint8)).resize((96, 96), Image.BICUBIC)
        for shot in range(2):
            pixels = np.clip(np.asarray(scene).astype(int) + random.integers(-2, 3, (96, 96, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(photos / CLASSES[0] / f"s{number}{shot}.png")
    object_of("data", "add", photos, "--name", "plants")
    together, _ = object_of("split", "plants")
    apart, _ = object_of("split", "plants", "--apart")
    assert together["together"] == 6
    assert apart["together"] == 0
    assert together["id"] != apart["id"]


def test_a_list_of_labels_says_what_is_what_wherever_it_lies(object_of, in_process, photos, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    rows = ["path,label"]
    for name in CLASSES:
        for number in range(14):
            (photos / name / f"{number:02}.png").rename(flat / f"{name}{number}.png")
            rows.append(f"{name}{number}.png,{name}")
    (flat / "spare.png").write_bytes((flat / "Fern0.png").read_bytes())
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(rows), encoding="utf-8-sig")
    added, said = object_of("data", "add", flat, "--name", "plants", "--labels", file)
    assert (added["classes"], added["photos"]) == (list(CLASSES), 28)
    assert "named by no row: 1 photo" in said
    (flat / "labels.csv").write_text("\n".join([*rows, "gone.png,Fern", "Fern0.png,"]))
    code, printed, sentence = in_process("data", "add", flat, "--name", "other")
    assert (code, printed) == (1, "")
    assert "row 30: there is no photo gone.png; row 31: the label is empty" in sentence
    assert len(object_of("data", "list")[0]["datasets"]) == 1


@pytest.mark.parametrize(
    ("names", "name", "said"),
    [
        (("Fern", "fern"), "x", "differ only in capital letters"),
        (("Fern", "Ivy"), "x" * 61, "at most 60 characters"),
        (("valid/Fern", "test/Fern"), "x", "none to train on"),
        (("train/Fern", "train/Ivy", "test/fern"), "x", "differ only in capital letters"),
        (("train", "test"), "x", "no class folders inside"),
        (("Fe\nrn", "Ivy"), "x", "control characters"),
    ],
)
def test_folders_that_can_not_be_told_apart_are_one_sentence_and_nothing_is_kept(
    in_process, tmp_path, names, name, said
):
    for number, folder in enumerate(names):
        (tmp_path / "odd" / folder).mkdir(parents=True)
        Image.new("RGB", (24, 24), (number, 0, 0)).save(tmp_path / "odd" / folder / "a.png")
    code, printed, sentence = in_process("data", "add", tmp_path / "odd", "--name", name)
    assert (code, printed, sentence.count("\n")) == (1, "", 1)
    assert said in sentence
    assert json.loads(in_process("data", "list", "--json")[1]) == {"datasets": []}


def test_progress_is_said_with_a_rate_and_the_time_left():
    assert counted("photos", 1200, 3010, 4.0) == "1,200 of 3,010 photos, 300 a second, 0:06 left"
    assert counted("photos", 1200, None, 4.0) == "1,200 photos, 300 a second"


@pytest.mark.parametrize("fractions", [(0.9, 0.1, 0), (0.5, 0.5, 0.5), (0.98, 0.01, 0.01)])
def test_a_split_that_leaves_a_part_empty_is_refused(in_process, photos, fractions):
    in_process("data", "add", photos, "--name", "plants")
    train, validation, test = fractions
    code, _, sentence = in_process("split", "plants", "--train", train, "--validation", validation, "--test", test)
    assert code == 1
    told = [line for line in sentence.splitlines() if "left" not in line]  # a slow machine tells how far it is
    assert len(told) == 1


def test_the_presets_are_listed_by_name(in_process):
    listed = json.loads(in_process("spec", "--list", "--json")[1])["presets"]
    assert {"first", "report/vanilla", "report/vgg16-k8"} <= {preset["name"] for preset in listed}


def test_a_sweep_queues_each_cut_once_a_seed_and_says_which_are_the_same(object_of, in_process, photos, tmp_path):
    object_of("data", "add", photos, "--name", "plants")
    object_of("split", "plants")
    plan, _ = object_of("spec", "--preset", "first", "--dataset", "plants")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    found, said = object_of("sweep", file, "--cuts", "0,2,3,8", "--seeds", "0,1")
    assert (found["cuts"], found["left_out"]) == ([0, 2, 8], [{"k": 3, "same_as": 2}])
    assert "k = 3 trains the same weights as k = 2" in said
    assert len(set(found["runs"])) == 6
    assert (found["table"], found["chosen"], found["verdict"]) == ([], None, [])
    for cuts, what in (("2,3", "two cuts"), ("2,x", "whole numbers"), ("2,99", "99")):
        code, _, sentence = in_process("sweep", file, "--cuts", cuts)
        assert (code, what in sentence) == (1, True)


@pytest.fixture
def spoiled(tmp_path):
    """30 photos with a copy, a near copy under another label, a torn one, a broken one, and one tinted magenta."""
    random = np.random.default_rng(0)
    for name in CLASSES:
        (tmp_path / "spoiled" / name).mkdir(parents=True)

    def save(photo, path):
        photo.save(tmp_path / "spoiled" / path)

    for number in range(30):
        small = random.uniform(60, 190, (8, 8, 1)) + random.uniform(-12, 12, (8, 8, 3))
        photo = Image.fromarray(small.astype(np.uint8)).resize((64, 48), Image.Resampling.BICUBIC)
        save(photo, f"{CLASSES[number % 2]}/{number:02}.png")
        if number == 0:
            save(photo, "Fern/copy.png")
            save(ImageOps.mirror(photo), "Ivy/mirrored.png")
        if number == 1:
            save(photo, "Fern/torn.png")
        if number == 2:
            save(Image.fromarray((np.asarray(photo) * (1, 0.6, 1)).astype(np.uint8)), "Fern/magenta.png")
    (tmp_path / "spoiled" / "Ivy" / "broken.jpg").write_bytes(b"no photo")
    return tmp_path / "spoiled"


def test_the_audit_prints_every_finding_with_its_photos(in_process, spoiled):
    in_process("data", "add", spoiled, "--name", "plants")
    code, printed, _ = in_process("data", "audit", "plants", "--json")
    assert code == 0
    found = [(one["kind"], one["photos"]) for one in json.loads(printed)["findings"]]
    assert found[:3] == [
        ("near_copies", ["Fern/00.png", "Ivy/mirrored.png"]),
        ("two_labels", ["Fern/torn.png", "Ivy/01.png"]),
        ("unreadable", ["Ivy/broken.jpg"]),
    ]
    assert ("near_copies", ["Fern/02.png", "Fern/magenta.png"]) in found
    assert ("odd_colour", ["Fern/magenta.png"]) in found
    assert found[-1] == ("exact_copies", ["Fern/00.png", "Fern/copy.png"])


def test_the_audit_reads_well_and_names_the_sides_of_a_split(in_process, spoiled):
    in_process("data", "add", spoiled, "--name", "plants")
    for seed in range(20):
        _, made, _ = in_process("split", "plants", "--seed", seed, "--apart", "--json")
        _, printed, _ = in_process("data", "audit", "plants", "--split", json.loads(made)["id"])
        if "The split has them in" in printed.splitlines()[0]:
            break
    lines = printed.splitlines()
    assert lines[0].startswith("near_copies: 2 photos show nearly the same picture")
    assert "The split has them in" in lines[0]
    assert [line.startswith("    ") for line in lines[1:3]] == [True, True]
    code, printed, sentence = in_process("data", "audit", "nothing")
    assert (code, printed, sentence.count("\n")) == (1, "", 1)


def test_kept_outputs_are_listed_and_deleted_one_or_all(in_process, settings):
    from core.training.disk_cache import kept

    for kind, name in (("prefix", "aa11-xception-116"), ("copies", "bb22"), ("decoded", "cc33-96")):
        kept(settings.cache / kind / f"{name}.npy", (1000,), "uint8", lambda array: array.fill(1), 2**20)
    listed = json.loads(in_process("cache", "list", "--json")[1])
    assert {entry["id"] for entry in listed["entries"]} == {"aa11-xception-116", "bb22", "cc33-96"}
    assert listed["bytes"] == sum(entry["bytes"] for entry in listed["entries"]) > 3000
    assert listed["limit"] == 32 * 2**30
    prefix = next(entry for entry in listed["entries"] if entry["kind"] == "prefix")
    assert (prefix["backbone"], prefix["layers"]) == ("xception", 116)
    assert "xception, output of 116 layers" in in_process("cache", "list")[1]
    cleared = json.loads(in_process("cache", "clear", "aa11", "--json")[1])
    assert (cleared["deleted"], cleared["busy"]) == (["aa11-xception-116"], [])
    code, printed, sentence = in_process("cache", "clear", "aa11")
    assert (code, printed, sentence.count("\n")) == (1, "", 1)
    assert len(json.loads(in_process("cache", "clear", "--json")[1])["deleted"]) == 2
    assert json.loads(in_process("cache", "list", "--json")[1])["entries"] == []
