"""Learning from a city's own signed types: used where it helps for certain, and never over a signature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from call_codes.crosswalk import load_crosswalk
from call_codes.signing import Decision, append_decisions
from classifier.calibrate import softmax
from classifier.classify import classify_types
from classifier.local import LEAST_SIGNED, adjusted, learn_locally, recalibrate
from classifier.nearness import likeness

CATEGORIES = 6


def _agency(n: int, sharpness: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Shares of a model that is `sharpness` times too sure, and truths drawn from the honest shares."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (n, CATEGORIES))
    honest = softmax(logits)
    truth = np.array([random.choice(CATEGORIES, p=p) for p in honest])
    return softmax(logits * sharpness), truth


def _strangers(n: int) -> NDArray[np.float64]:
    return np.eye(n)


def test_a_model_that_is_too_sure_is_found_out_and_mended() -> None:
    shares, truth = _agency(40, 4.0, 1)
    found = recalibrate(shares, truth, _strangers(40))
    assert found.used
    assert found.temperature == 2.0
    assert found.loss_after < found.loss_before
    new, new_truth = _agency(2_000, 4.0, 2)
    nothing, even = np.zeros_like(new), np.ones(CATEGORIES)
    mended = adjusted(new, nothing, even, found.temperature, 0.0, 0.0)
    rows = np.arange(len(new))
    assert -np.log(mended[rows, new_truth]).mean() < -np.log(np.maximum(new[rows, new_truth], 1e-4)).mean()
    assert mended.sum(axis=1) == pytest.approx(np.ones(len(new)))


def test_a_model_that_is_right_about_itself_is_mostly_left_alone() -> None:
    """Of 60 agencies whose model is honest, few are adjusted, and those lose little."""
    used = [recalibrate(*_agency(30, 1.0, seed), _strangers(30)).used for seed in range(60)]
    assert sum(used) <= 6


def test_signed_neighbours_speak_for_names_written_alike() -> None:
    names = [f"{kind} {n}" for kind in ("AREA SWEEP", "PARKING WOES", "LOUD STEREO") for n in "ABCDEFGHIJ"]
    truth = np.repeat([0, 1, 2], 10)
    shares = np.full((30, CATEGORIES), 1 / CATEGORIES)
    found = recalibrate(shares, truth, likeness(names, names).astype(np.float64))
    assert found.used
    assert found.neighbours > 0
    assert found.loss_after < found.loss_before / 2


class _Model:
    """Half welfare_check, half noise, whatever the text: a model that a city can only improve on."""

    classes_ = np.array(["noise", "welfare_check"])
    hazard_threshold_ = 0.9
    warnings_ = ()

    def predict(self, texts: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.full((len(texts), 2), 0.5), np.zeros(len(texts))

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        return self.predict(texts)[0]


WORDS = ("ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO", "FOXTROT", "GOLF", "HOTEL", "INDIA", "JULIET")


def _city(tmp_path: Path, many: int) -> tuple[pl.DataFrame, Path]:
    names = [f"{word} {kind}" for word in WORDS[: many // 2] for kind in ("STEREO", "WELFARE")]
    path = tmp_path / "city.csv"
    append_decisions(
        path,
        [
            Decision("noise" if "STEREO" in n else "welfare_check", "AB", "2026-11-22", text=n, hazard="none")
            for n in names
        ],
    )
    texts = [*names, "KILO STEREO", "LIMA WELFARE"]
    schema = {"call_type_code": pl.String, "call_type": pl.String}
    return pl.DataFrame({"call_type_code": [None] * len(texts), "call_type": texts}, schema=schema), path


def test_twenty_signed_names_teach_the_model_how_a_city_speaks(tmp_path: Path) -> None:
    types, path = _city(tmp_path, LEAST_SIGNED)
    crosswalk = load_crosswalk(path)
    model, found = learn_locally(types, crosswalk, _Model())  # type: ignore[arg-type]
    assert found is not None
    assert (found.used, found.signed) == (True, 20)
    assert "was adjusted to this agency's signed types" in found.sentence
    answers = classify_types(types, crosswalk=crosswalk, model=model)
    assert answers["category"].to_list()[-2:] == ["noise", "welfare_check"]
    assert answers["basis"].to_list() == ["signed"] * 20 + ["model"] * 2


def test_fewer_signed_names_or_nothing_left_to_guess_leave_the_model_alone(tmp_path: Path) -> None:
    types, path = _city(tmp_path, LEAST_SIGNED - 2)
    assert learn_locally(types, load_crosswalk(path), _Model()) == (None, None)  # type: ignore[arg-type]
    assert learn_locally(types, None) == (None, None)
    (tmp_path / "more").mkdir()
    types, path = _city(tmp_path / "more", LEAST_SIGNED)
    assert learn_locally(types.head(20), load_crosswalk(path)) == (None, None)
