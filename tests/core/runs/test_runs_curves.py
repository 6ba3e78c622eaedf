"""The small curves of many runs."""

import pytest

from core.runs import RunStore
from core.runs.curves import EACH, POINTS, Curves, thinned

TEST = "f" * 20


def trained(store, spec, accuracies, over=True):
    run, _ = store.submit(spec, evaluation_id=TEST, again=True)
    attempt = store.claim(run.id)
    for epoch, accuracy in enumerate(accuracies, start=1):
        store.log_epoch(run.id, attempt, epoch, {"validation_accuracy": accuracy, "train_loss": 1.0})
    if over:
        store.finish(run.id, attempt, None, {})
    return store.get(run.id)


def test_each_run_has_its_own_curve_and_one_without_epochs_has_none(store, spec):
    first = trained(store, spec, [0.25, 0.5, 0.75])
    second = trained(store, spec, [0.125])
    empty = trained(store, spec, [])
    queued, _ = store.submit(spec, evaluation_id=TEST, again=True)
    curves = store.curves([first, second, empty, queued])
    assert curves == {first.id: (0.25, 0.5, 0.75), second.id: (0.125,)}
    assert store.curves([first], "train_loss") == {first.id: (1.0, 1.0, 1.0)}
    assert store.curves([first, second]) == curves


def test_the_curve_of_a_running_run_grows_and_an_epoch_logged_again_counts_once(store, spec):
    run = trained(store, spec, [0.25, 0.5], over=False)
    assert store.curves([run])[run.id] == (0.25, 0.5)
    attempt = store.claim(run.id)
    store.log_epoch(run.id, attempt, 2, {"validation_accuracy": 0.625})
    store.log_epoch(run.id, attempt, 3, {"validation_accuracy": 0.75})
    assert store.curves([store.get(run.id)])[run.id] == (0.25, 0.625, 0.75)


def test_a_run_that_failed_and_goes_on_is_read_again(store, spec):
    run, _ = store.submit(spec, evaluation_id=TEST)
    store.log_epoch(run.id, store.claim(run.id), 1, {"validation_accuracy": 0.25})
    store.fail(run.id, 1, "it broke")
    assert store.curves([store.get(run.id)])[run.id] == (0.25,)
    store.requeue(run.id)
    store.log_epoch(run.id, store.claim(run.id), 2, {"validation_accuracy": 0.5})
    store.finish(run.id, 2, None, {})
    assert store.curves([store.get(run.id)])[run.id] == (0.25, 0.5)


def test_an_accuracy_that_is_no_number_is_left_out(store, spec):
    run = trained(store, spec, [0.25, float("nan"), 0.75])
    assert store.curves([run])[run.id] == (0.25, 0.75)


def test_where_each_curve_needs_a_question_of_its_own_they_come_some_at_a_time(store, spec, settings):
    run = trained(store, spec, [0.25, 0.5])
    runs = [run.model_copy(update={"id": f"{number:032d}"}) for number in range(EACH + 5)]
    asked = []

    def history(run_id, metric):
        asked.append(run_id)
        return {2: 0.5, 1: 0.25}

    curves = Curves("https://tracker", history)
    assert len(curves.of(runs, "validation_accuracy")) == EACH
    assert curves.of(runs, "validation_accuracy") == {each.id: (0.25, 0.5) for each in runs}
    assert sorted(asked) == [each.id for each in runs]
    assert RunStore(settings).curves([run]) == {run.id: (0.25, 0.5)}


@pytest.mark.parametrize("epochs", [POINTS, POINTS + 1, 1000])
def test_a_long_curve_is_thinned_and_keeps_its_ends(epochs):
    curve = thinned([float(epoch) for epoch in range(epochs)])
    assert (len(curve), curve[0], curve[-1]) == (POINTS, 0.0, epochs - 1.0)
    assert list(curve) == sorted(set(curve))
