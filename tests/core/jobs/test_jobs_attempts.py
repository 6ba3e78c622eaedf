import pytest

from core.jobs import attempts, places


@pytest.fixture
def checkpoint(settings):
    """checkpoint(3) leaves the checkpoint of the third epoch."""
    return lambda epoch: (places.job(settings, "r") / "checkpoints" / f"epoch-{epoch:05d}").mkdir(parents=True)


def test_deaths_count_in_a_row_and_a_new_checkpoint_begins_anew(settings, checkpoint):
    attempts.begin(settings, "r", fresh=True)
    assert [attempts.died(settings, "r") for _ in range(2)] == [1, 2]
    attempts.begin(settings, "r", fresh=False)
    checkpoint(1)
    assert attempts.died(settings, "r") == 0
    attempts.begin(settings, "r", fresh=False)
    assert attempts.died(settings, "r") == 1


def test_ends_with_the_supervisor_are_counted_apart(settings, checkpoint):
    attempts.begin(settings, "r", fresh=True)
    assert [attempts.died_together(settings, "r") for _ in range(3)] == [1, 2, 3]
    assert attempts.died(settings, "r") == 1
    checkpoint(1)
    assert attempts.died_together(settings, "r") == 0
    assert attempts.died(settings, "r") == 1


def test_an_end_in_good_order_is_no_death(settings):
    attempts.begin(settings, "r", fresh=True)
    attempts.left(settings, "r")
    assert attempts.died_together(settings, "r") == 0
    attempts.begin(settings, "r", fresh=False)
    assert attempts.died_together(settings, "r") == 1


def test_who_asks_again_has_all_tries_again(settings):
    attempts.begin(settings, "r", fresh=True)
    attempts.died(settings, "r")
    attempts.begin(settings, "r", fresh=True)
    assert attempts.died(settings, "r") == 1
