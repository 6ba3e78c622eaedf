"""Measures of photos: what they say of a picture, and that no photo is measured twice."""

import io

import numpy as np
import pytest
from PIL import Image

from core.datasets import import_files, photo_path, photo_rows
from core.datasets.measures import COLUMNS, FIGURES, measure, measures


def content(seed: int) -> io.BytesIO:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 24, 3), dtype=np.uint8)).save(file, "PNG")
    return io.BytesIO(file.getvalue())


@pytest.fixture
def dataset(home):
    files = [("AB"[number % 2], f"{number}.png", content(number)) for number in range(12)]
    return import_files(home, files, "Noise")


def counting():
    seen = []
    return seen, lambda done, total: seen.append((done, total))


def figures(photo: Image.Image) -> dict[str, float]:
    return dict(zip(FIGURES, measure(photo)[1:], strict=True))


def test_colour_and_light_of_a_plain_photo():
    found = figures(Image.new("RGB", (70, 50), (200, 100, 0)))
    assert found == pytest.approx(
        {
            "brightness": 100,
            "contrast": 0,
            "least_green": 0,
            "most_green": 0,
            "coolest": 200 / 116,
            "warmest": 200 / 116,
        },
        abs=1e-3,
    )


def test_light_is_mean_and_standard_deviation_of_the_grey():
    halves = np.zeros((64, 64, 3), np.uint8)
    halves[:, 32:] = 200
    found = figures(Image.fromarray(halves))
    assert (found["brightness"], found["contrast"]) == pytest.approx((100, 100), abs=0.1)


def test_a_leaf_on_pink_sand_is_as_pink_as_its_sand_and_as_green_as_its_leaf():
    scene = np.full((96, 96, 3), (180, 100, 180), np.uint8)
    scene[:, :48] = (40, 160, 40)
    found = figures(Image.fromarray(scene))
    assert found["least_green"] == pytest.approx(-80 / (460 / 3 + 16), abs=0.01)
    assert found["most_green"] == pytest.approx(120 / (80 + 16), abs=0.01)


def test_a_photo_has_the_same_hash_at_every_size_and_with_swapped_channels():
    photo = Image.open(content(1)).resize((400, 300), Image.Resampling.BICUBIC)
    wanted = np.unpackbits(np.frombuffer(measure(photo)[0], np.uint8))
    for copy in (photo.resize((200, 150)), Image.merge("RGB", photo.split()[::-1])):
        got = np.unpackbits(np.frombuffer(measure(copy)[0], np.uint8))
        assert (wanted != got).sum() <= 6


def test_a_row_a_photo_in_the_order_of_the_catalogue(home, dataset):
    seen, report = counting()
    frame = measures(home, dataset, report)
    assert tuple(frame.columns) == COLUMNS
    assert frame["id"].tolist() == photo_rows(home, dataset.id)["id"].tolist()
    assert seen == [(done, 12) for done in range(1, 13)]
    with Image.open(photo_path(home, frame["id"][3])) as photo:
        digest, *wanted = measure(photo)
    assert frame["hash"][3] == digest
    assert frame.iloc[3, 2:].tolist() == pytest.approx(wanted)


def test_photos_are_measured_once_for_all_versions(home, dataset):
    measures(home, dataset)
    added = import_files(home, [("A", "more.png", content(50))], "Noise", parent=dataset)
    seen, report = counting()
    assert len(measures(home, added, report)) == 13
    assert seen == [(1, 1)]
    seen, report = counting()
    measures(home, added, report)
    measures(home, dataset, report)
    assert seen == []


def test_a_damaged_file_of_measures_is_made_again(home, dataset):
    wanted = measures(home, dataset)
    file = next(home.cache.rglob("*.parquet"))
    file.write_bytes(b"half a fi")
    assert measures(home, dataset)["hash"].tolist() == wanted["hash"].tolist()


def test_a_photo_that_is_gone_or_damaged_has_no_measures_until_it_is_back(home, dataset):
    gone, damaged, *_ = photo_rows(home, dataset.id)["id"]
    kept = photo_path(home, gone).read_bytes()
    photo_path(home, damaged).write_bytes(b"no photo")
    place = photo_path(home, gone)
    place.unlink()
    frame = measures(home, dataset).set_index("id")
    assert frame.index[frame["hash"].isna()].tolist() == [gone, damaged]
    assert np.isnan(frame["brightness"][gone])
    place.write_bytes(kept)
    assert measures(home, dataset).set_index("id")["hash"][gone]
