import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn import metrics

from core.evaluation.certainty import calibration_error
from core.evaluation.figures import confusion, part_figures, summary
from core.evaluation.intervals import count_intervals, intervals, intervals_of
from core.evaluation.resampling import count_draws, photo_draws, resampled
from core.records import PartPredictions


def part(n=300, c=4, seed=0, sharp=0.6, absent=()):
    random = np.random.default_rng(seed)
    true = np.random.default_rng(99).choice([label for label in range(c) if label not in absent], n)
    shares = random.dirichlet(np.full(c, 0.4), n) + sharp * np.eye(c)[true]
    ids = tuple(f"{number:05d}" for number in range(n))
    return PartPredictions(ids=ids, true=true, probabilities=shares / (1 + sharp))


def test_every_draw_has_as_many_photos_as_there_are_and_blocks_change_nothing(monkeypatch):
    whole = np.hstack(list(photo_draws(50, 30, seed=4)))
    assert whole.shape == (50, 30)
    assert (whole.sum(axis=0) == 50).all()
    monkeypatch.setattr("core.evaluation.resampling.AT_ONCE", 7 * 50)
    blocks = list(photo_draws(50, 30, seed=4))
    assert [block.shape[1] for block in blocks] == [7, 7, 7, 7, 2]
    np.testing.assert_array_equal(np.hstack(blocks), whole)


def test_each_draw_gives_what_scikit_learn_gives_on_the_photos_drawn():
    answers = part(absent=(2,))
    (found,) = resampled([answers], 4, [True], draws=5, seed=3)
    for at, drawn in enumerate(np.hstack(list(photo_draws(300, 5, seed=3))).T):
        rows = np.repeat(np.arange(300), drawn.astype(int))
        true, predicted, probabilities = answers.true[rows], answers.predicted[rows], answers.probabilities[rows]
        theirs = {
            "accuracy": metrics.accuracy_score(true, predicted),
            "f1_macro": metrics.f1_score(true, predicted, labels=range(4), average="macro", zero_division=0),
            "precision_weighted": metrics.precision_score(true, predicted, average="weighted", zero_division=0),
            "top2_accuracy": metrics.top_k_accuracy_score(true, probabilities, k=2, labels=range(4)),
            "loss": -np.log(probabilities[np.arange(300), true]).mean(),
            "calibration_error": calibration_error(true, probabilities),
        }
        for name, value in theirs.items():
            assert found[name][at] == pytest.approx(value, abs=1e-5), name


def test_each_draw_of_counts_gives_the_figures_of_the_matrix_drawn():
    counts = confusion(part().true, part().predicted, 4)
    found = count_draws(counts, draws=3, seed=2)
    cells = np.flatnonzero(counts)
    drawn = np.random.default_rng(2).multinomial(300, counts.ravel()[cells] / 300, size=3)
    for at, row in enumerate(drawn):
        matrix = np.zeros(16, int)
        matrix[cells] = row
        expected = summary(matrix.reshape(4, 4))
        assert {name: values[at] for name, values in found.items()} == pytest.approx(expected, abs=1e-12)


def test_intervals_of_accuracy_and_loss_are_those_of_scipys_bootstrap():
    answers = part(n=400, sharp=0.3)
    found = intervals(answers, 4, draws=10_000)
    right = (answers.predicted == answers.true).astype(float)
    losses = -np.log(answers.probabilities[np.arange(400), answers.true].astype(float))
    for name, values in (("accuracy", right), ("loss", losses)):
        theirs = bootstrap(
            (values,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(0), batch=1_000
        ).confidence_interval
        width = theirs.high - theirs.low
        assert found[name] == pytest.approx((theirs.low, theirs.high), abs=0.06 * width)


def test_counts_alone_give_the_same_intervals_as_photos():
    answers = part(n=500)
    by_photo = intervals(answers, 4, draws=10_000)
    by_counts = count_intervals(confusion(answers.true, answers.predicted, 4), draws=10_000)
    assert "loss" not in by_counts
    for name, ends in by_counts.items():
        assert ends == pytest.approx(by_photo[name], abs=0.005), name


def test_every_figure_lies_in_an_interval_of_its_own_and_labels_alone_give_fewer():
    answers = part()
    found, summary = intervals(answers, 4), part_figures(answers, "abcd").summary
    assert set(found) == set(summary)
    for name in set(summary) - {"calibration_error"}:  # which is small here, and any draw's luck adds to it
        assert found[name][0] <= summary[name] <= found[name][1], name
    labels = intervals(answers, 4, has_probabilities=False)
    assert set(found) - set(labels) == {"loss", "top2_accuracy", "calibration_error"}


def test_runs_together_have_the_intervals_they_have_alone():
    first, second = part(seed=1), part(seed=2)
    together = intervals_of({"x": first, "y": second}, 4, {"y": False})
    assert together["x"] == intervals(first, 4)
    assert "loss" not in together["y"]
    assert together["y"]["accuracy"] == intervals(second, 4)["accuracy"]


def test_no_photo_gives_no_interval_and_one_photo_one_point():
    none = PartPredictions(ids=(), true=[], probabilities=np.zeros((0, 3)))
    assert intervals(none, 3) == {}
    assert count_intervals(np.zeros((3, 3))) == {}
    one = PartPredictions(ids=("a",), true=[1], probabilities=[[0.2, 0.5, 0.3]])
    assert intervals(one, 3)["accuracy"] == (1.0, 1.0)
    assert np.isfinite(list(intervals(one, 3).values())).all()


def test_probabilities_that_are_no_numbers_are_left_out_of_the_intervals():
    broken = PartPredictions(ids=("a", "b"), true=[1, 0], probabilities=[[np.nan, np.nan], [1, 0]])
    found = intervals(broken, 2)
    assert "loss" not in found
    assert np.isfinite(list(found.values())).all()
