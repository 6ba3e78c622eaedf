import pytest

from core.jobs import places
from core.jobs.executor import Signs
from core.jobs.silence import Silence
from core.jobs.watch import FIRST_BEAT_SECONDS, SILENT_SECONDS, STILL_SECONDS, Active, Watch
from core.runs.files import read_json


class Told:
    """An executor whose job does as it is told."""

    def __init__(self):
        self.signs_of_life, self.ended = Signs(0, 100.0, 0.0), 0

    def signs(self, job):  # noqa: ARG002
        return self.signs_of_life

    def stop(self, job, now=False):  # noqa: ARG002
        assert now
        self.ended += 1


@pytest.fixture
def watched(settings, queue_run):
    """The executor, the job, and `pass_seconds(n, beats, cpu)`: looks at the job every half second meanwhile."""
    now = 0.0
    executor, run = Told(), queue_run("quick")
    folder = places.attempt(settings, run.id, 1)
    clocks = {"silence": Silence(lambda: now), "stillness": Silence(lambda: now)}
    active, looking = Active(run, 1, "job", folder, **clocks), Watch(settings, executor)
    looking._limit = 1000
    looking.begin(active)

    def pass_seconds(seconds, beats=0.0, cpu=0.0):
        nonlocal now
        for _ in range(int(seconds * 2)):
            now += 0.5
            said = executor.signs_of_life
            executor.signs_of_life = Signs(said.beats + beats, said.held_mb, said.cpu_seconds + cpu)
            looking.look()

    return executor, active, pass_seconds


def test_a_heart_that_beats_keeps_a_job_alive_however_long_a_step_takes(watched):
    executor, active, pass_seconds = watched
    pass_seconds(10 * SILENT_SECONDS, beats=1, cpu=0.5)
    assert (executor.ended, active.why) == (0, None)


def test_a_job_that_says_nothing_any_more_is_ended_once_and_tried_again(watched):
    executor, active, pass_seconds = watched
    pass_seconds(5, beats=1)
    pass_seconds(SILENT_SECONDS - 2)
    assert executor.ended == 0
    pass_seconds(10)
    assert executor.ended == 1
    assert "said nothing for 40 s" in active.why
    assert not (active.folder / places.ERROR).exists()


def test_a_job_that_never_said_anything_may_have_to_import_first(watched):
    executor, _, pass_seconds = watched
    pass_seconds(FIRST_BEAT_SECONDS - 2)
    assert executor.ended == 0
    pass_seconds(10)
    assert executor.ended == 1


def test_a_job_whose_heart_beats_but_that_does_nothing_is_ended_after_half_an_hour(watched):
    executor, active, pass_seconds = watched
    pass_seconds(STILL_SECONDS / 2, beats=1, cpu=0.0001)
    pass_seconds(1, beats=1, cpu=1)
    pass_seconds(STILL_SECONDS - 10, beats=1, cpu=0.0001)
    assert executor.ended == 0
    pass_seconds(20, beats=1, cpu=0.0001)
    assert executor.ended == 1
    assert "did nothing for 30 minutes" in active.why


def test_a_job_that_holds_too_much_is_ended_with_a_sentence_that_fails_its_run(watched):
    executor, active, pass_seconds = watched
    executor.signs_of_life = Signs(1, 1000.0, 1.0)
    pass_seconds(1, beats=1)
    assert executor.ended == 0
    executor.signs_of_life = Signs(1, 1234.4, 1.0)
    pass_seconds(1, beats=1)
    assert executor.ended == 1
    said = read_json(active.folder / places.ERROR)["sentence"]
    assert said == (
        "Training stopped: it held 1,234 MB of memory, and a job may hold 1,000 MB here. That is too small for this "
        "network; try smaller photos than 12 px, more frozen layers or a smaller network. Who runs Thaw can allow more "
        "with THAW_MEMORY."
    )


def test_a_job_that_cannot_be_looked_at_leaves_the_others_watched(settings, queue_run, capsys):
    class Odd(Told):
        def signs(self, job):
            if job == "odd":
                raise RuntimeError("no such thing")
            return Signs(1, 10**9, 1.0)

    executor = Odd()
    looking = Watch(settings, executor)
    for number, job in enumerate(("odd", "large")):
        run = queue_run("quick", number)
        looking.begin(Active(run, 1, job, places.attempt(settings, run.id, 1)))
    looking.look()
    assert executor.ended == 1
    assert "no such thing" in capsys.readouterr().err
