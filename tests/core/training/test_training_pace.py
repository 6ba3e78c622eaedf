import pytest

from core.models.work import works
from core.records import Phase, RunSpec
from core.training import expected, pace
from core.training.pace import Course, Pace

PHOTOS, VALIDATION, TEST = 2000, 300, 350
BATCH = 50
TRACING = 2.0  # seconds until the first validation of a phase begins
CHECKED = (VALIDATION, VALIDATION + TEST)


def spec_of(*phases, seed=0):
    return RunSpec(
        dataset="d",
        split="s",
        backbone="mobilenetv2",
        weights_hash="ab",
        phases=[phase.model_copy(update={"batch_size": BATCH}) for phase in phases],
        seed=seed,
    )


class World:
    """A machine on which everything takes its time, and a training that tells its pace of it.

    a_photo : seconds of a training photo, by phase. check : of a validation. start : until a phase's first batch is
    done, compiling. forward : of a photo through the prefix.
    """

    def __init__(self, settings, spec, courses, a_photo, check=1.0, start=4.0, forward=0.02):
        self.pace = Pace(settings, spec, courses, CHECKED)
        self.spec, self.courses, self.a_photo = spec, courses, a_photo
        self.check, self.start, self.forward = check, start, forward
        self.now, self.told = 0.0, []  # told: (epochs done, when, seconds left as told)

    def tell(self, done, *left):
        self.told.append((done, self.now, self.pace.left(*left)))

    def run(self):
        done = 0
        for number, (phase, course) in enumerate(zip(self.spec.phases, self.courses, strict=True)):
            self.tell(done, number, phase.epochs)
            self.now += self.start + course.passes * self.forward
            for epoch in range(phase.epochs):
                for batch in range(course.photos // BATCH):
                    seconds = self.start if epoch == batch == 0 else BATCH * self.a_photo[number]
                    self.pace.batch(number, BATCH, seconds)
                    if epoch == batch == 0:
                        if course.passes:
                            self.pace.forward(course.cut, self.forward)
                        self.pace.started(number, self.start)
                    else:
                        self.now += seconds
                    left = course.photos - (batch + 1) * BATCH
                    self.tell(done, number, phase.epochs - epoch - 1, left)
                if epoch == 0:
                    self.pace.traced(number, TRACING)
                    self.now += TRACING
                self.pace.between(number, self.check)
                self.now += self.check
                done += 1
                self.tell(done, number, phase.epochs - epoch - 1)
        self.now += self.check * (VALIDATION + TEST) / VALIDATION + self.courses[-1].test_passes * self.forward + 0.5
        self.pace.remember()
        return self

    def worst(self, after=2):
        """The largest error from that epoch's end on, as a share of what was really left."""
        return max(abs(left / (self.now - when) - 1) for done, when, left in self.told if done >= after)


KEPT = Course(PHOTOS, 154, PHOTOS + VALIDATION, TEST)
WHOLE = Course(PHOTOS)
ALL, THAWED = Phase(frozen="all", epochs=8), Phase(frozen=50, epochs=4)


@pytest.mark.parametrize(
    ("course", "a_photo"), [(WHOLE, 0.03), (KEPT, 0.0003)], ids=["photos", "kept outputs: the test photos come last"]
)
def test_the_time_left_of_one_phase_is_right_within_a_quarter_from_the_second_epoch_on(settings, course, a_photo):
    assert World(settings, spec_of(ALL), [course], [a_photo]).run().worst() < 0.25


def test_a_later_phase_that_an_earlier_run_timed_is_right_within_a_quarter(settings):
    courses = [KEPT, WHOLE]
    World(settings, spec_of(ALL, THAWED), courses, [0.0003, 0.04], check=3.0).run()
    again = World(settings, spec_of(ALL, THAWED, seed=1), courses, [0.0003, 0.04], check=3.0).run()
    assert again.worst(after=0) < 0.25  # even before anything of this run was timed


@pytest.mark.parametrize("slower", [0.5, 3.0])
def test_a_machine_busier_or_quicker_than_when_an_earlier_run_timed_it_is_reckoned_with(settings, slower):
    courses, spec = [WHOLE, WHOLE], spec_of(ALL, THAWED)
    World(settings, spec, courses, [0.02, 0.04], check=3.0).run()
    slow = {"check": slower * 3.0, "start": slower * 4.0, "forward": slower * 0.02}
    assert World(settings, spec, courses, [slower * 0.02, slower * 0.04], **slow).run().worst() < 0.25


def test_a_head_that_trains_in_an_instant_tells_nothing_of_how_busy_the_machine_is(settings):
    courses, spec = [KEPT, WHOLE], spec_of(ALL, THAWED)
    World(settings, spec, courses, [0.0001, 0.04], check=3.0).run()
    assert World(settings, spec, courses, [0.0002, 0.04], check=3.0).run().worst() < 0.25


def test_a_later_phase_that_was_measured_on_this_machine_is_right_within_a_quarter(settings, monkeypatch):
    asked = []

    def measured(_, backbone, size, frozen, kept):
        asked.append((backbone.key, size, frozen, kept))
        return 0.0003 if kept else 0.04

    monkeypatch.setattr(pace, "seconds_a_photo", measured)
    assert World(settings, spec_of(ALL, THAWED), [KEPT, WHOLE], [0.0003, 0.04]).run().worst() < 0.25
    assert ("mobilenetv2", 96, 50, False) in asked


def test_a_later_phase_that_nobody_timed_is_told_from_the_work_of_its_layers(settings):
    work = works("mobilenetv2")
    forward = 0.02 / sum(work)
    cost = forward * (sum(work) + expected.BACKWARD * sum(work[50:]))
    assert cost > 0.03
    world = World(settings, spec_of(ALL, THAWED), [KEPT, WHOLE], [0.0003, cost], check=VALIDATION * 0.02).run()
    assert world.worst() < 0.25


def test_thawing_after_training_the_head_through_the_whole_network_is_told_from_that(settings):
    work = works("mobilenetv2")
    unit = 0.02 / sum(work)
    cost = unit * (sum(work) + expected.BACKWARD * sum(work[50:]))
    assert World(settings, spec_of(ALL, THAWED), [WHOLE, WHOLE], [0.02, cost]).run().worst() < 0.25


def test_a_machine_that_got_busy_is_noticed_within_some_epochs(settings):
    pace = Pace(settings, spec_of(Phase(epochs=100)), [WHOLE], CHECKED)
    for seconds, epochs in ((0.01, 20), (0.05, 6)):
        for _ in range(epochs * PHOTOS // BATCH):
            pace.batch(0, BATCH, seconds * BATCH)
    assert pace.left(0, 10) == pytest.approx(10 * PHOTOS * 0.05, rel=0.35)


def test_before_a_batch_that_only_trains_the_time_left_is_unknown(settings):
    pace = Pace(settings, spec_of(ALL), [KEPT], CHECKED)
    assert pace.left(0, 8) is None
    pace.batch(0, BATCH, 3.0)  # compiles
    assert pace.left(0, 7, PHOTOS - BATCH) is None
    pace.batch(0, BATCH, 0.5)
    assert pace.left(0, 7, PHOTOS - 2 * BATCH) == pytest.approx(0.01 * (8 * PHOTOS - 2 * BATCH), rel=0.2)


def test_where_an_epoch_is_one_batch_the_time_left_is_told_after_it_all_the_same(settings):
    pace = Pace(settings, spec_of(ALL), [Course(BATCH)], CHECKED)
    pace.batch(0, BATCH, 3.0)
    pace.between(0, 1.0)
    assert pace.left(0, 7) > 7


def test_what_a_prefix_saves_is_told_from_its_own_pace_or_from_another_cuts(settings):
    pace = Pace(settings, spec_of(ALL), [KEPT], CHECKED)
    assert pace.saved(154, 100) == 0
    pace.forward(100, 0.01)
    work = works("mobilenetv2")
    assert pace.saved(154, 100) == pytest.approx(100 * 0.01 * sum(work) / sum(work[:100]))
    pace.forward(154, 0.002, base=100)  # the rest of the way, from kept outputs
    assert pace.saved(154, 100) == pytest.approx(1.2)
    pace.forward(154, 0.02)
    assert pace.saved(154, 100) == pytest.approx(2.0)


def test_a_damaged_memory_is_no_trouble(settings):
    settings.cache.mkdir(parents=True)
    (settings.cache / "pace.json").write_text("[1, {")
    Pace(settings, spec_of(ALL), [KEPT], CHECKED).remember()
    assert (settings.cache / "pace.json").read_text() == "{}"


def test_a_full_disk_only_loses_the_memory(settings, monkeypatch):
    pace = Pace(settings, spec_of(ALL), [KEPT], CHECKED)
    monkeypatch.setattr("pathlib.Path.mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left")))
    pace.remember()
    assert not (settings.cache / "pace.json").exists()
