"""How a run's figures are said, without a page."""

from datetime import UTC, datetime

import pytest

from core.records import ConvBlock, HomeMade, Phase, Progress, Run, RunKind, RunSpec, Status
from pages.parts import run_words, words


def run_with(backbone="xception", **metrics):
    spec = RunSpec(dataset="d", split="s", backbone=backbone, phases=(Phase(frozen=126, epochs=20),))
    return Run(
        id="r",
        name="r",
        kind=RunKind.TRAINED,
        status=Status.FINISHED,
        spec=spec,
        metrics=metrics,
        created=datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        (
            {"prefix_layers": 126, "prefix_epochs": 20, "prefix_seconds_saved": 545},
            "126 of 132 layers run once instead of 20 times: about 9 minutes saved",
        ),
        (
            {"prefix_layers": 132, "prefix_epochs": 1, "prefix_seconds_saved": 0},
            "132 of 132 layers run once instead of 1 time",
        ),
        (
            {"prefix_layers": 132, "prefix_seconds_saved": 44.6},
            "132 of 132 layers run once instead of once an epoch: about 45 seconds saved",
        ),
        (
            {"prefix_layers": 132, "prefix_layers_least": 116, "prefix_epochs": 9, "prefix_seconds_saved": 0.4},
            "116 to 132 of 132 layers run once instead of 9 times",
        ),
        ({}, ""),
    ],
)
def test_what_kept_outputs_saved_is_one_sentence(metrics, sentence):
    assert run_words.prefix(run_with(**metrics)) == sentence
    assert run_words.cost(run_with(**metrics)).get("Frozen part", "") == sentence


def test_a_run_that_ended_early_says_by_whom_or_by_what():
    by_hand = run_words.cost(run_with(ended_early=1, epochs=3, best_epoch=2))
    assert by_hand["Ended early"] == "by hand, 20 epochs were planned"
    blown_up = run_words.cost(run_with(ended_early=1, not_a_number_epoch=4, not_a_number_rate=0.1))
    assert blown_up["Ended early"] == "in epoch 4, whose loss was no number, 20 epochs were planned"


def test_a_running_training_is_one_line_and_says_only_what_it_was_told():
    progress = Progress(photos_per_second=1234.5, memory_mb=1126.4, learning_rate=0.000871)
    assert words.live_sentence(progress) == "1,234 photos a second · 1.1 GB of memory · rate 0.00087"
    assert words.live_sentence(Progress(photos_per_second=2.345)) == "2.3 photos a second"
    assert words.live_sentence(Progress(memory_mb=812.3)) == "812 MB of memory"
    assert words.live_sentence(Progress()) == ""


@pytest.mark.parametrize(
    ("rate", "said"), [(1e-5, "0.00001"), (0.1, "0.1"), (1, "1"), (0.00012345, "0.00012"), (0, "0")]
)
def test_a_rate_is_never_written_as_a_power(rate, said):
    assert words.rate(rate) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second"), (89, "89 seconds"), (545, "9 minutes"), (5399, "90 minutes"), (9000, "2.5 hours")],
)
def test_a_reckoned_time_is_said_roughly(seconds, said):
    assert words.rough(seconds) == said


def test_the_blocks_of_a_home_made_network_are_said_and_equal_ones_once():
    blocks = (
        *[ConvBlock(filters=32, convolutions=2, batch_normalization="before")] * 2,
        ConvBlock(kind="inception", filters=64, skip=True, pooling=None, dropout=0.25),
    )
    said = "2 times 2 convolutions 3×3 of 32 filters, normalised before ReLU, max pooling; "
    said += "1 inception module of 64 filters, skip connection, dropout 0.25"
    assert run_words.blocks(HomeMade(blocks=blocks)) == said
    run = run_with()
    spec = run.spec.model_copy(update={"backbone": "home-made", "network": HomeMade(name="mine", blocks=blocks)})
    lines = run_words.settings(run.model_copy(update={"spec": spec}))
    assert lines["Network"].startswith("mine, random weights")
    assert lines["Blocks"] == said
    assert "Blocks" not in run_words.settings(run)
