"""Findings on the Photos screen: looked for in the background, shown worst first, and each with what can be done."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from streamlit.testing.v1 import AppTest

from core.datasets import find_dataset, import_files, left_out, list_datasets, make_split, photo_path, photo_rows
from core.datasets.audit import audit
from core.datasets.measures import measures
from core.records import Dataset
from pages.parts import photos_audits, photos_findings

FRAME = Path(__file__).parents[2] / "pages" / "frame.py"
NAMES = ("**Ash** <b>bold", "Oak")


def scene(seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    small = random.uniform(60, 190, (8, 8, 1)) + random.uniform(-12, 12, (8, 8, 3))
    return Image.fromarray(small.astype(np.uint8)).resize((64, 48), Image.Resampling.BICUBIC)


def content(photo: Image.Image, kind: str = "PNG") -> io.BytesIO:
    file = io.BytesIO()
    photo.save(file, kind)
    return io.BytesIO(file.getvalue())


@pytest.fixture(autouse=True)
def with_store(empty_store):
    """Every test here begins with a run store without runs."""


def ordinary() -> list:
    return [(NAMES[n % 2], f"{n}.png", content(scene(n))) for n in range(40)]


@pytest.fixture
def garden(settings) -> Dataset:
    """40 ordinary photos, three near copies, and one photo tinted magenta."""
    pink = np.clip(np.asarray(scene(99), float) * (1.2, 0.7, 1.2), 0, 255).astype(np.uint8)
    files = [
        *ordinary(),
        (NAMES[1], "again.jpg", content(scene(1), "JPEG")),
        (NAMES[1], "mirrored.png", content(ImageOps.mirror(scene(3)))),
        (NAMES[1], "torn.png", content(ImageOps.flip(scene(0)))),
        (NAMES[1], "pink.png", content(Image.fromarray(pink))),
    ]
    return import_files(settings, files, "Garden")


def open_page() -> AppTest:
    page = AppTest.from_file(FRAME, default_timeout=30).switch_page("photos.py").run()
    assert not page.exception, page.exception
    return page


def audited_page() -> AppTest:
    """The page once its audit has ended, as its timer draws it in a browser."""
    page = open_page()
    for going in photos_audits._audits().values():
        assert going.ended.wait(30)
    return run(page)


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception, page.exception
    return page


def texts(page: AppTest) -> str:
    shown = [*page.markdown, *page.caption, *page.info, *page.error, *page.success, *page.warning]
    return "\n".join(element.value for element in shown).replace("\\", "")


def cards(page: AppTest) -> list[str]:
    """The sentences of the findings that are shown."""
    titles = tuple(f"**{title}** · " for title in photos_findings.KINDS.values())
    return [one.value.replace("\\", "") for one in page.markdown if one.value.startswith(titles)]


def buttons(page: AppTest, label: str) -> list:
    return [one for one in page.button if one.label == label]


def press(page: AppTest, label: str, number: int = 0) -> AppTest:
    buttons(page, label)[number].click()
    return run(page)


def show(page: AppTest, dataset: Dataset, kind: str) -> AppTest:
    page.button_group(key=f"photos_findings_kind_{dataset.id}").set_value(kind)
    return run(page)


def test_the_audit_runs_in_the_background_and_then_its_findings_are_there(garden):
    page = open_page()
    assert photos_audits.find(garden) is not None
    assert button_of_split(page)
    page = audited_page()
    found = cards(page)
    assert len(found) == 4
    assert "under 2 classes" in found[0]
    assert "tinted magenta" in found[3]


def button_of_split(page: AppTest) -> bool:
    return bool(buttons(page, "Make this split"))


def test_measured_photos_need_no_second_audit(garden, settings):
    audited_page()
    photos_audits._audits().clear()
    page = open_page()
    assert photos_audits.find(garden) is None
    assert len(cards(page)) == 4


def test_a_large_dataset_is_looked_at_when_somebody_asks(garden, monkeypatch):
    monkeypatch.setattr(photos_audits, "AT_ONCE", 10)
    page = open_page()
    assert photos_audits.find(garden) is None
    assert "44 photos were not looked at yet" in texts(page)
    press(page, "Look at the photos")
    assert photos_audits.find(garden).ended.wait(30)
    assert len(cards(run(page))) == 4


def test_where_nothing_is_found_the_page_says_so(settings):
    import_files(settings, ordinary(), "Garden")
    assert "Nothing found" in texts(audited_page())


def test_an_audit_that_fails_says_why_and_can_be_started_again(garden, settings, monkeypatch):
    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(photos_audits, "measures", broken)
    page = audited_page()
    assert "could not be looked at (MemoryError)" in texts(page)
    monkeypatch.setattr(photos_audits, "measures", measures)
    press(page, "Look again")
    assert photos_audits.find(garden).ended.wait(30)
    assert len(cards(run(page))) == 4


def test_names_and_paths_are_inert(garden):
    page = audited_page()
    raw = "\n".join(one.value for one in [*page.markdown, *page.caption])
    assert "**Ash** <b>" not in raw
    pictures = [one.value for one in page.get("html") if "<img" in one.value and "0.png" in one.value]
    assert pictures
    assert not any("<b>" in picture for picture in pictures)


def test_keeping_a_group_together_is_remembered_and_can_be_taken_back(garden, settings):
    page = press(audited_page(), "Keep together")
    (decision,) = find_dataset(settings, "Garden").decisions.items()
    assert decision[1] == "together"
    assert len(cards(page)) == 3
    page = show(page, garden, "decided")
    assert len(cards(page)) == 1
    assert "Kept together" in texts(page)
    press(page, "Take back")
    assert find_dataset(settings, "Garden").decisions == {}


def test_doing_nothing_about_a_finding_closes_it_and_changes_no_photo(garden, settings):
    page = press(audited_page(), "Nothing", 3)
    assert not any("tinted" in card for card in cards(page))
    assert [dataset.id for dataset in list_datasets(settings)] == [garden.id]
    assert list(find_dataset(settings, "Garden").decisions.values()) == ["nothing"]


def test_all_groups_are_kept_together_at_once(garden, settings):
    page = show(audited_page(), garden, "near_copies")
    press(page, "Keep all 3 groups together")
    assert list(find_dataset(settings, "Garden").decisions.values()) == ["together"] * 3


def test_leaving_out_all_but_one_of_each_group_makes_the_next_version(garden, settings):
    page = show(audited_page(), garden, "near_copies")
    page = press(page, "Leave out all but one of each: 4 photos")
    made = find_dataset(settings, "Garden")
    assert (made.version, made.parent, made.photos) == (2, garden.id, 40)
    assert made.edits == ("4 photos left out: near copies",)
    assert page.session_state["dataset"] == made.id
    assert "4 photos left out: near copies. Version 2 has 40 photos" in texts(page)
    assert "What was done: 4 photos left out: near copies." in texts(page)
    assert any("4 files left out: 4 by choice" in expander.label for expander in page.expander)
    kept = set(photo_rows(settings, made.id)["path"])
    assert len(kept & {"Oak/1.png", "Oak/again.jpg"}) == 1


def test_the_person_ticks_which_photos_are_left_out(garden, settings):
    page = show(audited_page(), garden, "near_copies")
    page = press(page, "Leave out ...", 1)
    ticked = {box.label.replace("\\", ""): box.value for box in page.checkbox}
    assert ticked == {"1.png": False, "again.jpg": True}
    page.checkbox[0].check()
    page.checkbox[1].uncheck()
    press(run(page), "Leave out 1 photo")
    made = find_dataset(settings, "Garden")
    assert left_out(settings, made.id)[["path", "reason"]].values.tolist() == [["Oak/1.png", "near copies"]]


def test_leaving_a_class_empty_is_refused_in_one_sentence(settings):
    files = [("Oak", f"{n}.png", content(scene(n))) for n in range(30)]
    files += [("Ash", "a.png", content(scene(200))), ("Ash", "b.jpg", content(scene(200), "JPEG"))]
    dataset = import_files(settings, files, "Garden")
    page = press(audited_page(), "Leave out ...")
    page.checkbox[0].check()
    page = press(run(page), "Leave out 2 photos")
    assert "of class Ash would be left out" in texts(page)
    assert [one.id for one in list_datasets(settings)] == [dataset.id]


def test_near_copies_on_both_sides_of_the_chosen_split_are_told(garden, settings):
    for seed in range(20):
        split = make_split(settings, garden, seed=seed, together=False)
        if any(one.across_parts for one in audit(settings, garden, split)):
            break
    photos_audits._audits().clear()
    page = audited_page()
    assert page.session_state["split"] == split.id
    assert "The split has them in" in cards(page)[0]


def test_hundreds_of_findings_are_shown_a_page_at_a_time(settings):
    files = ordinary() + [(NAMES[n % 2], f"again{n}.jpg", content(scene(n), "JPEG")) for n in range(20)]
    dataset = import_files(settings, files, "Garden")
    page = audited_page()
    assert len(cards(page)) == photos_findings.PER_PAGE
    page.session_state[f"photos_findings_page_{dataset.id}_all"] = 4
    assert len(cards(run(page))) == 20 - 3 * photos_findings.PER_PAGE
    page = press(page, "Nothing")
    page = press(page, "Nothing")
    assert len(cards(page)) == photos_findings.PER_PAGE


def test_a_photo_whose_file_is_gone_leaves_an_empty_place(garden, settings):
    page = audited_page()
    gone = photo_rows(settings, garden.id).set_index("path")["id"]["Oak/1.png"]
    photo_path(settings, gone).unlink()
    from pages.parts import loaders

    loaders.thumbnail.clear()
    run(page)
    assert any("dashed" in one.value for one in page.get("html"))


def test_the_sentence_of_an_audit_says_rate_and_time_left():
    going = photos_audits.Audit(began=time.monotonic() - 2)
    assert going.sentence() == "Looking at the photos"
    going.done, going.total = 1000, 3000
    assert going.sentence().startswith("Looking at the photos: 1,000 of 3,000 · ")
    assert going.sentence().endswith(" left")
    going.done = 3000
    assert going.sentence() == "Looking for near copies"
