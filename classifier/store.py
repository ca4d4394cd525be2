"""Keeps the fitted model between runs: written with skops and never with pickle, found again by a hash.

The key covers everything the model depends on: the training files, the code that fits it, the versions of
the libraries and the weights of the encoder. Change any of them and the model is fitted anew. A stored model
that is damaged in any way is not read but fitted again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import tomllib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from classifier.encoders import (
    ClassifierWarning,
    Encoder,
    Weights,
    find_weights,
    load_encoder,
    missing_encoder_message,
)
from classifier.model import TypeModel
from classifier.vocabulary import TRAINING_FOLDER, Vocabulary, load_vocabulary

MODEL_FILE = "model.skops"
MANIFEST_FILE = "manifest.json"

_FOLDER = Path(__file__).parent
CALIBRATION_FILE = _FOLDER / "calibration.toml"
_CODE = (
    "text.py",
    "vocabulary.py",
    "style_families.csv",
    "augment.py",
    "examples.py",
    "minilm.py",
    "calibrate.py",
    "regression.py",
    "model.py",
    "dispatch_abbreviations.csv",
    "call_type_words.csv",
    "../call_codes/responder_names.py",
    "../call_codes/responder_names.csv",
)
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "skops", "torch", "tokenizers")


@dataclass(frozen=True)
class FitReport:
    """How a model was come by.

    source: "stored" or "fitted". seconds: how long it took. key: see `model_key`. folder: None when the model
    could not be stored.
    """

    source: str
    seconds: float
    rows: int
    styles: int
    key: str
    folder: Path | None

    @property
    def sentence(self) -> str:
        """The report in one line."""
        done = "Fitted the call-type model" if self.source == "fitted" else "Read the stored call-type model"
        where = (
            f"stored in {self.folder}" if self.folder else "not stored: the cache folder cannot be written"
        )
        return f"{done} ({self.rows:,} types, {self.styles} styles, {self.seconds:.1f} s; {where})."


def cache_folder() -> Path:
    """Where models are kept: RIGHTCALL_CACHE if set, else the user's cache folder of this system."""
    from platformdirs import user_cache_dir

    return Path(os.environ.get("RIGHTCALL_CACHE") or user_cache_dir("rightcall"))


def manifest_of(vocabulary: Vocabulary, weights: Weights) -> dict[str, Any]:
    """Everything that a fitted model depends on, ready for JSON."""
    code = hashlib.sha256()
    for name in _CODE:
        code.update((_FOLDER / name).read_bytes())
    return {
        "training_sha256": vocabulary.digest,
        "code_sha256": code.hexdigest(),
        "encoder_sha256": weights.sha256,
        "versions": {name: version(name) for name in _LIBRARIES},
        "parameters": TypeModel().get_params(),
    }


def model_key(manifest: dict[str, Any]) -> str:
    """Sixteen letters that change with anything in the manifest; the name of the model's folder."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]


def save(model: TypeModel, manifest: dict[str, Any], folder: Path) -> None:
    """Writes model and manifest into `folder`, all or nothing. Raises OSError when it cannot be written.

    The files are written beside `folder` and moved into place by a rename, so that another process sees
    either no model or a whole one.
    """
    from skops.io import dump

    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        dump(model.state(), beside / MODEL_FILE)
        written = {**manifest, "model_sha256": _sha256(beside / MODEL_FILE)}
        (beside / MANIFEST_FILE).write_text(json.dumps(written, indent=1, sort_keys=True), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    except OSError:
        # Another process may have been first: its model is as good as ours.
        if not (folder / MANIFEST_FILE).is_file():
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def load(manifest: dict[str, Any], folder: Path, encoder: Encoder | None) -> TypeModel | None:
    """The model stored in `folder`; None when there is none, or it is damaged or made from something else."""
    try:
        stored = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        if {**manifest, "model_sha256": _sha256(folder / MODEL_FILE)} != stored:
            return None
    except (OSError, ValueError):
        return None
    from skops.io import load as read

    # Checked against the manifest before it is read; skops itself refuses every type that it does not know.
    return TypeModel.from_state(read(folder / MODEL_FILE), encoder)


def calibration_key(manifest: dict[str, Any]) -> str:
    """What temperature and hazard threshold depend on: the manifest but for the versions of libraries."""
    return model_key({name: value for name, value in manifest.items() if name != "versions"})


def known_calibration(manifest: dict[str, Any]) -> tuple[float, float] | None:
    """Temperature and hazard threshold from calibration.toml; None where it was made from something else."""
    known = tomllib.loads(CALIBRATION_FILE.read_text(encoding="utf-8")) if CALIBRATION_FILE.is_file() else {}
    if known.get("key") != calibration_key(manifest):
        return None
    return float(known["temperature"]), float(known["hazard_threshold"])


def _write_calibration(model: TypeModel, manifest: dict[str, Any]) -> None:
    CALIBRATION_FILE.write_text(
        "# Learned from held-out naming styles by `python -m classifier.model --calibrate`; run it again after every\n"
        "# change of the vocabulary or the model. Where the key does not fit, both numbers are learned anew.\n"
        f'key = "{calibration_key(manifest)}"\n'
        f"temperature = {float(model.temperature_)!r}\n"
        f"hazard_threshold = {float(model.hazard_threshold_)!r}\n"
        "\n# What it is worth on those styles; the names are explained in held_out.py.\n[held_out]\n"
        + "".join(f'"{name}" = {value:.4f}\n' for name, value in model.held_out_scores_.items()),
        encoding="utf-8",
    )


def fitted_model(
    training: Path = TRAINING_FOLDER, cache: Path | None = None, *, calibrate: bool = False
) -> tuple[TypeModel, FitReport]:
    """The model for a training folder: read from the cache if it is there, else fitted and stored.

    calibrate: fit anew with its calibration, and write calibration.toml. Warns with ClassifierWarning for each of the model's `warnings_`. Raises CodeBookError for a faulty
    training file. A cache that cannot be written costs time, not the answer.
    """
    started = time.perf_counter()
    vocabulary = load_vocabulary(training)
    weights = find_weights()
    with warnings.catch_warnings():
        # Told once, below, and with the same words whether the model is stored or new.
        warnings.simplefilter("ignore", ClassifierWarning)
        encoder = load_encoder()
    manifest = manifest_of(vocabulary, weights)
    key = model_key(manifest)
    folder = (cache or cache_folder()) / "models" / key
    stored: Path | None = folder
    model, source = None if calibrate else load(manifest, folder, encoder), "stored"
    if model is None:
        problem = "" if encoder is not None else missing_encoder_message(weights)
        known = None if calibrate else known_calibration(manifest)
        model, source = TypeModel().fit(vocabulary, encoder, problem, known), "fitted"
        if calibrate:
            _write_calibration(model, manifest)
        try:
            save(model, manifest, folder)
        except OSError:
            stored = None
    for sentence in model.warnings_:
        warnings.warn(sentence, ClassifierWarning, stacklevel=2)
    seconds = time.perf_counter() - started
    return model, FitReport(source, seconds, len(vocabulary), len(set(vocabulary.styles)), key, stored)


@lru_cache(maxsize=1)
def default_model() -> TypeModel:
    """The model of the shipped vocabulary, once per process."""
    return fitted_model()[0]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
