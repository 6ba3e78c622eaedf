"""A class on the screens: who may do what, what the teacher sets, and what is said where a limit is reached."""

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import settings as settings_module
from core.datasets import list_datasets
from core.jobs import queue, quotas
from core.jobs.limits import Limits, limits, set_limits
from core.records import Visitor
from core.serving import class_codes, grouped
from core.training import preset_spec
from pages.parts import visitors

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
MIA, TOM = Visitor(id="mia-1", name="Mia"), Visitor(id="tom-1", name="Tom")
TEACHER = Visitor(id="teacher-1", name="Frau K", teacher=True)


@pytest.fixture
def here(settings, split, monkeypatch):
    """A class with a split of trees; its settings and the split."""
    monkeypatch.setenv("THAW_CLASS", "1")
    settings_module.settings.cache_clear()
    yield settings_module.settings(), split
    settings_module.settings.cache_clear()


@pytest.fixture
def as_(monkeypatch):
    def become(visitor):
        monkeypatch.setattr(visitors, "current", lambda: visitor)

    return become


def page(name: str) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60).switch_page(name).run()
    assert not app.exception
    return app


def submitted(settings, split, owner, seed=0):
    spec = preset_spec("first", split.dataset, split.id, seed, counts=(8, 8))
    return queue.submit(settings, spec, name=f"of {owner.id} {seed}", visitor=owner)[0]


def said(app: AppTest) -> str:
    kinds = (app.caption, app.info, app.error, app.warning, app.markdown)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


@pytest.mark.parametrize(("who", "own", "others"), [(MIA, True, False), (TOM, False, True), (TEACHER, True, True)])
def test_only_its_visitor_and_the_teacher_may_cancel_a_job(here, as_, who, own, others):
    settings, split = here
    run, other = submitted(settings, split, MIA), submitted(settings, split, TOM, seed=1)
    as_(who)
    app = page("train.py")
    assert app.button(key=f"train_cancel_{run.id}").disabled != own
    assert app.button(key=f"train_cancel_{other.id}").disabled != others
    assert "mia-1" in said(app)


def test_a_cancel_that_a_page_no_longer_offers_is_refused_all_the_same(here, as_):
    settings, split = here
    run = submitted(settings, split, MIA)
    as_(MIA)
    app = page("train.py")
    as_(TOM)
    app.button(key=f"train_cancel_{run.id}").click().run()
    assert "belongs to mia-1" in " ".join(toast.value for toast in app.toast).replace("\\", "")
    assert not queue.open_store(settings).get(run.id).stop_requested


def test_a_start_beyond_the_limit_is_told_and_nothing_is_queued(here, as_):
    settings, split = here
    set_limits(settings, Limits(waiting=1))
    submitted(settings, split, MIA, seed=5)
    as_(MIA)
    app = page("train.py")
    next(one for one in app.selectbox if one.label == "Start from").set_value("first").run()
    next(one for one in app.button if one.label == "Start").click().run()
    assert "You have 1 trainings waiting" in said(app)
    assert len(queue.waiting(settings)) == 1


def panel(part, *given) -> AppTest:
    """What stands in the chip of the class; AppTest can't open it."""

    def script(part, given):
        from pages.parts import class_panel

        getattr(class_panel, part)(*given)

    app = AppTest.from_function(script, args=(part, given), default_timeout=60).run()
    assert not app.exception
    return app


def test_a_pupil_is_told_what_is_left_and_no_code(here, as_):
    settings, split = here
    submitted(settings, split, MIA)
    as_(MIA)
    told = said(panel("_own", MIA))
    assert "1 of at most 5 trainings waiting; 0 MB of 5.0 GB" in told
    assert "A path on the server" not in page("photos.py").segmented_control(key="photos_way").options
    assert grouped(class_codes(settings).pupils) not in told


def test_the_teacher_sees_the_code_and_who_trains_and_sets_the_limits(here, as_):
    settings, split = here
    submitted(settings, split, MIA)
    submitted(settings, split, MIA, seed=1)
    as_(TEACHER)
    app = panel("_for_the_teacher")
    assert app.metric[0].value == grouped(class_codes(settings).pupils)
    assert app.dataframe[0].value.to_dict("records") == [{"Visitor": "mia-1", "Running": 0, "Waiting": 2, "Over": 0}]
    app.number_input(key="class_waiting").set_value(2)
    app.number_input(key="class_gigabytes").set_value(1.5)
    next(one for one in app.button if one.label == "Set the limits").click().run()
    assert limits(settings) == Limits(waiting=2, gigabytes=1.5)
    before = class_codes(settings)
    app.button(key="class_new_codes").click().run()
    assert app.metric[0].value != grouped(before.pupils)


def test_the_teacher_may_name_a_path_on_the_server(here, as_):
    as_(TEACHER)
    assert "A path on the server" in page("photos.py").segmented_control(key="photos_way").options


def packed() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("oak/1.png", b"x" * 5_000)
    return file.getvalue()


def test_an_import_beyond_the_disk_limit_is_told_before_it_starts_and_the_form_keeps_the_file(here, as_):
    settings, _ = here
    set_limits(settings, Limits(gigabytes=0.1))
    quotas.charge(settings, MIA.id, int(0.1 * 2**30))
    as_(MIA)
    app = page("photos.py")
    app.segmented_control(key="photos_way").set_value("A zip").run()
    app.file_uploader[0].upload("trees.zip", packed(), "application/zip").run()
    next(one for one in app.button if one.label == "Import").click().run()
    assert "the most of one visitor" in said(app)
    assert app.file_uploader[0].value is not None
    assert len(list_datasets(settings)) == 1


def test_at_this_machines_own_screen_there_is_no_class(trees_home):
    assert visitors.current().teacher
    assert not visitors.several()
    assert limits(settings_module.settings()) == Limits()
