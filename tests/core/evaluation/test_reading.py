import numpy as np
import pandas as pd
import pytest

from core.evaluation.reading import read


def history(train, validation, loss=None):
    loss = np.linspace(2, 1, len(train)) if loss is None else loss
    return pd.DataFrame(
        {
            "epoch": range(1, len(train) + 1),
            "train_accuracy": train,
            "validation_accuracy": validation,
            "validation_loss": loss,
        }
    )


def only(found):
    (remark,) = found
    return remark


def test_before_a_few_epochs_and_without_figures_nothing_is_said():
    assert read(history([0.5] * 3, [0.5] * 3), 4) == []
    assert read(pd.DataFrame({"epoch": []}), 4) == []
    assert read(history([np.nan] * 9, [0.5] * 9), 4) == []


def test_overfitting_is_dated_by_the_least_validation_loss_and_quotes_both_accuracies():
    train = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
    loss = [1.5, 1.2, 1.0, 0.9, 0.95, 1.1, 1.3, 1.6]
    remark = only(read(history(train, [0.4, 0.5, 0.55, 0.6, 0.6, 0.6, 0.59, 0.6], loss), 8))
    assert remark.kind == "overfitting"
    assert "since epoch 4" in remark.sentence
    assert "0.90 to 1.60" in remark.sentence
    assert "99 % of the training photos are right but 60 % of validation" in remark.sentence


def test_a_rising_loss_without_a_gap_is_no_overfitting():
    flat = [0.6] * 8
    assert only(read(history(flat, flat, [1.0, 0.9, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0]), 8)).kind == "settled"


def test_a_validation_that_swings_late_names_the_epoch_and_early_jumps_are_left_alone():
    steady = [0.2, 0.5, 0.55, 0.6, 0.62, 0.63, 0.64, 0.65, 0.66]
    assert only(read(history(steady, steady), 8)).kind != "unsteady"
    swinging = [0.2, 0.5, 0.6, 0.62, 0.3, 0.6, 0.62, 0.63, 0.64]
    remark = only(read(history(steady, swinging), 8))
    assert remark.kind == "unsteady"
    assert "from 62 % to 30 % in epoch 5" in remark.sentence


@pytest.mark.parametrize(
    ("classes", "level", "kind"), [(2, 0.55, "not learning"), (8, 0.14, "not learning"), (8, 0.4, "settled")]
)
def test_accuracy_at_chance_is_not_learning(classes, level, kind):
    assert only(read(history([level] * 6, [level] * 6, [1.0] * 6), classes)).kind == kind


def test_curves_that_still_rise_ask_for_more_epochs_and_flat_ones_name_the_best():
    rising = np.linspace(0.3, 0.7, 12)
    remark = only(read(history(rising, rising), 8))
    assert (remark.kind, "Train longer" in remark.sentence) == ("improving", True)
    assert (
        "the last 2 epochs brought the best validation accuracy, 70 %, 7.3 points above all before" in remark.sentence
    )
    flat = [0.3, 0.5, 0.6, 0.7, 0.75, 0.752, 0.75, 0.751, 0.75, 0.75, 0.75, 0.75]
    remark = only(read(history(flat, flat), 8))
    assert remark.kind == "settled"
    assert "75 %, came in epoch 6" in remark.sentence


def test_a_second_phase_that_fell_and_came_back_to_rest_is_settled():
    first = [0.5, 0.56, 0.6, 0.62, 0.63, 0.62]
    second = [0.53, 0.6, 0.7, 0.77, 0.755, 0.75, 0.755, 0.752, 0.754, 0.757]
    remark = only(read(history(np.add(first + second, 0.02), first + second), 8))
    assert remark.kind == "settled"
    assert "77 %, came in epoch 10, and the last 2 epochs brought 0.0 points" in remark.sentence


def test_several_remarks_come_with_the_most_important_first():
    train = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99]
    validation = [0.3, 0.4, 0.5, 0.52, 0.3, 0.52, 0.5, 0.5]
    loss = [1.5, 1.2, 1.0, 1.1, 1.4, 1.5, 1.6, 1.7]
    assert [remark.kind for remark in read(history(train, validation, loss), 8)] == ["unsteady", "overfitting"]


BLOWN_UP = {"not_a_number_epoch": 7.0, "not_a_number_rate": 0.02, "best_epoch": 5.0}


def test_a_loss_that_was_no_number_is_said_first_with_the_epoch_the_rate_and_what_was_kept():
    remark = only(read(history([0.5] * 2, [0.5] * 2), 4, BLOWN_UP))
    assert remark.kind == "no number"
    assert remark.sentence == (
        "The loss was no longer a number in epoch 7, so the training ended there and keeps epoch 5. "
        "The learning rate of 0.02 is most likely too high; try 0.002."
    )


def test_a_run_that_ended_so_is_not_told_to_train_longer_but_still_that_it_was_unsteady():
    improving = history(np.linspace(0.3, 0.9, 8), np.linspace(0.3, 0.9, 8))
    assert only(read(improving, 4)).kind == "improving"
    assert only(read(improving, 4, BLOWN_UP)).kind == "no number"
    assert "Train longer" in only(read(improving, 4)).sentence
    assert "Train longer" not in only(read(improving, 4, running=True)).sentence  # it does
    swinging = history([0.5] * 8, [0.5, 0.6, 0.5, 0.6, 0.3, 0.6, 0.6, 0.6])
    assert [remark.kind for remark in read(swinging, 4, BLOWN_UP)] == ["no number", "unsteady"]
