"""New photos are answered as the stored ones were, by a run, by views of it and by a saved ensemble."""

import numpy as np
import pytest
from PIL import Image

from core import answering, datasets
from core.answering import answer
from core.ensembles import saved
from core.errors import MemberGone, NoneAnswered, NoNetwork, RunNotFinished, TooManyPhotos, UnknownRun
from core.evaluation import final_figures
from core.models.network import build
from core.models.predict import load, predict
from core.records import (
    EnsembleSpec,
    Head,
    Member,
    Part,
    PartPredictions,
    Phase,
    Predictions,
    Recipe,
    RuleName,
    RunKind,
    RunSpec,
    Step,
    ViewsSpec,
)
from core.runs import WEIGHTS, RunStore
from core.settings import Settings
from core.training.pixels import squares

CLASSES = ("ash", "oak")
EXIF_ORIENTATION = 274


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Settings of a home with 40 photos and two runs of untrained networks, which answer as any others do."""
    import keras

    folder = tmp_path_factory.mktemp("answering")
    settings = Settings(folder / "home", None, f"sqlite:///{folder / 'home' / 'runs.db'}", None)
    random = np.random.default_rng(0)
    for name in CLASSES:
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(20):
            size = (40, 300) if number % 2 else (70, 50)  # larger and smaller than what is kept lossless
            pixels = random.integers(0, 256, (*size, 3), dtype=np.uint8)
            form = ("jpg", "png")[number % 3 == 0]
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number:02}.{form}")
    dataset = datasets.import_folder(settings, folder / "photos", "Trees")
    split = datasets.make_split(settings, dataset)
    store = RunStore(settings)
    for seed, size in ((1, 32), (2, 24)):
        keras.utils.set_random_seed(seed)
        head = Head(pooling="average", dense=(8,), dropout=0)
        about = {"dataset": dataset.id, "split": split.id, "input_size": size, "head": head, "seed": seed}
        spec = RunSpec(backbone="vanilla", phases=(Phase(epochs=1),), **about)
        network = build(settings, spec, len(CLASSES))
        network.head[-1].kernel.assign(network.head[-1].kernel * 40)  # so that photos are told apart
        network.save_trained(folder / "weights.h5")
        found = answers(settings, split, network)
        run = store.create(RunKind.TRAINED, f"net {size}", spec, split.evaluation_id)
        assert store.finish(run.id, store.claim(run.id), found, final_figures(found), {WEIGHTS: folder / "weights.h5"})
    return settings, folder / "photos"


def answers(settings, split, network) -> Predictions:
    rows, parts = datasets.split_rows(settings, split.id), {}
    for part in (Part.VALIDATION, Part.TEST):
        of_part = rows[rows["part"] == part].sort_values("id")
        pixels = squares(settings, of_part["id"].tolist(), network.spec.input_size)
        parts[part] = PartPredictions(
            ids=tuple(of_part["id"]), true=of_part["label"].to_numpy(), probabilities=predict(network, pixels)
        )
    return Predictions(evaluation_id=split.evaluation_id, classes=CLASSES, parts=parts)


@pytest.fixture(scope="module")
def store(home):
    return RunStore(home[0])


@pytest.fixture(scope="module")
def files(home, store):
    """The files that were imported as a part's photos, in the order of its answers."""
    settings, folder = home
    run = store.get("net 32")
    rows = datasets.photo_rows(settings, run.spec.dataset).set_index("id")
    parts = store.predictions(run.id).parts
    return {part: [folder / rows.loc[photo, "path"] for photo in found.ids] for part, found in parts.items()}


def shares(found) -> np.ndarray:
    return np.stack([photo.probabilities for photo in found.photos])


@pytest.mark.parametrize("name", ["net 32", "net 24"])
def test_a_run_gives_validation_photos_the_probabilities_that_are_stored(name, home, store, files):
    stored = store.predictions(store.get(name).id).parts[Part.VALIDATION]
    found = answer(home[0], store, name, files[Part.VALIDATION])
    np.testing.assert_allclose(shares(found), stored.probabilities, atol=1e-5)
    assert [photo.predicted for photo in found.photos] == stored.predicted.tolist()
    assert (found.classes, found.has_probabilities, found.unread) == (CLASSES, True, 0)
    catalogue = [datasets.photo_path(home[0], photo) for photo in stored.ids]
    np.testing.assert_allclose(shares(answer(home[0], store, name, catalogue)), stored.probabilities, atol=1e-5)


def ensemble(store, rule, *names, name="pair"):
    members = tuple(Member(run=store.get(one).id) for one in names)
    return saved.save(store, EnsembleSpec(rule=rule, members=members), name)[0]


@pytest.mark.parametrize("rule", RuleName)
def test_a_saved_ensemble_gives_test_photos_the_answers_that_are_stored(rule, home, store, files):
    run = ensemble(store, rule, "net 32", "net 24", name=f"pair by {rule}")
    stored = store.predictions(run.id).parts[Part.TEST]
    found = answer(home[0], store, run.id, files[Part.TEST])
    assert [photo.predicted for photo in found.photos] == stored.predicted.tolist()
    assert found.has_probabilities == (rule not in (RuleName.VOTE, RuleName.CLASSES))
    np.testing.assert_allclose(shares(found).sum(axis=1), 1, atol=1e-6)
    if found.has_probabilities:
        np.testing.assert_allclose(shares(found), stored.probabilities, atol=1e-5)


def test_views_are_averaged_with_the_photo_as_it_is(home, store, files):
    trained = store.get("net 32")
    mirrored = Recipe(steps=(Step(operation="horizontal_flip"),))  # each photo or not, as it is drawn
    views = ViewsSpec(run=trained.id, views=1, recipe=mirrored)
    run = store.create(RunKind.VIEWS, "views", evaluation_id=trained.evaluation_id, views=views)
    assert store.finish(run.id, store.claim(run.id), store.predictions(trained.id), {})
    found = answer(home[0], store, "views", files[Part.TEST])
    ids = store.predictions(trained.id).parts[Part.TEST].ids
    pixels = squares(home[0], ids, 32)
    network = load(home[0], trained.spec, 2, store.file(trained.id, WEIGHTS))
    plain, both = predict(network, pixels), (predict(network, pixels) + predict(network, pixels[:, :, ::-1])) / 2
    of_plain, of_both = (np.abs(shares(found) - one).max(axis=1) < 1e-5 for one in (plain, both))
    assert (of_plain | of_both).all()
    assert (of_both & ~of_plain).any()
    pair = ensemble(store, RuleName.MEAN, "views", "net 24", name="views and another")
    assert answer(home[0], store, pair.id, files[Part.TEST][:2]).unread == 0


def test_a_bad_file_is_told_and_the_others_are_answered(home, store, files, tmp_path):
    good = files[Part.TEST][0]
    content = good.read_bytes()
    (tmp_path / "text.jpg").write_text("no photo")
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    Image.new("1", (8000, 8000)).save(tmp_path / "bomb.png")
    bad = [tmp_path / name for name in ("text.jpg", "cut.jpg", "empty.png", "bomb.png", "missing.jpg", ".")]
    found = answer(home[0], store, "net 32", [*map(str, bad), "nul\0.jpg", str(good)])
    reasons = [photo.error for photo in found.photos]
    assert reasons[-1] == ""
    for reason, said in zip(
        reasons, ("no photo", "damaged or cut short", "empty", "million", "no such file", "a folder"), strict=False
    ):
        assert said in reason
    assert reasons[6]
    assert found.unread == 7
    assert found.photos[-1].path == str(good)
    with pytest.raises(NoneAnswered, match=r"text\.jpg"):
        answer(home[0], store, "net 32", bad[:2])


def test_a_photo_lying_on_its_side_is_answered_upright_and_grey_as_rgb(home, store, tmp_path):
    pixels = np.random.default_rng(5).integers(0, 256, (30, 60), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "upright.png")
    turned = Image.fromarray(np.rot90(pixels))
    exif = turned.getexif()
    exif[EXIF_ORIENTATION] = 6
    turned.save(tmp_path / "turned.png", exif=exif)
    found = answer(home[0], store, "net 32", [tmp_path / "upright.png", tmp_path / "turned.png"])
    np.testing.assert_allclose(found.photos[0].probabilities, found.photos[1].probabilities, atol=1e-6)


def test_what_was_brought_in_cannot_answer_and_the_sentence_names_it(home, store, files):
    predictions = store.predictions(store.get("net 32").id)
    store.create(RunKind.BROUGHT, "their model", predictions=predictions)
    with pytest.raises(NoNetwork, match="their model can't answer new photos: it was brought in"):
        answer(home[0], store, "their model", files[Part.TEST][:1])
    run = ensemble(store, RuleName.VOTE, "net 32", "their model", name="mixed")
    with pytest.raises(NoNetwork, match="mixed can't answer new photos: its member their model was brought in"):
        answer(home[0], store, run.id, files[Part.TEST][:1])


def test_a_deleted_member_is_named_until_it_is_back(home, store, files):
    run = ensemble(store, RuleName.MEAN, "net 32", "net 24", name="short of one")
    gone = store.delete("net 24")
    try:
        with pytest.raises(MemberGone, match=f"needs its member net 24.*restore {gone.id[:8]}"):
            answer(home[0], store, run.id, files[Part.TEST][:1])
    finally:
        store.restore(gone.id)
    assert answer(home[0], store, run.id, files[Part.TEST][:1]).unread == 0


def test_who_has_no_answers_is_said(home, store, files, monkeypatch):
    with pytest.raises(UnknownRun):
        answer(home[0], store, "nobody", files[Part.TEST])
    spec = store.get("net 32").spec
    waiting = store.create(RunKind.TRAINED, "waiting", spec, "e" * 20)
    with pytest.raises(RunNotFinished, match="waiting is queued"):
        answer(home[0], store, waiting.id, files[Part.TEST])
    monkeypatch.setattr(answering, "MOST_PHOTOS", 2)
    with pytest.raises(TooManyPhotos, match="3 photos are more"):
        answer(home[0], store, "net 32", files[Part.TEST][:3])


def test_progress_counts_files_and_then_answers(home, store, files):
    run = ensemble(store, RuleName.MEAN, "net 32", "net 24", name="pair")
    told = []
    answer(home[0], store, run.id, files[Part.TEST][:3], lambda *counts: told.append(counts))
    assert told[:3] == [(1, 3), (2, 3), (3, 3)]
    assert told[3:] == [(0, 6), (3, 6), (3, 6), (6, 6)]
