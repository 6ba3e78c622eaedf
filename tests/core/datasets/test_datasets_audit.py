"""The audit: every kind of finding on photos made for it, worst first, and nothing on photos that are all right."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageEnhance, ImageOps
from scenes import content, ordinary, scene

from core.datasets import import_files, photo_path
from core.datasets.audit import Finding, audit
from core.datasets.editing import decide
from core.datasets.odd_photos import odd_photos, unusual
from core.datasets.splitting import make_split
from core.records import Dataset


def of_kind(found: list[Finding], kind: str) -> list[Finding]:
    return [one for one in found if one.kind == kind]


@pytest.fixture
def audited(home):
    """Import files and audit them: (dataset, findings)."""

    def run(files, name="Garden", **options) -> tuple[Dataset, list[Finding]]:
        dataset = import_files(home, files, name)
        return dataset, audit(home, dataset, **options)

    return run


def test_nothing_is_found_among_ordinary_photos(audited):
    assert audited(ordinary(60))[1] == []


def test_what_an_import_left_out_is_found_again(audited):
    files = ordinary(20)
    files += [("Ash", "copy.png", content(scene(0))), ("Oak", "torn.png", content(scene(2)))]
    files += [("Ash", "broken.jpg", io.BytesIO(b"no photo")), ("Oak", "empty.jpg", io.BytesIO(b""))]
    _, found = audited(files)
    torn, broken, copies = found
    assert (torn.kind, torn.photos, torn.ids) == ("two_labels", ("Ash/2.png", "Oak/torn.png"), ())
    assert "2 classes: Ash, Oak" in torn.sentence
    assert (broken.kind, broken.photos) == ("unreadable", ("Ash/broken.jpg", "Oak/empty.jpg"))
    assert "2 files could not be read" in broken.sentence
    assert (copies.kind, copies.photos, len(copies.ids)) == ("exact_copies", ("Ash/0.png", "Ash/copy.png"), 1)


def test_near_copies_are_one_finding_a_group_and_the_largest_stays(audited):
    first = scene(1)
    files = ordinary(30)
    files += [
        ("Oak", "small.png", content(first.resize((32, 24)))),
        ("Oak", "mirrored.png", content(ImageOps.mirror(first))),
    ]
    files += [("Oak", "bright.jpg", content(ImageEnhance.Brightness(first).enhance(1.15), "JPEG"))]
    (group,) = of_kind(audited(files)[1], "near_copies")
    assert group.photos == ("Oak/1.png", "Oak/bright.jpg", "Oak/mirrored.png", "Oak/small.png")
    assert (group.action, group.decision, group.across_labels) == ("together", None, False)
    assert dict(zip(group.ids, group.photos, strict=True)).keys() - set(group.suggested) == {group.ids[0]}
    assert "4 photos show nearly the same picture" in group.sentence


def test_the_same_picture_under_two_labels_comes_first_and_none_of_it_is_trusted(audited):
    files = ordinary(30)
    files += [("Oak", "again.jpg", content(scene(0), "JPEG")), ("Oak", "burst.jpg", content(scene(1), "JPEG"))]
    _, (worst, burst) = audited(files)
    assert worst.photos == ("Ash/0.png", "Oak/again.jpg")
    assert worst.across_labels
    assert set(worst.suggested) == set(worst.ids)
    assert "under 2 classes: Ash, Oak" in worst.sentence
    assert not burst.across_labels


def test_near_copies_on_both_sides_of_the_split_come_first(home):
    files = ordinary(40)
    files += [("AshOak"[3 * (n % 2) : 3 * (n % 2) + 3], f"again{n}.jpg", content(scene(n), "JPEG")) for n in range(6)]
    dataset = import_files(home, files, "Garden")
    split = make_split(home, dataset, together=False)
    found = audit(home, dataset, split)
    across = [one.across_parts for one in found]
    assert len(found) == 6
    assert any(across)
    assert across == sorted(across, reverse=True)
    assert "The split has them in" in found[0].sentence
    assert not any(one.across_parts for one in audit(home, dataset))
    assert not any(one.across_parts for one in audit(home, dataset, make_split(home, dataset)))


def tinted(photo: Image.Image, gains: tuple[float, float, float]) -> Image.Image:
    return Image.fromarray(np.clip(np.asarray(photo, float) * gains, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("gains", "what"),
    [
        ((1.2, 0.7, 1.2), "tinted magenta"),
        ((0.7, 0.8, 1.3), "unusually blue"),
        ((1.3, 0.9, 0.5), "unusually red or yellow"),
        ((0.6, 1.2, 0.6), "unusually green"),
    ],
)
def test_tinted_photos_are_found_by_their_colour(audited, gains, what):
    files = [*ordinary(60), *(("Ash", f"odd{n}.png", content(tinted(scene(900 + n), gains))) for n in range(3))]
    _, found = audited(files)
    (odd,) = [one for one in of_kind(found, "odd_colour") if what in one.sentence]
    assert set(odd.photos) == {"Ash/odd0.png", "Ash/odd1.png", "Ash/odd2.png"}
    assert odd.sentence.startswith("3 photos (4.8 %) are")
    assert (odd.action, odd.suggested) == ("nothing", ())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda photo: photo.point(lambda value: value * 0.2), "very dark"),
        (lambda photo: photo.point(lambda value: 200 + value * 0.2), "very bright"),
        (lambda photo: photo.point(lambda value: 255 if value > 125 else 0), "harshly lit"),
        (lambda photo: Image.new("RGB", photo.size, (90, 90, 90)), "nearly blank"),
    ],
)
def test_photos_in_odd_light_are_found(audited, change, what):
    _, found = audited([*ordinary(60), ("Oak", "odd.png", content(change(scene(900))))])
    (odd,) = [one for one in of_kind(found, "odd_light") if what in one.sentence]
    assert odd.photos == ("Oak/odd.png",)
    assert odd.sentence.startswith("1 photo is")


@pytest.mark.parametrize(
    ("size", "what"), [((20, 15), "much smaller"), ((400, 300), "much larger"), ((180, 20), "long and narrow")]
)
def test_photos_of_an_odd_size_are_found(audited, size, what):
    _, found = audited([*ordinary(40), ("Oak", "odd.png", content(scene(900, size)))])
    (odd,) = [one for one in of_kind(found, "odd_size") if what in one.sentence]
    assert odd.photos == ("Oak/odd.png",)


def test_upright_photos_among_wide_ones_are_no_finding(audited):
    assert audited([*ordinary(40), ("Oak", "upright.png", content(scene(900, (48, 64))))])[1] == []


def test_uneven_classes_are_a_finding_with_their_ratio(audited):
    files = [("Ash" if n < 10 else "Oak", f"{n}.png", content(scene(n))) for n in range(45)]
    _, (uneven,) = audited(files)
    assert (uneven.kind, uneven.photos) == ("imbalance", ())
    assert "Oak has 35 photos and Ash 10: 3.5 times as many" in uneven.sentence


def test_a_photo_whose_file_is_gone_is_unreadable(home, audited):
    dataset, _ = audited(ordinary(20))
    from core.datasets import photo_rows

    gone = photo_rows(home, dataset.id).iloc[4]
    photo_path(home, gone["id"]).unlink()
    for file in home.cache.rglob("*.*"):
        file.unlink()
    (finding,) = audit(home, dataset)
    assert (finding.kind, finding.photos, finding.suggested) == ("unreadable", (gone["path"],), (gone["id"],))
    assert "Import the photos again" in finding.sentence


def test_what_was_decided_comes_last_and_says_so(home, audited):
    files = ordinary(30)
    files += [("Oak", "again.jpg", content(scene(0), "JPEG")), ("Oak", "burst.jpg", content(scene(1), "JPEG"))]
    dataset, (worst, other) = audited(files)
    dataset = decide(home, dataset, {worst.id: "nothing"})
    assert [(one.id, one.decision) for one in audit(home, dataset)] == [(other.id, None), (worst.id, "nothing")]


def test_a_long_tail_on_one_side_hides_nothing_on_the_other():
    values = np.concatenate([np.linspace(0, 1, 50), np.linspace(1, 40, 50), [-5.0], [np.nan]])
    assert unusual(values, -1, 3, 0.5).tolist() == [100]
    assert unusual(values, 1, 3, 0.5).tolist() == []


def test_where_all_values_are_alike_only_what_can_be_seen_is_unusual():
    values = np.array([7.0] * 30 + [7.2, 9.0])
    assert unusual(values, 1, 3, 0.5).tolist() == [31]
    assert unusual(np.full(3, np.nan), 1, 3, 0.5).tolist() == []


def test_at_most_half_of_the_photos_on_a_side_can_be_unusual():
    random = np.random.default_rng(0)
    for draw in (random.normal(0, 1, 999), random.exponential(1, 999), random.standard_cauchy(999)):
        for side in (-1, 1):
            assert len(unusual(draw, side, 3, 0)) <= 250


def test_a_blank_photo_is_not_told_to_be_dull_as_well():
    rows = pd.DataFrame(
        {"width": 64, "height": 48, "brightness": 120.0, "contrast": [40.0] * 20 + [0.0]}, index=range(21)
    )
    rows = rows.assign(least_green=0.0, most_green=0.0, coolest=0.0, warmest=0.0)
    assert [(way.what, places.tolist()) for way, places, _ in odd_photos(rows)] == [("nearly blank", [20])]
