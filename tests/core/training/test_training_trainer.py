import errno
from dataclasses import replace

import numpy as np
import pytest
from small_runs import CLASSES, TURNS, Follower, numbers, run, spec_of

from core.errors import TrainingFailed
from core.records import ENDED_EARLY, NOT_A_NUMBER, NOT_A_NUMBER_RATE, EarlyStopping, Head, Part, Phase
from core.training import Stopped, checkpoints, disk_cache, phase_training
from core.training.phase_input import balanced
from core.training.phase_training import PhaseTraining
from core.training.position import Position
from core.training.trainer import WEIGHTS, train

PLAN = spec_of(
    Phase(epochs=3, batch_size=8, recipe=TURNS, schedule="cosine", class_weights="balanced"),
    Phase(frozen=4, epochs=2, batch_size=16, optimizer="sgd", early_stopping=EarlyStopping(monitor="loss", patience=4)),
)
MEASURED = ("seconds", "photos_per_second", "memory_mb")  # of the machine, not of the plan


@pytest.fixture(scope="module")
def uninterrupted(drawn, tmp_path_factory):
    return run(drawn, PLAN, tmp_path_factory.mktemp("job") / "attempt-1")


def test_a_training_learns_and_answers_for_validation_and_test(drawn, tmp_path):
    spec = spec_of(Phase(epochs=12, batch_size=8, learning_rate=3e-3), head=Head(dense=(16,), dropout=0))
    result, follower = run(drawn, spec, tmp_path / "attempt-1")
    _, rows = drawn
    assert set(result.predictions.parts) == {Part.VALIDATION, Part.TEST}
    for part, answers in result.predictions.parts.items():
        expected = rows[rows["part"] == str(part)].sort_values("id")
        assert list(answers.ids) == expected["id"].tolist()
        assert answers.true.tolist() == expected["label"].tolist()
        np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1, atol=1e-5)
        assert (answers.predicted == answers.true).mean() > 0.8
    assert result.predictions.classes == CLASSES
    assert result.predictions.evaluation_id == "evaluation"
    assert follower.epochs[-1]["validation_accuracy"] == result.metrics["validation_accuracy"]
    assert {"seconds", "peak_memory_mb", "photos_per_second", "parameters", "trainable_parameters"} <= set(
        result.metrics
    )
    assert not any("test" in name for name in result.metrics)
    assert result.weights == tmp_path / "attempt-1" / WEIGHTS


def test_the_same_spec_gives_the_same_weights_and_another_seed_others(drawn, tmp_path, uninterrupted):
    again, _ = run(drawn, PLAN, tmp_path / "a" / "attempt-1")
    other, _ = run(drawn, PLAN.model_copy(update={"seed": 6}), tmp_path / "b" / "attempt-1")
    assert numbers(again) == numbers(uninterrupted[0])
    assert numbers(other) != numbers(again)


@pytest.mark.parametrize("epoch", [2, 3, 4])  # within a phase, at its end, within the last
def test_an_interrupted_training_goes_on_to_the_very_same_weights(drawn, tmp_path, uninterrupted, epoch):
    with pytest.raises(Stopped):
        run(drawn, PLAN, tmp_path / "attempt-1", stop_after=epoch)
    result, follower = run(drawn, PLAN, tmp_path / "attempt-2")
    assert len(follower.epochs) == 5 - epoch
    assert numbers(result) == numbers(uninterrupted[0])
    assert result.confusions == uninterrupted[0].confusions
    whole = uninterrupted[1].epochs[epoch:]
    for one, other in zip(follower.epochs, whole, strict=True):
        assert one.keys() == other.keys()
        assert {name: one[name] for name in one if name not in MEASURED} == {
            name: other[name] for name in other if name not in MEASURED
        }


def test_a_damaged_checkpoint_costs_an_epoch_and_nothing_else(drawn, tmp_path, uninterrupted):
    with pytest.raises(Stopped):
        run(drawn, PLAN, tmp_path / "attempt-1", stop_after=3)
    newest = max((tmp_path / "checkpoints").glob("epoch-*"))
    arrays = newest / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes()[:-100])
    result, follower = run(drawn, PLAN, tmp_path / "attempt-2")
    assert len(follower.epochs) == 3
    assert numbers(result) == numbers(uninterrupted[0])
    assert result.confusions == uninterrupted[0].confusions


def test_an_attempts_first_epoch_is_kept_and_later_ones_not_more_often_than_asked(drawn, tmp_path):
    run(drawn, spec_of(Phase(epochs=3)), tmp_path / "attempt-1", checkpoint_seconds=1000)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["epoch-00001"]


def test_progress_counts_over_all_phases_and_ends_at_the_plan(uninterrupted):
    _, follower = uninterrupted
    last = follower.progress[-1]
    assert (last.phase, last.epoch, last.epochs) == (2, 5, 5)
    assert [progress.epoch for progress in follower.progress] == sorted(p.epoch for p in follower.progress)
    assert len(follower.epochs) == 5
    assert set(follower.epochs[0]) == {
        "phase",
        "train_loss",
        "train_accuracy",
        "validation_loss",
        "validation_accuracy",
        "learning_rate",
        *MEASURED,
        *(f"validation_recall_{label}" for label in range(len(CLASSES))),
    }
    phases = [metrics["phase"] for metrics in follower.epochs]
    assert phases == sorted(phases)
    assert set(phases) == {1, 2}
    rates = [metrics["learning_rate"] for metrics in follower.epochs]
    assert rates[0] > rates[1] > rates[2]
    assert follower.progress[0].note == "reading photos"


def test_progress_tells_rate_photos_a_second_memory_and_from_the_second_epoch_on_the_time_left(drawn, tmp_path):
    spec = spec_of(Phase(epochs=3, batch_size=8), Phase(frozen=4, epochs=2, batch_size=40))
    _, follower = run(drawn, spec, tmp_path / "attempt-1")
    later = [progress for progress in follower.progress if progress.epoch >= 2]
    assert len(later) > 3
    for progress in later:
        assert progress.eta_seconds is not None
        assert progress.photos_per_second > 0
        assert progress.memory_mb > 50
        assert progress.learning_rate == pytest.approx(1e-3)
    assert all(metrics["photos_per_second"] > 0 and metrics["memory_mb"] > 50 for metrics in follower.epochs)


def test_a_stop_before_the_first_batch_is_heard(drawn, tmp_path):
    with pytest.raises(Stopped):
        run(drawn, PLAN, tmp_path / "attempt-1", stop_after=0)


def test_early_stopping_ends_the_phase_and_restores_its_best_weights(drawn, tmp_path, monkeypatch):
    figures = iter([0.2, 0.5, 0.9, 0.3, 0.4])
    answers = []

    def validate(self, _):
        answers.append(self.probabilities(Part.VALIDATION))
        return {"validation_loss": 1.0, "validation_accuracy": next(figures)}

    monkeypatch.setattr(PhaseTraining, "validate", validate)
    spec = spec_of(Phase(epochs=9, early_stopping=EarlyStopping(monitor="accuracy", patience=2)))
    result, follower = run(drawn, spec, tmp_path / "attempt-1")
    assert len(follower.epochs) == 5
    np.testing.assert_array_equal(result.predictions.parts[Part.VALIDATION].probabilities, answers[2])


def test_the_earliest_of_equal_epochs_is_the_best_and_a_lower_loss_is_better():
    position, phase = Position(), Phase(early_stopping=EarlyStopping(monitor="loss", patience=2), epochs=10)
    verdicts = []
    for loss in (1.0, 0.5, 0.5, 0.7):
        position.phase_epoch += 1
        verdicts.append(position.judge(phase, {"validation_loss": loss}))
    assert verdicts == [True, True, False, False]
    assert position.phase_over(phase)


def test_a_loss_that_is_no_number_stops_at_once_with_a_sentence(drawn, tmp_path, monkeypatch):
    class Broken:
        def __init__(self, *_):
            pass

        def __call__(self, images, labels, *_):
            return images, labels * float("nan")

    monkeypatch.setattr("core.training.phase_input.Augmenter", Broken)
    with pytest.raises(TrainingFailed, match=r"no longer a number in epoch 1, batch 1.*try 0.0001"):
        run(drawn, spec_of(Phase(recipe=TURNS)), tmp_path / "attempt-1")


def blows_up(monkeypatch, epoch, where, accuracies=()):
    """The weights are no numbers any more from epoch `epoch` on. Returns what each validation answered."""
    train_epoch, validate = PhaseTraining.train_epoch, PhaseTraining.validate
    accuracies, answers = iter(accuracies), []

    def spoil(running):
        for variable in running.model.trainable_variables:
            variable.assign(np.full(variable.shape, np.nan))

    def trained(self, number, last, done):
        if (number, where) == (epoch, "training"):
            spoil(self)
        metrics = train_epoch(self, number, last, done)
        if (number, where) == (epoch, "validation"):
            spoil(self)
        return metrics

    def validated(self, tick):
        metrics = validate(self, tick)
        answers.append(self.probabilities(Part.VALIDATION))
        return metrics | {"validation_accuracy": next(accuracies, 0.5)}

    monkeypatch.setattr(PhaseTraining, "train_epoch", trained)
    monkeypatch.setattr(PhaseTraining, "validate", validated)
    return answers


TWO = spec_of(
    Phase(epochs=3, batch_size=8), Phase(epochs=3, batch_size=8, learning_rate=0.2, early_stopping=EarlyStopping())
)
ONE = spec_of(Phase(epochs=5, batch_size=8, learning_rate=0.2))


@pytest.mark.parametrize("where", ["training", "validation"])
@pytest.mark.parametrize(
    ("spec", "epoch", "kept", "rate"),
    [(ONE, 4, 2, 0.2), (TWO, 3, 2, 1e-3), (TWO, 4, 3, 0.2), (TWO, 6, 5, 0.2)],
    ids=["best of the phase", "in the first phase", "in a phase's first epoch", "best of a later phase"],
)
def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_last_good_epoch(
    drawn, tmp_path, monkeypatch, where, spec, epoch, kept, rate
):
    answers = blows_up(monkeypatch, epoch, where, [0.3, 0.6, 0.5, 0.4, 0.7, 0.6])
    result, follower = run(drawn, spec, tmp_path / "attempt-1")
    assert len(follower.epochs) == result.metrics["epochs"] == epoch - 1
    assert result.metrics[ENDED_EARLY] == 1
    assert result.metrics[NOT_A_NUMBER] == epoch
    assert result.metrics[NOT_A_NUMBER_RATE] == rate
    assert result.metrics["best_epoch"] == kept
    found = result.predictions.parts[Part.VALIDATION].probabilities
    np.testing.assert_array_equal(found, answers[kept - 1])
    assert np.isfinite(found).all()
    for checkpoint in (tmp_path / "checkpoints").glob("epoch-*/arrays.npz"):
        with np.load(checkpoint) as arrays:
            assert all(np.isfinite(arrays[name]).all() for name in arrays.files)


def test_a_run_interrupted_before_its_loss_was_no_number_ends_with_the_very_same_epoch(drawn, tmp_path, monkeypatch):
    accuracies = [0.3, 0.6, 0.5]
    with monkeypatch.context() as patched:
        blows_up(patched, 4, "training", accuracies)
        whole, _ = run(drawn, ONE, tmp_path / "a" / "attempt-1")
    with monkeypatch.context() as patched:
        blows_up(patched, 4, "training", accuracies)
        with pytest.raises(Stopped):
            run(drawn, ONE, tmp_path / "b" / "attempt-1", stop_after=3)
        result, _ = run(drawn, ONE, tmp_path / "b" / "attempt-2")
    assert result.metrics["best_epoch"] == 2
    assert numbers(result) == numbers(whole)


def test_in_the_first_epoch_there_is_nothing_to_keep_and_the_run_fails(drawn, tmp_path, monkeypatch):
    blows_up(monkeypatch, 1, "validation")
    with pytest.raises(TrainingFailed, match=r"in epoch 1, on the validation photos.*rate of 0.2 is.*try 0.02"):
        run(drawn, ONE, tmp_path / "attempt-1")
    assert not (tmp_path / "checkpoints").exists()


def exhausted():
    import tensorflow as tf

    return tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


@pytest.mark.parametrize("error", [lambda: MemoryError(), exhausted], ids=["Python", "TensorFlow"])
@pytest.mark.parametrize(
    ("epoch", "sentence"),
    [(1, "too small for a batch of 64 in phase 1; try 32"), (2, "too small even for one photo a batch in phase 2;")],
)
def test_too_little_memory_names_a_smaller_batch_of_the_phase_it_happened_in(
    drawn, tmp_path, monkeypatch, error, epoch, sentence
):
    real = PhaseTraining.train_epoch

    def run_out(self, number, *rest):
        if number == epoch:
            raise error()
        return real(self, number, *rest)

    monkeypatch.setattr(PhaseTraining, "train_epoch", run_out)
    with pytest.raises(TrainingFailed, match=sentence):
        run(drawn, spec_of(Phase(epochs=1, batch_size=64), Phase(epochs=1, batch_size=1)), tmp_path / "attempt-1")


def test_a_network_that_has_no_room_at_all_is_told_without_a_batch(drawn, tmp_path, monkeypatch):
    def run_out(*_):
        raise MemoryError

    monkeypatch.setattr("core.training.trainer.build", run_out)
    with pytest.raises(TrainingFailed, match="too small for this network; try smaller photos than 16 px"):
        run(drawn, spec_of(Phase()), tmp_path / "attempt-1")


def no_space(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("kind", ["decoded", "copies", "prefix", "checkpoint", "weights"])
def test_a_full_disk_is_told_in_a_sentence_wherever_it_is_met_and_no_part_stays(
    drawn, tmp_path, pretrained, monkeypatch, kind
):
    settings, rows = drawn
    settings = replace(settings, home=tmp_path / "home")
    for name in ("photos", "weights"):
        settings.home.mkdir(exist_ok=True)
        (settings.home / name).symlink_to(drawn[0].home / name)
    real = disk_cache._reserve
    if kind == "checkpoint":
        monkeypatch.setattr(checkpoints, "_sync", no_space)
    elif kind == "weights":
        monkeypatch.setattr("core.models.trained.os.fsync", no_space)
        monkeypatch.setattr(checkpoints, "save", lambda *_: None)
    else:
        monkeypatch.setattr(
            disk_cache, "_reserve", lambda path, size: no_space() if path.parent.name == kind else real(path, size)
        )
    spec = pretrained(Phase(frozen="all", epochs=1, batch_size=8, recipe=TURNS, fixed_copies=1))
    with pytest.raises(TrainingFailed, match=r"the disk is full\. Free some space .*Kept outputs"):
        run((settings, rows), spec, tmp_path / "job" / "attempt-1")
    assert not list(tmp_path.rglob("*.part"))
    if kind == "checkpoint":
        assert not list((tmp_path / "job" / "checkpoints").iterdir())


def test_keras_still_fits_in_a_process_that_has_trained(uninterrupted):
    import keras

    assert uninterrupted
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.zeros((8, 4)), np.zeros(8), shuffle=True, verbose=0)


def test_balanced_weights_are_those_of_scikit_learn_and_absent_classes_weigh_nothing():
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.array([0, 0, 0, 1, 2, 2])
    ours = balanced(np.bincount(labels, minlength=3))
    np.testing.assert_allclose(ours, compute_class_weight("balanced", classes=np.arange(3), y=labels))
    assert balanced(np.bincount(labels, minlength=4))[3] == 0


class Impatient(Follower):
    """Asks to end and keep the best once so many batches of an epoch are done."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.epoch, self.batch = epoch, batch

    def report(self, progress, metrics):
        super().report(progress, metrics)
        return (progress.epoch, progress.batch) >= (self.epoch, self.batch)


@pytest.mark.parametrize(
    ("epoch", "batch", "kept", "done"),
    [(0, 1, 1, 1), (2, 0, 1, 2), (2, 3, 1, 2), (4, 1, 4, 4)],
    ids=["before the first epoch", "between epochs", "within an epoch", "in the next phase"],
)
def test_who_asks_to_end_gets_the_best_epoch_so_far(drawn, tmp_path, monkeypatch, epoch, batch, kept, done):
    accuracies = iter([0.6, 0.5, 0.4, 0.5, 0.3, 0.9])
    real = PhaseTraining.validate
    answers = []

    def validate(self, tick):
        answers.append(self.probabilities(Part.VALIDATION))
        return real(self, tick) | {"validation_accuracy": next(accuracies)}

    monkeypatch.setattr(PhaseTraining, "validate", validate)
    monkeypatch.setattr("core.training.reporting.REPORT_SECONDS", 0.0)
    follower = Impatient(epoch, batch)
    settings, rows = drawn
    spec = spec_of(Phase(epochs=3, batch_size=8), Phase(epochs=3, batch_size=8, learning_rate=1e-4))
    result = train(settings, spec, CLASSES, rows, tmp_path / "attempt-1", follower.report, follower.stop, "evaluation")
    assert len(follower.epochs) == done
    assert result.metrics["ended_early"] == 1
    assert (result.metrics["best_epoch"], result.metrics["epochs"]) == (kept, done)
    np.testing.assert_array_equal(result.predictions.parts[Part.VALIDATION].probabilities, answers[kept - 1])


def test_a_run_that_ends_as_planned_says_so_and_which_epoch_it_keeps(uninterrupted):
    result, _ = uninterrupted
    assert "ended_early" not in result.metrics
    assert result.metrics["frozen_checked"] == 1
    assert 4 <= result.metrics["best_epoch"] <= result.metrics["epochs"] == 5


def test_frozen_weights_that_move_fail_the_run(drawn, tmp_path, monkeypatch):
    prints = iter("ab")
    monkeypatch.setattr("core.models.network.Network.frozen_fingerprint", lambda *_: next(prints))
    with pytest.raises(TrainingFailed, match="phase 1 freezes have moved"):
        run(drawn, spec_of(Phase(frozen=4, epochs=1)), tmp_path / "attempt-1")


def test_recall_is_told_a_class_and_epoch(uninterrupted):
    metrics = uninterrupted[1].epochs[-1]
    recalls = [metrics[f"validation_recall_{label}"] for label in range(len(CLASSES))]
    assert np.mean(recalls) == pytest.approx(metrics["validation_accuracy"])  # the classes have as many photos each


def test_the_confusion_of_every_epoch_is_kept_and_agrees_with_its_accuracy(uninterrupted):
    result, follower = uninterrupted
    assert list(result.confusions) == [str(epoch) for epoch in range(1, len(follower.epochs) + 1)]
    for text, epoch in zip(result.confusions.values(), follower.epochs, strict=True):
        counts = np.array(text.split(), int).reshape(3, 3)
        assert np.trace(counts) / counts.sum() == pytest.approx(epoch["validation_accuracy"])
        assert (np.diag(counts) / counts.sum(axis=1)).tolist() == [epoch[f"validation_recall_{c}"] for c in range(3)]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "exponential"])
def test_a_warm_up_rises_to_the_rate_of_the_schedule_and_then_leaves_it(schedule):
    phase = Phase(epochs=4, batch_size=8, learning_rate=0.01, schedule=schedule, warmup_epochs=2)
    warm, plain = (
        phase_training._optimizer(each, 5) for each in (phase, phase.model_copy(update={"warmup_epochs": 0}))
    )
    rates = []
    for optimizer in (warm, plain):
        given = optimizer._learning_rate
        rates.append([float(given(step)) if callable(given) else float(given) for step in range(20)])
    rising = np.minimum(1, np.arange(1, 21) / 10)
    np.testing.assert_allclose(rates[0], np.array(rates[1]) * rising, rtol=1e-5)
