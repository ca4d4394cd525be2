"""calibration.toml belongs to the vocabulary and model that are here; stale, it would cost every user a minute."""

from __future__ import annotations

import csv

import pytest

from classifier.encoders import find_weights
from classifier.store import calibration_key, known_calibration, manifest_of
from classifier.vocabulary import FAMILIES_PATH, load_vocabulary


def test_the_stored_calibration_is_that_of_this_vocabulary():
    manifest = manifest_of(load_vocabulary(), find_weights())
    assert known_calibration(manifest) is not None, "run: python -m classifier.model --calibrate"


@pytest.mark.parametrize("part", ["training_sha256", "code_sha256", "encoder_sha256"])
def test_a_calibration_made_from_something_else_is_not_used(part):
    manifest = {**manifest_of(load_vocabulary(), find_weights()), part: "another"}
    assert known_calibration(manifest) is None


def test_a_new_version_of_a_library_keeps_the_calibration():
    manifest = manifest_of(load_vocabulary(), find_weights())
    newer = {**manifest, "versions": {**manifest["versions"], "numpy": "99"}}
    assert calibration_key(newer) == calibration_key(manifest)


def test_styles_that_share_a_base_list_are_held_out_together():
    vocabulary = load_vocabulary()
    family_of = dict(zip(vocabulary.styles, vocabulary.families, strict=True))
    short = {family for style, family in family_of.items() if style.startswith("abbrev_")}
    assert short == {"short_forms"}
    assert family_of["qualified_title"] == "short_forms"
    assert family_of["terse_words"] == "terse_words"


def test_every_style_with_a_family_is_in_the_vocabulary():
    with FAMILIES_PATH.open(encoding="utf-8", newline="") as file:
        named = {row["style"] for row in csv.DictReader(file)}
    assert named <= set(load_vocabulary().styles)
