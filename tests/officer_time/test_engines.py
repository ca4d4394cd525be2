"""Two engines, one answer: Spark's partitions and Polars on this machine agree to the last digit."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from app.canonical_cache import canonical_of
from app.settings import Settings
from call_codes.crosswalk import load_crosswalk
from call_codes.policy import load_policy
from classifier.remembered import RememberedModel
from officer_time.answer import Engine, Question, answer
from officer_time.canonical import Canonical
from officer_time.overlaps import add_merged_seconds
from officer_time.types import types_with_meaning

SAMPLES = Path(__file__).resolve().parents[2] / "data_samples"


@pytest.fixture(scope="module")
def sample_city(tmp_path_factory) -> tuple[Canonical, pl.DataFrame]:
    """The sample city's canonical tables, every type signed by its known truth, so that no model is needed."""
    truth = pl.read_csv(SAMPLES / "alder_falls_true_types.csv", infer_schema=False)
    said = {
        "agency": "",
        "hazard": "",
        "basis": "signed",
        "reviewer": "A. Reviewer",
        "since": "2024-04-01",
        "note": "",
    }
    signed = tmp_path_factory.mktemp("signed") / "signed.csv"
    truth.select(
        pl.col("code", "text").fill_null(""), "category", *(pl.lit(v).alias(k) for k, v in said.items())
    ).unique(["code", "text"]).select(
        "agency", "code", "text", "category", "hazard", "basis", "reviewer", "since", "note"
    ).write_csv(signed)
    settings = Settings(files=(SAMPLES / "alder_falls_cad_2023-2024.csv.gz",))
    canonical, _ = canonical_of(settings, use_cache=False)
    policy = load_policy("behavioral_health_plus")
    return canonical, types_with_meaning(canonical.types, load_crosswalk(signed), policy, RememberedModel())


def test_every_breakdown_of_the_sample_city_adds_up_to_the_same_calls_and_hours(sample_city):
    totals = {
        by: answer(Engine(*sample_city), Question((by,), "all")).table.select(
            pl.col("calls", "unit_rows", "unit_rows_measured").sum(),
            # Hours are whole seconds: rounded to these, sums of another order cannot differ in the last digit.
            (pl.col("unit_hours_low", "single_unit_hours", "merged_unit_hours").sum() * 3600).round(0),
        )
        for by in ("category", "initiated_by", "month", "area", "final_type")
    }
    assert len({table.row(0) for table in totals.values()}) == 1


def test_the_sample_citys_hours_are_those_of_its_raw_rows(sample_city):
    """Dispatched (else enroute, arrived) to cleared of police units in the export itself, in a few lines that share no code with ours."""
    raw = pl.read_csv(SAMPLES / "alder_falls_cad_2023-2024.csv.gz", infer_schema=False).unique()
    stamp = {
        name: pl.col(f"Time_{name}").str.to_datetime("%m/%d/%Y %H:%M:%S", strict=False)
        for name in ("Dispatched", "Enroute", "Arrived", "Cleared")
    }
    start = pl.coalesce(stamp[name] for name in ("Dispatched", "Enroute", "Arrived"))
    length = (stamp["Cleared"] - start).dt.total_seconds() / 3600
    police = raw.filter((pl.col("Agency") == "AFPD") & pl.col("Unit_ID").is_not_null())
    hours = police.select(length.alias("h")).filter(pl.col("h").is_between(0, 12))["h"].sum()
    found = [
        answer(Engine(*sample_city), Question(("category",), name)).total["unit_hours_low"].item()
        for name in ("all", "administrative")
    ]
    # In the four nights of a clock change the wall clock alone is an hour off, and the hour that comes twice can be
    # read either way: 70 hours of 25,000 here.
    assert sum(found) == pytest.approx(hours, rel=0.004)


def test_minneapolis_shows_its_known_traps_and_agrees_with_a_recomputation(rightcall_json, shared_data):
    """Enroute is assigned in 93 % of the rows and the arrival is missing in 20 %, as counted on the raw file."""
    raw = pl.read_csv(shared_data / "minneapolis_2020.csv", infer_schema=False)
    names = {"assigned": "Time_First_Unit_Assigned", "enroute": "Time_First_Unit_Enroute",
             "arrived": "Time_First_Unit_Arrived", "cleared": "TimeFirstCallCleared"}  # fmt: skip
    stamps = raw.select(
        pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f").dt.truncate("1s").alias(name)
        for name, column in names.items()
    ).filter(pl.col("assigned").is_not_null())
    known = stamps.filter(pl.col("enroute").is_not_null())
    copied = known.filter(pl.col("enroute") == pl.col("assigned")).height / known.height
    missing = stamps["arrived"].null_count() / stamps.height
    hours = (stamps["cleared"] - stamps["assigned"]).dt.total_seconds() / 3600
    measured = hours.filter(hours.is_between(0, 12)).sum()

    found = rightcall_json(shared_data / "minneapolis_2020.csv")
    stamps_found = found["stamps"]
    assert stamps_found["enroute_as_assigned"] / stamps_found["enroute_known"] == pytest.approx(
        copied, abs=0.005
    )
    assert stamps_found["arrival_missing"] / stamps_found["assigned"] == pytest.approx(missing, abs=0.005)
    said = " ".join(found["warnings"])
    assert f"Enroute equals assigned to the second in {copied:.0%}" in said
    assert f"The arrival is missing in {missing:.0%}" in said
    total = found["total"]["unit_hours_low"] + (found["administrative"]["unit_hours_low"] or 0)
    assert total == pytest.approx(measured, rel=1e-4)
    assert "One row per call and no count of units" in " ".join(found["assumptions"])


@pytest.fixture
def rightcall_json(tmp_path, monkeypatch):
    """The answer of all calls of a file by who started them, with one signed category for every type."""
    from app.time_job import run_time
    from app.time_words import document

    def _ask(path: Path) -> dict[str, object]:
        types = pl.read_csv(path, infer_schema=False).select(pl.col("initialProblem", "Problem"))
        texts = pl.concat([types[c] for c in types.columns]).drop_nulls().unique().sort()
        lines = [f'Town,,"{text}",noise,none,signed,A. Reviewer,2024-04-01,' for text in texts]
        signed = tmp_path / "signed.csv"
        head = "agency,code,text,category,hazard,basis,reviewer,since,note"
        signed.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        question = Question(("initiated_by",), "all")
        return document(run_time(Settings(files=(path,), crosswalk=signed), question, use_cache=False))

    return _ask


def _java() -> bool:
    return (
        shutil.which("java") is not None
        and subprocess.run(["java", "-version"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
def test_spark_gives_the_very_numbers_that_polars_gives(sample_city):
    pytest.importorskip("pyspark", reason="the extra rightcall[spark] is not installed")
    if not (_java() or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, which is not on this machine")
    import warnings

    from officer_time.spark import spark_engine, together

    canonical, types = sample_city
    with warnings.catch_warnings():
        # Spark leaves sockets and files to its own end.
        warnings.simplefilter("ignore")
        with spark_engine(canonical, types, "local[2]") as spark:
            for question in (
                Question(("category", "initiated_by"), "community"),
                Question(("month", "eligible"), "all", cap_hours=1.0),
            ):
                here, there = answer(Engine(canonical, types), question), answer(spark, question)
                assert there.table.equals(here.table)
                assert there.total.equals(here.total)
                assert there.administrative.equals(here.administrative)
                assert there.stamps == here.stamps
            rows = spark.session.read.parquet(str(canonical.folder / "units-*.parquet"))
            grouped = together(rows.filter("unit_id is not null"), "unit_id", _merged_again)
            merged = grouped.select("merged_seconds").toArrow()
    assert sum(x or 0 for x in merged["merged_seconds"].to_pylist()) == (
        canonical.units.filter(pl.col("unit_id").is_not_null())
        .select(pl.col("merged_seconds").cast(pl.Int64).sum())
        .collect()
        .item()
    )


def _merged_again(rows: pl.LazyFrame) -> pl.LazyFrame:
    return add_merged_seconds(rows.drop("merged_seconds"), ("unit_id",))
