"""Published shares by the same arithmetic: St. Petersburg's list and volume, and the figures of the guide."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import polars as pl

from call_codes.policy import load_policy
from evaluation.before.cascade import STEPS, cascade
from officer_time.cells import category_means, time_cells
from tests.evaluation.test_cascade import tables

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "why-estimates-differ.md"
COUNTS = Path(__file__).with_name("st_petersburg_2019.csv")
# Rows of the table of published numbers → the figures of the guide that rest on them.
FIGURES = {
    "denver_codebased": ("15 %",),
    "denver_flagged": ("2.8 %", "2,500 of 92,400"),
    "denver_star_handled": ("748", "95,000"),
    "eugene_public": ("15.0 %", "16,479 of 109,855"),
    "eugene_divert": ("3–8 %",),
    "eugene_backup": ("0.63 %", "150 of 24,000"),
    "stpete_elig": ("4.9 %", "12,700 of 259,800"),
    "nyc_elig": ("38.5 %", "96,291", "37,113"),
    "nyc_served": ("64.9 %", "24,071"),
    "nyc_overnight": ("14,200",),
}


def st_petersburg() -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """259,800 made-up calls of 2019 by category, without unit times."""
    counts = pl.read_csv(COUNTS, comment_prefix="#")
    calls, units = tables([{"category": category} for category in counts["category"]], hours=None)
    repeated = calls.with_columns(n=counts["calls"]).collect()
    calls = repeated.select(pl.exclude("n").repeat_by("n")).explode(pl.all()).lazy()
    return calls, units.filter(pl.lit(False))


def test_the_list_of_st_petersburg_on_its_volume_gives_the_published_share():
    calls, units = st_petersburg()
    means = category_means(time_cells(calls, units, ["category"]))
    result = cascade(calls, units, means, load_policy("st_petersburg_call"))
    steps = dict(result.steps.select("step", "calls_policy").iter_rows())
    assert steps["all_calls"] == 259_800
    assert steps["eligible_type"] == steps["no_hazard"] == 12_700
    assert (result.eligible.numerator, result.eligible.denominator) == (12_700, 259_800)
    assert f"{result.eligible.numerator / result.eligible.denominator:.1%}" == "4.9%"
    # The high lets in what is taken on a condition and what could not be classified: most of the doubt.
    assert result.eligible.high == 12_700 + 21_000 + 9_500 + 50_000
    assert result.losses["calls"].sum() == 259_800 - 12_700


def test_the_ratios_of_the_guide_follow_from_its_counts():
    text = GUIDE.read_text(encoding="utf-8")
    for counted, share in re.findall(r"\*\*([\d.]+) %\*\* \(\d{4}; ([\d,]+ of [\d,]+)\)", text):
        part, whole = (float(number.replace(",", "")) for number in share.split(" of "))
        half_a_digit = 0.5 * 10 ** -len(counted.partition(".")[2])
        assert abs(100 * part / whole - float(counted)) <= half_a_digit + 1e-9
    assert f"{37_113 / 96_291:.1%} {24_071 / 37_113:.1%}" == "38.5% 64.9%"
    assert f"{2.8 / 15:.2f}" == "0.19"
    assert "a factor of 0.19" in text
    assert f"{12_700 / (0.6 * 259_800):.1%}" == "8.1%"
    assert "8.1 %" in text


def test_the_guide_names_the_steps_of_the_cascade_in_its_order():
    text = GUIDE.read_text(encoding="utf-8")
    named = [
        "all calls",
        "handled by police",
        "started by the community, or not known",
        "eligible type",
        "no stated danger",
    ]
    assert [label.lower() for label in list(STEPS.values())[:3]] == named[:3]
    places = [text.index(f"| {name} |") for name in named]
    assert places == sorted(places)


def test_every_published_figure_of_the_guide_has_a_source_that_we_hold(shared_reference: Path):
    with (shared_reference / "published_numbers.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    text = " ".join(GUIDE.read_text(encoding="utf-8").split())
    for row_id, figures in FIGURES.items():
        row = rows[row_id]
        assert row["confidence"] == "sourced"
        held = " ".join(re.sub(r"[^\d.]", "", row[c]) for c in ("value", "numerator", "denominator"))
        held += " " + re.sub(r",", "", " ".join(row.values()))
        for figure in figures:
            assert figure in text
            for number in re.findall(r"[\d.]+", figure.replace(",", "")):
                rounded = [
                    n for n in re.findall(r"\d+(?:\.\d+)?", held) if abs(float(n) - float(number)) < 0.05
                ]
                assert rounded, (row_id, number)
