"""What the classifier's tests share: one fitted model per process, and a vocabulary small enough to fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.encoders import Encoder, load_encoder
from classifier.model import TypeModel
from classifier.store import default_model

SMALL_VOCABULARY = """\
call_type,category,alt,hazard,hazard_kinds,style,provenance
WELFARE CHECK,welfare_check,,0,,plain,test
CHECK WELFARE OF PERSON,welfare_check,,0,,plain,test
CHK WELF,welfare_check,,0,,short,test
WELFARE CK,welfare_check,,0,,short,test
LOUD MUSIC,noise,,0,,plain,test
LOUD PARTY,noise,,0,,plain,test
NOISE CMPLT,noise,disturbance,0,,short,test
LOUD MUS,noise,,0,,short,test
ASSAULT WITH WEAPON,assault,serious_violence,2,weapon|violence,plain,test
ASSAULT,assault,,2,violence,plain,test
ASLT W/WPN,assault,serious_violence,2,weapon|violence,short,test
ASLT SIMPLE,assault,,2,violence,short,test
THEFT OF BICYCLE,property_crime,,0,,plain,test
THEFT REPORT,property_crime,,0,,plain,test
THEFT RPT,property_crime,,0,,short,test
LARC RPT,property_crime,,0,,short,test
"""


@pytest.fixture(scope="session")
def model() -> TypeModel:
    """The shipped model; fitted once if the cache does not hold it yet."""
    return default_model()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    found = load_encoder()
    assert found is not None, "the packaged weights are a dependency of this project"
    return found


@pytest.fixture
def small_training(tmp_path: Path) -> Path:
    """A training folder with sixteen rows in two styles."""
    folder = tmp_path / "training"
    folder.mkdir()
    (folder / "small.csv").write_text(SMALL_VOCABULARY, encoding="utf-8")
    return folder
