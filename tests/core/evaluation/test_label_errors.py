import subprocess
import sys

import numpy as np
import pytest

from core.evaluation.label_errors import COLUMNS, averaged, likely_label_errors
from core.records import PartPredictions


def part(n=600, c=6, wrong=20, absent=(), seed=0):
    """A good run's answers, and labels of which `wrong` were exchanged for the next class."""
    random = np.random.default_rng(seed)
    true = random.choice([label for label in range(c) if label not in absent], n) if n else np.zeros(0, int)
    shares = random.dirichlet(np.full(c, 0.3), n) + 4 * np.eye(c)[true] if n else np.zeros((0, c))
    labels = true.copy()
    labels[:wrong] = (labels[:wrong] + 1) % c
    ids = tuple(f"{number:05d}" for number in range(n))
    return PartPredictions(ids=ids, true=labels, probabilities=shares / 5), true


def test_exchanged_labels_are_found_with_the_class_they_look_like(recwarn):
    answers, true = part()
    found = likely_label_errors(answers)
    assert list(found.columns) == list(COLUMNS)
    assert set(found["id"]) <= set(answers.ids[:20])
    assert len(found) >= 12  # confident learning is careful: it leaves those out that the run is not sure of
    rows = found["id"].astype(int)
    assert found["suggested"].tolist() == true[rows].tolist()
    assert found["true"].tolist() == answers.true[rows].tolist()
    assert found["quality"].is_monotonic_increasing
    assert (found["probability_true"] < found["probability_suggested"]).all()
    assert len(likely_label_errors(answers, most=5)) == 5
    assert not [warning for warning in recwarn if warning.category is UserWarning]


def test_several_weak_runs_together_point_at_fewer_right_labels_than_one():
    answers, true = part(n=500, wrong=20)
    random = np.random.default_rng(1)
    weak = [
        answers.model_copy(
            update={"probabilities": (random.dirichlet(np.full(6, 0.5), 500) + 0.6 * np.eye(6)[true]) / 1.6}
        )
        for _ in range(6)
    ]
    alone, together = likely_label_errors(weak[0]), likely_label_errors(averaged(weak))
    exchanged = set(answers.ids[:20])
    assert len(set(together["id"]) - exchanged) < len(set(alone["id"]) - exchanged)
    assert len(set(together["id"]) & exchanged) >= 12
    with pytest.raises(ValueError, match="Received: 0"):
        averaged([])
    with pytest.raises(ValueError, match="same photos"):
        averaged([answers, part(n=10)[0]])


def test_right_labels_are_left_alone():
    assert likely_label_errors(part(wrong=0)[0]).empty


@pytest.mark.parametrize(
    "answers",
    [
        part(n=0, wrong=0)[0],
        part(n=1, wrong=1)[0],
        part(n=2, wrong=0)[0],
        part(c=3, absent=(1, 2), wrong=0)[0],
        part(n=40, c=100, wrong=2)[0],
        part(absent=(2,))[0],
        PartPredictions(ids=("a", "b"), true=[0, 1], probabilities=[[np.nan, 0.5], [0.5, 0.5]]),
    ],
    ids=["no photos", "one photo", "two photos", "one class", "hundred classes", "absent class", "no numbers"],
)
def test_little_to_learn_from_gives_a_table_without_nan_and_no_traceback(answers, recwarn):
    found = likely_label_errors(answers)
    assert list(found.columns) == list(COLUMNS)
    assert not found.isna().any(axis=None)


def test_labels_alone_find_nothing():
    assert likely_label_errors(part()[0], has_probabilities=False).empty


def test_cleanlab_is_loaded_only_where_label_errors_are_asked_for():
    code = "import core.evaluation.label_errors, sys; print('cleanlab' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
