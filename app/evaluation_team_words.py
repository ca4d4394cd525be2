"""What the team did, saved and cost, as tables for reading: money as money, who sent the team in words."""

from __future__ import annotations

from typing import Final

import polars as pl

from app.evaluation_words import frame_words
from app.report_tables import Words
from evaluation.after.deflection import SENT_LABELS
from evaluation.after.evaluate import Evaluation

_NOT_KNOWN: Final = "–"
_LABELS: Final = {
    "team_cost": "The team, over the whole time",
    "cost_per_eligible_call": "For each eligible call",
    "cost_per_served_call": "For each visit that reached somebody",
    "cost_per_diverted_call": "For each call taken off police",
    "officer_time_value": "Value of the police unit-hours saved",
    "officer_time_value_per_served_call": "The same, for each visit that reached somebody",
    "net_cost": "The team, less the value of the police unit-hours saved",
}
_BASES: Final = {
    "average": "all that it costs, shared out (average)",
    "marginal": "what one more costs (marginal)",
}


def team_words(evaluation: Evaluation) -> list[Words]:
    """Visits by who sent the team, hours saved, costs."""
    team, found = evaluation.team, []
    if team.deflection is not None:
        table = team.deflection.table.drop("who_sent").rename({"label": "sent by"})
        found.append(frame_words("visits", "Visits by who sent the team", table))
    if team.saved is not None:
        saved = team.saved.table
        if "who_sent" in saved.columns:
            words = {**SENT_LABELS, "all": "all visits"}
            saved = saved.with_columns(pl.col("who_sent").replace(words)).rename({"who_sent": "sent by"})
        found.append(frame_words("saved", "Police unit-hours saved, net of joint responses", saved))
    if team.costs is not None:
        found.append(_costs(team.costs))
    return found


def _costs(costs: pl.DataFrame) -> Words:
    """Costs to the dollar; what could not be computed is said below, with what it needs."""
    known = costs.filter(pl.col("value").is_not_null())
    rows = [
        (
            _LABELS[row["measure"]],
            _BASES[row["basis"]],
            *(_money(row[name]) for name in ("value", "low", "high")),
        )
        for row in known.iter_rows(named=True)
    ]
    lacking = sorted(set(costs["basis"]) - set(known["basis"]))
    note = "Low and high hold 95 % of what the given ranges of prices allow."
    if lacking:
        note += f" Not computed, because the study gives no such price: {', '.join(_BASES[one] for one in lacking)}."
    columns = ("What", "Counted by", "Dollars", "Low", "High")
    return Words("costs", "Costs", columns, tuple(rows), columns[2:], note)


def _money(value: float | None) -> str:
    """To three digits, as money is read: 621,000; 504; 32.50."""
    if value is None:
        return _NOT_KNOWN
    if abs(value) < 100:
        return f"{value:,.2f}"
    step = 10 ** max(len(str(int(abs(value)))) - 3, 0)
    return f"{round(value / step) * step:,.0f}"
