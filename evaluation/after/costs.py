"""What the program costs per eligible, served and diverted call, and what officer time it frees, with intervals.

Average prices (everything the team costs, divided by what it did) answer "what do we pay for a served call";
marginal ones (what one visit more costs, what one officer hour less saves in cash) answer "what would one more
change". They are never mixed: each row stands on one basis, and freed officer hours are shown as hours as well,
because a freed hour is not a saved dollar unless somebody is paid less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import polars as pl

from call_codes.errors import UsageError
from evaluation.after.study import CostInput

DRAWS: Final = 10_000
_SCHEMA: Final = {
    "measure": pl.String, "basis": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "definition": pl.String,
}  # fmt: skip
_LABELS: Final = {
    "team_cost": "the team over the whole time",
    "cost_per_eligible_call": "team cost ÷ eligible calls in its areas, hours and time",
    "cost_per_served_call": "team cost ÷ visits in which it reached somebody",
    "cost_per_diverted_call": "team cost ÷ calls taken off police",
    "officer_time_value": "police unit-hours saved, net of joint responses × price of an officer hour",
    "officer_time_value_per_served_call": "value of the police unit-hours saved ÷ visits in which it reached somebody",
    "net_cost": "team cost − value of the police unit-hours saved",
}

Basis = Literal["average", "marginal"]


def cost_table(
    costs: Sequence[CostInput],
    *,
    years: float,
    eligible_calls: float,
    served_calls: float,
    diverted_calls: tuple[float, float, float] | None,
    hours_saved: float,
    hours_draws: np.ndarray,
    seed: int,
) -> pl.DataFrame:
    """Costs by measure and basis: measure, basis, value, low, high (95 %), definition.

    years: how long the team worked. diverted_calls: low, central, high, or None where unknown. hours_saved, hours_draws:
    the estimate and its resampled values, from hours_saved.py or from a design. A price is drawn from the triangle
    low–value–high, the diverted calls likewise. A measure whose price is missing for a basis has null and says so.
    The marginal team cost is that of the visits that were made: served_calls × price of one visit more.
    Raises UsageError for a count or a length of time that is not above 0.
    """
    for name, number in (
        ("years", years),
        ("eligible_calls", eligible_calls),
        ("served_calls", served_calls),
    ):
        if not number > 0:
            raise UsageError(
                found=f"{name} = {number:g}",
                expected="a number above 0 to divide by",
                action="check the study's areas and days",
            )
    random = np.random.default_rng(seed)
    hours = random.choice(np.asarray(hours_draws, dtype=float), DRAWS)
    diverted = None
    if diverted_calls is not None and diverted_calls[1] > 0:
        diverted = (diverted_calls[1], _triangle(random, *diverted_calls))
    rows = []
    for basis in ("average", "marginal"):
        per = "team_year" if basis == "average" else "team_visit"
        times = years if basis == "average" else served_calls
        team = _scaled(_price(costs, per, basis, random), times)
        officer = _price(costs, "officer_hour", basis, random)
        value = None if officer is None else (officer[0] * hours_saved, officer[1] * hours)
        measures = {
            "team_cost": team,
            "cost_per_eligible_call": _scaled(team, 1 / eligible_calls),
            "cost_per_served_call": _scaled(team, 1 / served_calls),
            "cost_per_diverted_call": None
            if team is None or diverted is None
            else (team[0] / diverted[0], team[1] / np.maximum(diverted[1], 1e-9)),
            "officer_time_value": value,
            "officer_time_value_per_served_call": _scaled(value, 1 / served_calls),
            "net_cost": None if team is None or value is None else (team[0] - value[0], team[1] - value[1]),
        }
        lacking = [
            f'a {basis} price per {name.replace("_", " ")} ([costs.…] with per = "{name}", basis = "{basis}")'
            for name, price in ((per, team), ("officer_hour", officer))
            if price is None
        ]
        for measure, drawn in measures.items():
            rows.append(_row(measure, basis, drawn, lacking, diverted is not None))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def price_years(costs: Sequence[CostInput]) -> str | None:
    """A sentence where prices are of several years (nothing is adjusted), else None."""
    years = sorted({cost.year for cost in costs})
    if len(years) < 2:
        return None
    return (
        f"Prices are of {', '.join(map(str, years))} and are not adjusted to one year: "
        + "; ".join(f"{cost.name} {cost.year} ({cost.source})" for cost in costs)
        + "."
    )


Drawn = tuple[float, np.ndarray]


def _price(costs: Sequence[CostInput], per: str, basis: str, random: np.random.Generator) -> Drawn | None:
    """All prices of one kind and basis added, with draws; None where there is none."""
    found = [cost for cost in costs if cost.per == per and cost.basis == basis]
    if not found:
        return None
    drawn = sum((_triangle(random, c.low, c.value, c.high) for c in found), np.zeros(DRAWS))
    return sum(cost.value for cost in found), drawn


def _triangle(random: np.random.Generator, low: float, middle: float, high: float) -> np.ndarray:
    return np.full(DRAWS, middle) if high <= low else random.triangular(low, middle, high, DRAWS)


def _scaled(drawn: Drawn | None, factor: float) -> Drawn | None:
    return None if drawn is None else (drawn[0] * factor, drawn[1] * factor)


def _row(
    measure: str, basis: str, drawn: Drawn | None, lacking: Sequence[str], diverted_known: bool
) -> tuple[str, str, float | None, float | None, float | None, str]:
    definition = f"{_LABELS[measure]}; {basis} prices"
    if drawn is None:
        needs = [
            *lacking,
            *(["calls taken off police"] if "diverted" in measure and not diverted_known else []),
        ]
        return measure, basis, None, None, None, f"{definition}. Not computed: it needs {' and '.join(needs)}"
    low, high = np.quantile(drawn[1], [0.025, 0.975])
    return measure, basis, float(drawn[0]), float(low), float(high), definition
