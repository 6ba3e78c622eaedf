"""Near copies: found among unrelated photos, whatever the order, and without comparing all pairs."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

from core.datasets import find_dataset, import_files
from core.datasets.measures import measure
from core.datasets.near_copies import (
    LARGE,
    MOST_BITS,
    all_groups,
    finding_id,
    group,
    near_copy_groups,
    near_pairs,
    reach,
)

CERTAIN = 35  # bits up to which no pair is missed


def scene(seed: int, size: int = 96) -> Image.Image:
    """A photo of its own for each seed: coloured blobs of all sizes."""
    random = np.random.default_rng(seed)
    picture = np.full((size, size, 3), random.uniform(60, 180, 3))
    y, x = np.mgrid[:size, :size]
    for _ in range(60):
        radius, centre = random.uniform(3, size / 3), random.uniform(0, size, 2)
        inside = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2
        picture[inside] = random.uniform(30, 225) + random.uniform(-30, 30, 3)
    return Image.fromarray(picture.astype(np.uint8))


def jpeg(photo: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue()))


def content(photo: Image.Image, kind: str = "PNG") -> io.BytesIO:
    file = io.BytesIO()
    photo.save(file, kind)
    return io.BytesIO(file.getvalue())


def hashes_of(photos) -> np.ndarray:
    return np.array([np.frombuffer(measure(photo)[0], np.uint8) for photo in photos])


def changed(hashes: np.ndarray, at: int, bits) -> np.ndarray:
    """The hash at a place with some of its bits turned over."""
    flat = np.unpackbits(hashes[at])
    flat[list(bits)] ^= 1
    return np.packbits(flat)


COPIES = {
    "resized to a half": lambda photo: photo.resize((48, 48)),
    "enlarged and stretched": lambda photo: photo.resize((300, 200), Image.Resampling.BICUBIC),
    "saved at JPEG quality 30": lambda photo: jpeg(photo, 30),
    "brightened": lambda photo: ImageEnhance.Brightness(photo).enhance(1.2),
    "darkened": lambda photo: ImageEnhance.Brightness(photo).enhance(0.6),
    "grey": lambda photo: photo.convert("L"),
    "with swapped channels": lambda photo: Image.merge("RGB", photo.split()[::-1]),
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "turned by 90 degrees": lambda photo: photo.transpose(Image.Transpose.ROTATE_90),
    "mirrored and saved again": lambda photo: jpeg(ImageOps.mirror(photo), 60),
    "with a narrow margin cut off": lambda photo: photo.crop((1, 1, 95, 95)),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
def test_a_changed_copy_is_grouped_with_its_photo_and_unrelated_photos_are_not(copy):
    photos = [scene(seed) for seed in range(30)]
    hashes = hashes_of([*photos, *(copy(photo) for photo in photos[:10])])
    found = group(hashes, np.arange(40) % 4)
    assert (found[:10] >= 0).all()
    assert found[:10].tolist() == found[30:].tolist()
    assert len(set(found[:10].tolist())) == 10
    assert (found[10:30] == -1).all()


@budget(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(2, 60),
    bits=st.lists(st.integers(0, 80), min_size=1, max_size=20),
    most=st.integers(0, MOST_BITS),
)
def test_banding_finds_what_comparing_all_pairs_finds(seed, count, bits, most):
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 256, (count, 32), dtype=np.uint8)
    near = [changed(hashes, n % count, random.choice(256, b, replace=False)) for n, b in enumerate(bits)]
    hashes = np.unique(np.concatenate([hashes, near]), axis=0)
    words = hashes.view(np.uint64)
    distances = np.bitwise_count(words[:, None] ^ words[None]).sum(axis=2)
    first, second, found = near_pairs(hashes, most)
    assert (first < second).all()
    assert (found <= most).all()
    pairs = dict(zip(zip(first.tolist(), second.tolist(), strict=True), found.tolist(), strict=True))
    assert len(pairs) == len(first)
    for one, other in zip(*np.nonzero(np.triu(distances <= most, 1)), strict=True):
        if distances[one, other] <= CERTAIN:
            assert pairs[one, other] == distances[one, other]
    assert all(distances[pair] >= found for pair, found in pairs.items())


@budget(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), order=st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_the_photos(seed, order):
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 256, (30, 32), dtype=np.uint8)
    near = [changed(hashes, at % 7, random.choice(256, random.integers(0, 70), replace=False)) for at in range(20)]
    hashes, labels = np.concatenate([hashes, near]), random.integers(0, 3, 50)
    places = list(range(50))
    order.shuffle(places)

    def sets(numbers, at):
        return {frozenset(at[k] for k in np.flatnonzero(numbers == number)) for number in set(numbers.tolist()) - {-1}}

    assert sets(group(hashes, labels), list(range(50))) == sets(group(hashes[places], labels[places]), places)


def test_where_photos_of_all_classes_look_alike_near_copies_must_be_nearer():
    random = np.random.default_rng(0)
    unrelated = random.integers(0, 256, (400, 32), dtype=np.uint8)
    assert 60 <= reach(unrelated, np.arange(400) % 4) <= MOST_BITS
    template = random.integers(0, 256, (1, 32), dtype=np.uint8)
    noise = np.packbits(random.uniform(size=(400, 256)) < 0.18, axis=1)  # drawings that share most of their strokes
    assert reach(template ^ noise, np.arange(400) % 4) < 50


def test_many_copies_under_two_labels_do_not_blind_the_search():
    random = np.random.default_rng(0)
    hashes = random.integers(0, 256, (200, 32), dtype=np.uint8)
    twice = np.concatenate([hashes, hashes])
    assert reach(twice, np.repeat([0, 1], 200)) >= 60


def test_a_chain_of_look_alikes_is_no_group_but_a_long_burst_is():
    random = np.random.default_rng(0)

    def chain(length, step):
        links = [random.integers(0, 256, 32, dtype=np.uint8)]
        for _ in range(length - 1):
            links.append(changed(np.array(links), -1, random.choice(256, step, replace=False)))
        return np.array(links)

    labels = np.zeros(LARGE + 30, int)
    assert (group(chain(LARGE + 30, 46), labels) == -1).all()
    assert len(set(group(chain(LARGE + 30, 12), labels).tolist())) == 1


def test_hundreds_of_photos_that_share_almost_everything_are_one_group():
    random = np.random.default_rng(0)
    still = random.integers(0, 256, (1, 32), dtype=np.uint8)
    frames = np.array([changed(still, 0, random.choice(256, 3, replace=False)) for _ in range(300)])
    assert len(set(group(frames, np.zeros(300, int)).tolist())) == 1


@pytest.fixture
def garden(home):
    """Two classes of 12 photos; a mirrored copy, a copy under the other label, and four flat photos."""
    files = [(("Ash", "Oak")[n % 2], f"{n}.png", content(scene(n))) for n in range(24)]
    files.append(("Ash", "mirrored.png", content(ImageOps.mirror(scene(0)))))
    files.append(("Oak", "again.jpg", content(scene(2), "JPEG")))
    files += [("Oak", f"black{level}.png", content(Image.new("RGB", (96, 96), (level,) * 3))) for level in range(4)]
    import_files(home, files, "Garden")
    return find_dataset(home, "Garden")


def paths_of(home, dataset, ids) -> set[str]:
    from core.datasets import photo_rows

    return set(photo_rows(home, dataset.id).set_index("id")["path"][list(ids)])


def test_groups_of_a_dataset_are_numbered_and_flat_photos_are_in_none(home, garden):
    found = near_copy_groups(home, garden)
    assert sorted(found.values()) == [0, 0, 1, 1]
    assert list(found) == [photo for ids in all_groups(home, garden) for photo in ids]
    assert paths_of(home, garden, found) == {"Ash/0.png", "Ash/mirrored.png", "Ash/2.png", "Oak/again.jpg"}


def test_a_group_that_was_decided_to_be_nothing_is_left_out(home, garden):
    first, second = all_groups(home, garden)
    decided = garden.model_copy(
        update={
            "decisions": {finding_id("near_copies", first): "nothing", finding_id("near_copies", second): "together"}
        }
    )
    assert near_copy_groups(home, decided) == dict.fromkeys(second, 0)


def test_every_repeated_photo_of_leaves_is_found_and_nothing_else(home, tmp_path):
    from core.datasets import leaves
    from core.datasets.catalogue import store_dataset
    from core.datasets.demo import leaves_rows
    from core.datasets.drawing import keep

    wanted = leaves_rows()
    number = wanted["path"].str.extract(r"/(\d+)\.png")[0].astype(int)
    near = ((number % leaves.BURST).isin([0, leaves.BURST - 1])) | (number % 10 == 5)
    rows = wanted[near & (wanted["label"] < 4)]
    for row in rows.itertuples():
        name, drawn = row.path.split("/")
        keep(home, row.id, leaves.draw(name, int(drawn[:5])))
    dataset = store_dataset(home, "Some leaves", leaves.CLASSES[:4], rows)
    expected = {
        frozenset((f"{name}/{repeat - 1:05d}.png", f"{name}/{repeat:05d}.png"))
        for name in leaves.CLASSES[:4]
        for repeat in range(leaves.BURST, leaves.SPECIES[leaves.CLASSES.index(name)].photos + 1, leaves.BURST)
    }
    assert {frozenset(paths_of(home, dataset, ids)) for ids in all_groups(home, dataset)} == expected


def test_the_known_pair_of_the_species_photos_is_found(shared):
    chosen = sorted((shared / "data" / "species" / "Species7").glob("*.jpg"))[::3]
    chosen += [shared / "data" / "species" / "Species7" / name for name in ("00508.jpg", "00531.jpg")]
    chosen = list(dict.fromkeys(chosen))
    photos = [Image.open(path) for path in chosen]
    found = group(hashes_of(photos), np.zeros(len(photos), int))
    names = [path.name for path in chosen]
    assert found[names.index("00508.jpg")] == found[names.index("00531.jpg")] >= 0
