"""The eligible share with the classifier's doubt: the cascade's own calls, and the cascade's answer where all is signed."""

from __future__ import annotations

import polars as pl
import pytest

from call_codes.policy import load_policy
from evaluation.before.eligible_range import denominator_types, eligible_range

POLICY = load_policy("behavioral_health_plus")


def calls(*rows: tuple[str, int, dict[str, str]]) -> pl.LazyFrame:
    plain = {"outcome": "handled", "responder": "police", "initiated_by": "community", "started_local": 0}
    return pl.LazyFrame(
        [{**plain, **other, "call_type": text} for text, number, other in rows for _ in range(number)]
    ).with_columns(pl.lit(None, pl.String).alias("call_type_code"))


def types(*rows: tuple[str, str, str, dict[str, float]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Types as (text, category, basis, category → probability) and the probabilities."""
    table = pl.DataFrame(
        [(None, text, category, basis) for text, category, basis, _ in rows],
        schema={
            "call_type_code": pl.String,
            "call_type": pl.String,
            "category": pl.String,
            "basis": pl.String,
        },
        orient="row",
    ).with_columns(hazard=pl.lit(False), hazard_kinds=pl.lit(""), hazard_reason=pl.lit(""))
    shares = [(row, c, p) for row, (*_, dist) in enumerate(rows) for c, p in dist.items()]
    return table, pl.DataFrame(shares, schema=["type_row", "category", "probability"], orient="row")


SIGNED = types(
    ("WELFARE", "welfare_check", "signed", {"welfare_check": 1.0}),
    ("TRESPASS", "trespass", "signed", {"trespass": 1.0}),
    ("BURGLARY", "burglary", "signed", {"burglary": 1.0}),
)


def test_only_calls_of_the_cascades_denominator_weigh() -> None:
    of_all = calls(
        ("WELFARE", 5, {}),
        ("WELFARE", 40, {"initiated_by": "officer"}),
        ("WELFARE", 40, {"outcome": "duplicate"}),
        ("WELFARE", 40, {"responder": "community"}),
        ("TRESPASS", 3, {"initiated_by": "alarm"}),
        ("BURGLARY", 2, {}),
    )
    found = eligible_range(denominator_types(of_all), *SIGNED, POLICY).eligible
    assert (found.low, found.numerator, found.high, found.denominator) == (5, 5, 8, 10)


def test_a_doubtful_type_widens_the_range_by_its_calls_and_the_unsigned_part_is_told() -> None:
    table = types(
        ("WELFARE", "welfare_check", "signed", {"welfare_check": 1.0}),
        ("SERVICE", "public_assist", "model", {"public_assist": 0.6, "police_admin": 0.4}),
    )
    found = eligible_range(denominator_types(calls(("WELFARE", 6, {}), ("SERVICE", 10, {}))), *table, POLICY)
    assert found.eligible.numerator == pytest.approx(12)
    assert (found.eligible.low, found.eligible.high) == (6, 16)
    assert found.unsigned_share == pytest.approx(0.5)
