"""Fitting, storing and reading back the model, on a vocabulary of sixteen rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from call_codes.errors import CodeBookError
from classifier import store
from classifier.encoders import ClassifierWarning, Encoder, Weights
from classifier.model import TypeModel
from classifier.store import MANIFEST_FILE, MODEL_FILE, cache_folder, fitted_model
from classifier.vocabulary import load_vocabulary

TEXTS = ["WELFARE CHECK ON ELDERLY", "NOISE COMPLAINT", "ASSAULT W/KNIFE", "THEFT"]


def test_probabilities_are_shares_of_one_over_the_categories_learned(
    small_training: Path, encoder: Encoder
) -> None:
    model = TypeModel().fit(load_vocabulary(small_training), encoder)
    assert list(model.classes_) == ["assault", "noise", "property_crime", "welfare_check"]
    probabilities = model.predict_proba(TEXTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert [str(model.classes_[i]) for i in probabilities.argmax(axis=1)] == [
        "welfare_check",
        "noise",
        "assault",
        "property_crime",
    ]
    assert model.hazard_proba(TEXTS).argmax() == 2


def test_fitting_twice_gives_the_same_model(small_training: Path, encoder: Encoder) -> None:
    vocabulary = load_vocabulary(small_training)
    once, again = TypeModel().fit(vocabulary, encoder), TypeModel().fit(vocabulary, encoder)
    np.testing.assert_array_equal(once.predict_proba(TEXTS), again.predict_proba(TEXTS))
    assert once.temperature_ == again.temperature_
    assert once.hazard_threshold_ == again.hazard_threshold_


def test_fitting_stores_and_reading_back_gives_the_same_probabilities(
    small_training: Path, tmp_path: Path
) -> None:
    first, report = fitted_model(small_training, tmp_path / "cache")
    second, report_again = fitted_model(small_training, tmp_path / "cache")
    assert (report.source, report_again.source) == ("fitted", "stored")
    assert report.folder == report_again.folder
    np.testing.assert_array_equal(first.predict_proba(TEXTS), second.predict_proba(TEXTS))
    np.testing.assert_array_equal(first.hazard_proba(TEXTS), second.hazard_proba(TEXTS))
    assert first.hazard_threshold_ == second.hazard_threshold_
    assert [p.name for p in (tmp_path / "cache" / "models").iterdir()] == [report.key]


@pytest.mark.parametrize("damaged", [MODEL_FILE, MANIFEST_FILE])
@pytest.mark.parametrize("content", [b"", b"garbage", None])
def test_a_damaged_cache_is_fitted_anew_and_repaired(
    small_training: Path, tmp_path: Path, damaged: str, content: bytes | None
) -> None:
    model, report = fitted_model(small_training, tmp_path / "cache")
    assert report.folder is not None
    if content is None:
        (report.folder / damaged).unlink()
    else:
        (report.folder / damaged).write_bytes(content)
    again, repaired = fitted_model(small_training, tmp_path / "cache")
    assert repaired.source == "fitted"
    np.testing.assert_array_equal(model.predict_proba(TEXTS), again.predict_proba(TEXTS))
    assert fitted_model(small_training, tmp_path / "cache")[1].source == "stored"


def test_a_changed_vocabulary_has_another_key(small_training: Path, tmp_path: Path) -> None:
    _, before = fitted_model(small_training, tmp_path / "cache")
    with (small_training / "small.csv").open("a", encoding="utf-8") as file:
        file.write("LOUD STEREO,noise,,0,,plain,test\n")
    load_vocabulary.cache_clear()
    _, after = fitted_model(small_training, tmp_path / "cache")
    assert after.source == "fitted"
    assert before.key != after.key


def test_a_cache_that_cannot_be_written_costs_time_and_not_the_answer(
    small_training: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("", encoding="utf-8")
    model, report = fitted_model(small_training, blocked)
    assert report.folder is None
    assert "not stored" in report.sentence
    assert model.predict_proba(TEXTS).shape == (4, 4)


def test_the_stored_model_holds_no_pickle_and_says_what_it_was_made_from(
    small_training: Path, tmp_path: Path
) -> None:
    _, report = fitted_model(small_training, tmp_path / "cache")
    assert report.folder is not None
    assert (report.folder / MODEL_FILE).read_bytes()[:2] == b"PK"  # a zip archive of JSON and .npy
    manifest = json.loads((report.folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert manifest["training_sha256"] == load_vocabulary(small_training).digest
    assert manifest["encoder_sha256"].startswith("53aa5117")
    assert {"scikit-learn", "skops"} <= set(manifest["versions"])


def test_without_weights_the_letters_alone_still_classify_and_every_reading_warns(
    small_training: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "find_weights", lambda: Weights(None, "the package is not installed"))
    monkeypatch.setattr(store, "load_encoder", lambda: None)
    for source in ("fitted", "stored"):
        with pytest.warns(ClassifierWarning, match="by their letters alone"):
            model, report = fitted_model(small_training, tmp_path / "cache")
        assert report.source == source
        assert "review them all" in model.warnings_[0]
        assert str(model.classes_[model.predict_proba(["LOUD MUSIC"])[0].argmax()]) == "noise"


def test_no_warning_where_the_weights_are_there(small_training: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted_model(small_training, tmp_path / "cache")[0].warnings_ == ()


def test_one_environment_variable_moves_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHTCALL_CACHE", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"


def test_the_command_says_in_one_line_what_it_did(model: TypeModel) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "classifier.model"],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
    )
    assert done.stdout.startswith("Read the stored call-type model (")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("LOUD MUSIC,noize,,0,,plain,test", 'Did you mean "noise"'),
        ("LOUD MUSIC,noise,,3,,plain,test", 'the hazard is "3"'),
        ("LOUD MUSIC,noise,,0,gun,plain,test", 'hazard kind is "gun"'),
        (",noise,,0,,plain,test", "empty"),
        ("MUSIC, LOUD,noise,,0,,plain,test", "more fields than columns"),
    ],
)
def test_a_faulty_training_row_is_named_with_file_and_row(tmp_path: Path, row: str, fault: str) -> None:
    (tmp_path / "x.csv").write_text(
        f"call_type,category,alt,hazard,hazard_kinds,style,provenance\n{row}\n", encoding="utf-8"
    )
    with pytest.raises(CodeBookError, match=r"x\.csv, row 2") as error:
        load_vocabulary(tmp_path)
    assert fault in str(error.value)


def test_an_empty_training_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CodeBookError, match="no CSV file"):
        load_vocabulary(tmp_path)
