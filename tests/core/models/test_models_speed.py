import itertools
import json
import subprocess
import sys

import pytest

from core.models import speed
from core.models.backbones import BACKBONES, home_made
from core.models.tables import layer_table
from core.models.thaw import blocks, twins
from core.models.timing import MOST_SECTIONS, section_ends
from core.models.work import works
from core.records import ConvBlock, HomeMade


@pytest.fixture(autouse=True)
def nothing_under_way(monkeypatch):
    monkeypatch.setattr(speed, "_newest", None)


class Process:
    """A process that runs until `returncode` is set."""

    made = 0

    def __init__(self, command, stderr, **_):
        Process.made += 1
        self.command, self.returncode = command, None
        stderr.write(b"WARNING: some\nMemoryError: no room\n")

    def poll(self):
        return self.returncode


def test_figures_measured_once_are_known_for_their_size_and_else_for_the_nearest(no_weights):
    assert speed.known(no_weights, "vanilla", 16) is None
    small, large = (speed.measure(no_weights, "Vanilla CNN", size, seconds=0.01) for size in (16, 256))
    assert min(small.infer, small.train) > 0
    assert (small.batch, large.batch) == (32, 4)
    assert speed.known(no_weights, "vanilla", 16) == speed.known(no_weights, "vanilla", 96) == small
    assert speed.known(no_weights, "vanilla", 300) == large
    assert speed.known(no_weights, "vgg16", 16) is None


def test_figures_of_another_machine_say_nothing(no_weights, monkeypatch):
    speed._keep(no_weights, "vanilla", speed.Speed(16, 1.0, 2.0, 32))
    assert speed.known(no_weights, "vanilla", 16) is not None
    monkeypatch.setattr(speed, "machine", lambda: "another processor")
    assert speed.known(no_weights, "vanilla", 16) is None


@pytest.fixture
def timed(no_weights):
    """Settings where VGG16 was measured at 64 px: a second a photo and section, inferring; 3 in training."""
    sections = tuple(speed.SectionSpeed(stop, 1.0, 3.0) for stop in (4, 7, 11, 15, 19))
    speed._keep(no_weights, "vgg16", speed.Speed(64, 0.2, 0.05, 8, sections, (0.25, 0.5)))
    return no_weights


@pytest.mark.parametrize(
    ("frozen", "kept", "seconds"),
    [
        (0, False, 15.5),
        (4, False, 1 + 12 + 0.5),
        (4, True, 12.5),
        (11, False, 3 + 6 + 0.5),
        (11, True, 6.5),
        ("all", False, 5.5),
        ("all", True, 0.5),
    ],
)
def test_frozen_sections_infer_or_cost_nothing_and_thawed_ones_train(timed, frozen, kept, seconds):
    assert speed.seconds_a_photo(timed, "vgg16", 64, frozen, kept) == pytest.approx(seconds, abs=1e-12)


def test_a_cut_within_a_section_divides_it_by_the_work_of_its_layers(timed):
    work = works("vgg16")
    share = work[4] / sum(work[4:7])  # of block 2 with two convolutions and a pooling
    running = 1 + share + 3 * (1 - share) + 9 + 0.5
    assert speed.seconds_a_photo(timed, "vgg16", 64, 5, False) == pytest.approx(running)
    assert speed.seconds_a_photo(timed, "vgg16", 64, 5, True) == pytest.approx(running - 1 - share)
    assert 0.3 < share < 0.4  # the second convolution has twice the channels to read


def test_another_size_costs_by_its_pixels_and_the_head_the_same(timed):
    assert speed.seconds_a_photo(timed, "vgg16", 128, 11, False) == pytest.approx(4 * 9 + 0.5)


def test_what_is_kept_is_paid_once_and_a_validation_photo_never_trains(timed):
    measured = speed.known(timed, "vgg16", 64)
    assert speed.cost(measured, "vgg16", 64, 11, True) == speed.Cost(6.5, 2.25, 3.0)
    assert speed.cost(measured, "vgg16", 64, 11, False) == speed.Cost(9.5, 5.25, 0.0)


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("name", ["vgg16", "mobilenetv2", "xception"])
def test_freezing_more_never_costs_more_and_twins_that_run_the_same_cost_the_same(no_weights, name, kept):
    sections = tuple(speed.SectionSpeed(stop, 1.0, 2.5) for stop in section_ends(BACKBONES[name]))
    measured = speed.Speed(96, 1.0, 0.4, 32, sections)
    costs = [speed.cost(measured, name, 96, k, kept).train for k in range(BACKBONES[name].layers + 1)]
    assert all(more >= less - 1e-9 for more, less in itertools.pairwise(costs))
    if not kept:
        assert all(costs[k] == pytest.approx(costs[group[0]]) for group in twins(name) for k in group)


def test_without_sections_no_cut_has_a_price(no_weights):
    assert speed.seconds_a_photo(no_weights, "vgg16", 96, "all", True) is None
    path = no_weights.cache / "speed.json"
    path.parent.mkdir(parents=True)
    older = {"size": 96, "infer": 79.1, "train": 23.0, "batch": 32}  # as it was written before there were sections
    path.write_text(json.dumps({speed.machine(): {"vgg16": {"96": older}}}))
    assert speed.known(no_weights, "vgg16", 96) == speed.Speed(96, 79.1, 23.0, 32)
    assert speed.seconds_a_photo(no_weights, "vgg16", 96, "all", True) is None


@pytest.mark.parametrize("name", BACKBONES)
def test_sections_end_where_a_single_tensor_crosses_at_the_end_of_a_block(name):
    ends = section_ends(BACKBONES[name])
    rows, last_rows = layer_table(name).layers, {block.last + 1 for block in blocks(name)}
    assert ends == sorted(set(ends))
    assert ends[-1] == len(rows)
    assert len(ends) <= MOST_SECTIONS + 1
    assert all(end in last_rows and rows[end - 1].crossing == 1 for end in ends)


def test_a_measured_network_has_sections_that_take_as_long_as_the_whole(no_weights):
    network = home_made(HomeMade(blocks=(ConvBlock(filters=8), ConvBlock(filters=16, batch_normalization="before"))))
    measured = speed.measure(no_weights, network, 16, seconds=0.05)
    assert [section.stop for section in measured.sections][-1] == network.layers
    assert min(min(section.infer, section.train) for section in measured.sections) > 0
    assert min(measured.head) > 0
    infer = sum(section.infer for section in measured.sections) + measured.head[0]
    train = sum(section.train for section in measured.sections) + measured.head[1]
    assert infer == pytest.approx(1 / measured.infer, rel=0.01)
    assert train == pytest.approx(1 / measured.train, rel=0.01)
    assert speed.known(no_weights, network, 16) == measured
    other = home_made(HomeMade(blocks=(ConvBlock(filters=9),)))
    assert speed.known(no_weights, other, 16) is None
    assert speed.seconds_a_photo(no_weights, network, 16, "all", True) == pytest.approx(measured.head[1])


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"MACHINE": {"vanilla": {"16": {}}}}', '{"MACHINE": {"vanilla": 3}}']
)
def test_a_damaged_file_is_as_good_as_none(no_weights, content):
    no_weights.cache.mkdir(parents=True)
    (no_weights.cache / "speed.json").write_text(content.replace("MACHINE", speed.machine()))
    assert speed.known(no_weights, "vanilla", 16) is None


def test_one_measurement_runs_at_a_time(no_weights, monkeypatch):
    monkeypatch.setattr(speed.subprocess, "Popen", Process)
    first = speed.start(no_weights, "vgg16", 96)
    assert speed.start(no_weights, "xception", 96) is first is speed.newest()
    assert not first.over
    first._process.returncode = 0
    assert first.over
    assert first.failure == ""
    assert speed.start(no_weights, "xception", 96) is not first


def test_a_measurement_that_brought_nothing_says_why(no_weights, monkeypatch):
    monkeypatch.setattr(speed.subprocess, "Popen", Process)
    measuring = speed.start(no_weights, "vgg16", 96)
    measuring._process.returncode = 1
    assert measuring.failure == "MemoryError: no room"
    measuring._process.returncode = -9
    assert measuring.failure == "it was killed; too little memory?"


def test_a_process_of_its_own_measures_and_leaves_the_figures(no_weights):
    network = home_made(HomeMade(blocks=(ConvBlock(filters=2),)))  # the process is handed more than a name
    measuring = speed.start(no_weights, network, 8)
    assert measuring._process.wait(timeout=200) == 0, measuring.failure
    found = speed.known(no_weights, network, 8)
    assert found.size == 8
    assert found.sections
    assert list(json.loads((no_weights.cache / "speed.json").read_text())) == [speed.machine()]


def test_a_measurement_ends_with_the_server_that_asked_for_it(no_weights):
    measuring = speed.start(no_weights, "vanilla", 8)
    measuring._process.stdin.close()  # as when the server is gone
    assert measuring._process.wait(timeout=100) == 1
    assert speed.known(no_weights, "vanilla", 8) is None


def test_asking_what_is_known_loads_no_keras():
    code = "import sys, core.models.speed; sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
