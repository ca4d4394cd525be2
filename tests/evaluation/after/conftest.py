"""The sample city with the true category of every type (no model needed), and small tables made on the spot."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from call_codes.policy import load_policy
from call_codes.taxonomy import load_taxonomy
from calls.detection import detect_layout
from calls.ingest import Workspace, ingest
from calls.read import read_table
from classifier.assign import assign_types, distinct_types
from evaluation.after.build_panel import BuiltPanel, build_panel
from evaluation.after.cohort import StudyCalls
from evaluation.after.study import Study
from evaluation.after.study_file import load_study

SAMPLES = Path(__file__).resolve().parents[3] / "data_samples"


@pytest.fixture(scope="session")
def reference(shared_reference: Path) -> dict[str, Any]:
    """Published and R-computed values by data set; the note in the file says from where."""
    return json.loads((shared_reference / "causal_references.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """What was built into the sample city."""
    return tomllib.loads((SAMPLES / "truth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sample_calls() -> StudyCalls:
    """The sample city's export, cleaned, with the true category of each type in place of the model's.

    What only the city understands (bare codes) and what is blank stays unclassified, as for any tool.
    """
    raw = read_table(SAMPLES / "alder_falls_cad_2023-2024.csv.gz")
    ingested = ingest([raw], detect_layout(raw).layout, Workspace())
    kinds = pl.concat_str(pl.col("hazard_kinds", "other_risks").fill_null(""), separator="|").str.strip_chars(
        "|"
    )
    true = pl.read_csv(SAMPLES / "alder_falls_true_types.csv", infer_schema=False).select(
        pl.col("code").alias("call_type_code"), "category", "hazard", kinds.alias("hazard_kinds"), "bare_code"
    )
    known = (pl.col("bare_code") == "0").fill_null(False)
    types = (
        distinct_types(ingested.calls)
        .join(true, on="call_type_code", how="left", maintain_order="left")
        .with_columns(
            pl.when(known).then("category").otherwise(pl.lit("unclassified")).alias("category"),
            (pl.col("hazard") == "true").fill_null(False).alias("hazard"),
            pl.when(known).then("hazard_kinds").otherwise(pl.lit("")).alias("hazard_kinds"),
            pl.when(known).then(pl.lit("signed")).otherwise(pl.lit("blank")).alias("basis"),
            pl.lit(1.0).alias("probability"),
            pl.lit(False).alias("needs_review"),
        )
    )
    taxonomy = load_taxonomy()
    groups = {category: taxonomy.get(category).group for category in taxonomy.ids}
    types = types.with_columns(
        pl.col("category").replace_strict(groups, return_dtype=pl.String).alias("group")
    )
    calls, units = (assign_types(rows, types).collect().lazy() for rows in (ingested.calls, ingested.units))
    return StudyCalls(calls, units, load_policy("behavioral_health_plus"))


@pytest.fixture(scope="session")
def sample_study() -> Study:
    """The example study of the sample city."""
    return load_study(SAMPLES / "alder_falls_study.toml")


@pytest.fixture(scope="session")
def sample_panel(sample_study: Study, sample_calls: StudyCalls) -> BuiltPanel:
    """The panel that the example study makes of the sample city."""
    return build_panel(sample_study, sample_calls)
