"""The plan's cost tables: the year's balance, what it is made of and what is missing, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.report_tables import Words
from app.wording import count
from evaluation.before.cost import cost_items
from evaluation.before.plan import Plan

TOTALS: Final = {
    "cost_per_year": "Cost of the program",
    "cost_per_eligible_call": "Cost per eligible call",
    "cost_per_served_call": "Cost per served call (average cost)",
    "saving_at_average_cost": "Saving, an officer's hour at average cost",
    "net_cost_at_average_cost": "Net cost, an officer's hour at average cost",
    "break_even_served_calls_at_average_cost": "Served calls to break even, at average cost",
    "saving_at_marginal_cost": "Saving, an officer's hour at marginal cost",
    "net_cost_at_marginal_cost": "Net cost, an officer's hour at marginal cost",
    "break_even_served_calls_at_marginal_cost": "Served calls to break even, at marginal cost",
}


def cost_words(plan: Plan) -> Words | None:
    """The year's balance."""
    if plan.balance is None:
        return None
    eligible = plan.simulated.summary.filter(measure="eligible_calls")["mean"].item()
    eligible *= 365.25 / 7 / plan.simulated.weeks
    return Words(
        "plan-cost",
        "A year of the program, in dollars",
        ("What", "Value", "Low", "High", "Meaning"),
        tuple(
            (
                TOTALS[row["measure"]],
                *(count(row[c]) for c in ("value", "low", "high")),
                row["definition"] + _out_of_reach(row, eligible),
            )
            for row in plan.balance.totals.iter_rows(named=True)
        ),
        ("Value", "Low", "High"),
        "Average and marginal cost of an officer's hour are two answers to two questions; they are never added.",
    )


def _out_of_reach(row: Mapping[str, Any], eligible_calls: float) -> str:
    """What is to be said of a break-even that no year can reach."""
    if not row["measure"].startswith("break_even"):
        return ""
    if row["value"] is None:
        return " Never: with these amounts a served call costs at least as much as it saves."
    if row["value"] > eligible_calls:
        return (
            f" Out of reach: a year has only {count(eligible_calls)} eligible calls, even if all were served."
        )
    return ""


def cost_source_words(plan: Plan) -> Words | None:
    """Each amount with its source."""
    if plan.balance is None:
        return None
    return Words(
        "plan-cost-lines",
        "What the balance is made of",
        ("Item", "Side", "Quantity", "Dollars a year", "Low", "High", "Source"),
        tuple(
            (
                row["label"],
                row["side"],
                f"{row['quantity']:,.1f}",
                *(count(row[c]) for c in ("amount", "low", "high")),
                f"{row['source']}, {row['year']}",
            )
            for row in plan.balance.lines.iter_rows(named=True)
        ),
        ("Quantity", "Dollars a year", "Low", "High"),
        f"Not in the balance, because the plan gives no amount or no number for them: {_items(plan.balance.left_out)}. "
        "That does not mean that they cost or save nothing."
        if plan.balance.left_out
        else "",
    )


def _items(names: Sequence[str]) -> str:
    """Cost items as a person names them, with their unit."""
    return "; ".join(f"{item_label(name).lower()} ({cost_items()[name]['unit']})" for name in names)


def item_label(name: str) -> str:
    """The label of a cost item without what it is made of: "A vehicle"."""
    return str(cost_items()[name]["label"]).split(":")[0].split(" (")[0]
