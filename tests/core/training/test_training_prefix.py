import json

import numpy as np
import pytest
from small_runs import CLASSES, SIZE, TURNS, Follower, numbers, run, spec_of

from core.records import Part, Phase, Recipe
from core.training import Stopped, kept, prefix_cache
from core.training.trainer import train


def test_kept_prefix_outputs_train_the_same_network_as_the_whole_one(drawn, tmp_path, pretrained, monkeypatch):
    spec = pretrained(Phase(frozen="all", epochs=3, batch_size=8), Phase(frozen=6, epochs=2, batch_size=8))
    short, _ = run(drawn, spec, tmp_path / "a" / "attempt-1")
    assert short.prefix_cache_used
    monkeypatch.setattr(prefix_cache, "ENTRY_LIMIT", 0)
    monkeypatch.setattr(prefix_cache.usable, "__defaults__", (0,))
    whole, _ = run(drawn, spec, tmp_path / "b" / "attempt-1")
    assert not whole.prefix_cache_used
    for part, answers in short.predictions.parts.items():
        np.testing.assert_allclose(answers.probabilities, whole.predictions.parts[part].probabilities, atol=1e-4)
    assert short.metrics["parameters"] == whole.metrics["parameters"]
    assert short.metrics["trainable_parameters"] == whole.metrics["trainable_parameters"]


def test_the_same_spec_twice_gives_the_same_weights_from_outputs_kept_before_or_computed_anew(
    drawn, tmp_path, pretrained
):
    settings, _ = drawn
    spec = pretrained(Phase(frozen="all", epochs=2, batch_size=8), Phase(frozen=6, epochs=2, batch_size=8))
    first, _ = run(drawn, spec, tmp_path / "a" / "attempt-1")
    from_kept, _ = run(drawn, spec, tmp_path / "b" / "attempt-1")
    assert kept.delete(settings, kept.entries(settings))
    anew, _ = run(drawn, spec, tmp_path / "c" / "attempt-1")
    assert numbers(first) == numbers(from_kept) == numbers(anew)
    other, _ = run(drawn, spec.model_copy(update={"seed": 6}), tmp_path / "d" / "attempt-1")
    assert numbers(other) != numbers(first)
    assert first.metrics["prefix_epochs"] == 4
    assert (first.metrics["prefix_layers_least"], first.metrics["prefix_layers"]) == (6, 10)


def test_a_deletion_in_the_midst_of_a_training_changes_nothing_but_the_time(drawn, tmp_path, pretrained):
    settings, rows = drawn
    spec = pretrained(Phase(frozen="all", epochs=2, batch_size=8), Phase(frozen=6, epochs=2, batch_size=8))
    whole, _ = run(drawn, spec, tmp_path / "a" / "attempt-1")
    follower = Follower()

    def report(progress, metrics):
        follower.report(progress, metrics)
        kept.delete(settings, kept.entries(settings))

    arguments = (settings, spec, CLASSES, rows, tmp_path / "b" / "attempt-1", report, follower.stop, "evaluation")
    result = train(*arguments, checkpoint_seconds=0.0)
    assert numbers(result) == numbers(whole)
    assert len(follower.epochs) == 4


def test_an_interrupted_training_on_kept_outputs_goes_on_to_the_same_weights(drawn, tmp_path, pretrained):
    spec = pretrained(Phase(frozen="all", epochs=2, batch_size=8), Phase(frozen=3, epochs=2, recipe=TURNS))
    whole, _ = run(drawn, spec, tmp_path / "a" / "attempt-1")
    for epoch in (2, 3):
        with pytest.raises(Stopped):
            run(drawn, spec, tmp_path / str(epoch) / "attempt-1", stop_after=epoch)
        result, _ = run(drawn, spec, tmp_path / str(epoch) / "attempt-2")
        assert numbers(result) == numbers(whole)


def test_the_prefix_runs_once_for_all_runs_that_can_use_it(drawn, tmp_path, pretrained, monkeypatch):
    run(drawn, pretrained(Phase(frozen="all", epochs=1)), tmp_path / "a" / "attempt-1")
    computed = []
    monkeypatch.setattr(prefix_cache, "outputs", lambda *_: computed.append(1))
    other = pretrained(Phase(frozen="all", epochs=1, learning_rate=0.01, batch_size=4))
    run(drawn, other, tmp_path / "b" / "attempt-1")
    assert not computed


def test_what_was_trained_can_be_loaded_and_answers_the_same(drawn, tmp_path, pretrained):
    from core.models.predict import load, predict
    from core.training.pixels import decoded

    settings, _ = drawn
    spec = pretrained(Phase(frozen="all", epochs=1), Phase(frozen=4, epochs=1, recipe=TURNS))
    result, _ = run(drawn, spec, tmp_path / "attempt-1")
    network = load(settings, spec, len(CLASSES), result.weights)
    answers = result.predictions.parts[Part.TEST]
    pixels = decoded(settings, list(answers.ids), SIZE)
    np.testing.assert_allclose(predict(network, pixels), answers.probabilities, atol=1e-5)


@pytest.mark.parametrize(
    ("phases", "number", "cut", "usable"),
    [
        ([Phase(frozen="all")], 0, 10, True),
        ([Phase(frozen="all", recipe=Recipe(name="none"))], 0, 10, True),
        ([Phase(frozen="all", recipe=TURNS)], 0, 10, False),
        ([Phase(frozen="all", recipe=TURNS, fixed_copies=2)], 0, 10, True),
        ([Phase(frozen=0)], 0, 0, False),
        ([Phase(frozen="all", recipe=TURNS), Phase(frozen=6)], 1, 6, True),
        ([Phase(frozen=6), Phase(frozen="all")], 1, 10, False),  # an earlier phase trained what is frozen now
        ([Phase(frozen=6), Phase(frozen=7)], 1, 6, True),
    ],
)
def test_whether_outputs_are_kept_follows_from_the_spec(phases, number, cut, usable):
    spec = spec_of(*phases, weights_hash="ab")
    assert prefix_cache.usable(spec, number, cut, (4, 4, 8), 100) is usable
    assert not prefix_cache.usable(spec, number, cut, (4, 4, 8), 100, limit=100 * 4 * 4 * 8 * 4 - 1)
    assert not prefix_cache.usable(spec_of(*phases), number, cut, (4, 4, 8), 100)


def test_the_trained_weights_hold_nothing_that_stayed_frozen(drawn, tmp_path, pretrained):
    spec = pretrained(Phase(frozen="all", epochs=1))
    result, _ = run(drawn, spec, tmp_path / "attempt-1")
    assert {name.split("/")[0] for name in numbers(result)} == {"head", "validation", "test"}
    state = json.loads(next((tmp_path / "checkpoints").glob("epoch-*/manifest.json")).read_text())
    assert state["spec"] == spec.id


def test_deeper_cuts_share_the_way_to_their_base(drawn, tmp_path, pretrained, monkeypatch):
    monkeypatch.setattr("core.models.network.base_cut", lambda _, cut: 4 if cut > 4 else 0)
    seen, whole = [], prefix_cache.outputs

    def watched(model, *rest):
        seen.append(tuple(model.input_shape[1:]))
        return whole(model, *rest)

    monkeypatch.setattr(prefix_cache, "outputs", watched)
    photos, between = (SIZE, SIZE, 3), (SIZE // 2, SIZE // 2, 32)

    def trained(k, name):
        seen.clear()
        result, _ = run(drawn, pretrained(Phase(frozen=k, epochs=2, batch_size=8)), tmp_path / name / "attempt-1")
        assert result.prefix_cache_used
        return result, set(seen)

    _, first = trained("all", "a")
    deep, second = trained(7, "b")
    _, third = trained(4, "c")  # the base itself
    assert {photos, between} <= first
    assert (photos in second, between in second) == (False, True)
    assert photos not in third
    monkeypatch.setattr("core.models.network.base_cut", lambda *_: 0)
    straight, _ = trained(7, "d")
    for part, answers in deep.predictions.parts.items():
        np.testing.assert_allclose(answers.probabilities, straight.predictions.parts[part].probabilities, atol=1e-4)


def test_a_base_too_large_to_keep_is_gone_around(drawn, tmp_path, pretrained, monkeypatch):
    monkeypatch.setattr("core.models.network.base_cut", lambda _, cut: 4 if cut > 4 else 0)
    smallest_part = 12 * (SIZE // 2) ** 2 * 32 * 4  # bytes at the base
    monkeypatch.setattr(prefix_cache, "ENTRY_LIMIT", smallest_part - 1)
    seen, whole = set(), prefix_cache.outputs

    def watched(model, *rest):
        seen.add(tuple(model.input_shape[1:]))
        return whole(model, *rest)

    monkeypatch.setattr(prefix_cache, "outputs", watched)
    result, _ = run(
        drawn, pretrained(Phase(frozen=8, epochs=1, batch_size=8, learning_rate=1e-5)), tmp_path / "attempt-1"
    )
    assert result.prefix_cache_used
    assert (SIZE // 2, SIZE // 2, 32) not in seen
