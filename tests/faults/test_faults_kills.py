"""Random SIGKILLs: no job lost, none finished twice, little repeated, soon at work again."""

import json
import os
import shutil

import pytest
from serving import power_loss
from small_home import make_split, settings_of
from survival import REQUEUED, SERVING, Survival

from core.runs import RunStore

KILLS = int(os.environ.get("THAW_FAULTS_KILLS") or 200)
SEED = int(os.environ.get("THAW_FAULTS_SEED") or 7)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data folder with photos, a split and an empty store."""
    home = tmp_path_factory.mktemp("prepared") / "thaw"
    home.mkdir()
    settings = settings_of(home)
    split = make_split(settings, tmp_path_factory.mktemp("drawn") / "photos")
    RunStore(settings)
    for name in ("store.json", "home.json"):
        (home / name).unlink()
    return home, split


@pytest.fixture
def survival(prepared, tmp_path):
    """survival("small", seed): a server of that kind and what is checked; nothing of it outlives the test."""
    homes = []

    def begin(kind, seed):
        homes.append(tmp_path / f"thaw-{len(homes)}")
        shutil.copytree(prepared[0], homes[-1])
        return Survival(homes[-1], prepared[1], kind, seed)

    yield begin
    for home in homes:
        power_loss(home)


def keep_promises(figures: dict) -> None:
    assert figures["longest_requeue_seconds"] <= REQUEUED, figures
    assert figures["longest_start_seconds"] <= SERVING, figures
    assert figures["most_epochs_repeated"] <= 1 or figures["most_seconds_repeated"] <= 10, figures


def test_eight_random_kills_lose_nothing_and_finish_nothing_twice(survival):
    lives = survival("small", SEED)
    for _ in range(8):
        lives.round()
    assert lives.end()["most_epochs_repeated"] <= 1


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("kind", "share"), [("small", 0.75), ("app", 0.25)])
def test_random_kills_of_every_process_keep_every_promise(survival, figures_folder, kind, share):
    lives, rounds = survival(kind, SEED), max(1, round(KILLS * share))
    for number in range(rounds):
        lives.round()
        back = f"back after {lives.requeues[-1]:.1f} s"
        print(f"{kind} {number + 1} of {rounds}: {dict(lives.kills)}, {back}", flush=True)
    figures = lives.end() | {"seed": SEED}
    print(json.dumps(figures))
    (figures_folder / f"faults_kills_{kind}.json").write_text(json.dumps(figures, indent=1))
    keep_promises(figures)
