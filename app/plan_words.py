"""The tables of the plan's page: from the plan's tables to rows of words, as a person reads them."""

from __future__ import annotations

from typing import Final

from app import wording
from app.report_tables import Words
from app.wording import count, number_of_hours, percent
from evaluation.before.plan import Plan
from evaluation.before.plan_settings import PlanSettings

MEASURES: Final = {
    "eligible_calls": "Eligible calls",
    "served": "Served by a team",
    "no team on duty": "No team on duty",
    "no team free": "No team free",
    "waited too long": "Waited too long",
    "queue full": "Too many waiting",
    "not accepted by the screening": "Not accepted by the screening",
    "still waiting at the end": "Still waiting when the data end",
    "joint_calls": "Served together with police",
    "back_up_calls": "Police called by the team",
    "served_share": "Share of eligible calls served",
    "response_p50_minutes": "Response time, half of served calls within (median), minutes",
    "response_p90_minutes": "Response time, 9 of 10 served calls within (p90), minutes",
    "utilisation": "Share of time on duty spent on calls (utilization)",
    "overtime_hours": "Hours past the end of a shift",
}
_SHARES: Final = ("served_share", "utilisation")
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


def teams_words(settings: PlanSettings) -> Words:
    """The teams as planned."""
    return Words(
        "teams",
        "The teams of this plan",
        ("Team", "On duty", "Areas", "Break", "Hours a week"),
        tuple(
            (
                team.name,
                team.schedule,
                "everywhere" if team.areas is None else ", ".join(team.areas),
                f"{team.break_minutes:g} minutes" if team.break_minutes else "none",
                number_of_hours(team.hours_per_week),
            )
            for team in settings.teams
        ),
        ("Hours a week",),
    )


def steps_words(plan: Plan) -> Words:
    """From all calls to those served without police."""
    return Words(
        "plan-steps",
        "From all calls to calls served without police, in the calls of this export",
        ("Step", "Calls, low", "Calls, as written", "Calls, high", "Unit-hours"),
        tuple(
            (
                row["label"],
                *(count(row[f"calls_{r}"]) for r in ("low", "policy", "high")),
                number_of_hours(row["unit_hours"]),
            )
            for row in plan.steps.iter_rows(named=True)
        ),
        ("Calls, low", "Calls, as written", "Calls, high", "Unit-hours"),
        "From “Accepted by the screening” on, counts are averages over the replications. Whether a team is free is "
        "simulated with the calls of the policy as written; if as many came as in the high reading, fewer would find one.",
    )


def losses_words(plan: Plan) -> Words:
    """Why calls are not served: the audit trail."""
    labels = dict(plan.steps.select("step", "label").iter_rows())
    return Words(
        "plan-losses",
        "Why calls are not served (policy as written)",
        ("Lost at", "Reason", "Calls"),
        tuple(
            (labels[row["step"]], wording.reason_words(row["reason"]), count(row["calls"]))
            for row in plan.losses.iter_rows(named=True)
            if round(row["calls"])
        ),
        ("Calls",),
    )


def areas_words(plan: Plan) -> Words:
    """Areas from the busiest on, with what they cover together."""
    return Words(
        "plan-areas",
        "Eligible calls by area: what the first areas of this list would cover together",
        ("Area", "Eligible calls", "Covered so far", "Share of all eligible calls"),
        tuple(
            (
                wording.area_label(row["area"]),
                count(row["calls"]),
                count(row["covered_calls"]),
                percent(row["calls_share"]),
            )
            for row in plan.by_area.head(25).iter_rows(named=True)
        ),
        ("Eligible calls", "Covered so far", "Share of all eligible calls"),
    )


def served_words(plan: Plan) -> Words:
    """The simulation's measures: mean and the middle 95 % of replications."""

    def told(measure: str, value: float | None) -> str:
        if value is None:
            return wording.NOT_KNOWN
        if measure in _SHARES:
            return percent(value)
        return f"{value:,.1f}" if measure.endswith("minutes") else count(value)

    return Words(
        "plan-served",
        f"What the teams would do in {plan.simulated.weeks} weeks: average of the replications, and the middle 95 of 100",
        ("Measure", "Average", "Low", "High"),
        tuple(
            (MEASURES[row["measure"]], *(told(row["measure"], row[c]) for c in ("mean", "low", "high")))
            for row in plan.simulated.summary.iter_rows(named=True)
        ),
        ("Average", "Low", "High"),
    )


def schedule_words(plan: Plan) -> Words:
    """The best regular week for as many team-hours."""
    best = plan.schedule
    return Words(
        "plan-schedule",
        f"The week that would answer most calls with {best.team_hours} team-hours",
        ("Team", "On duty"),
        tuple((f"Team {number}", line) for number, line in enumerate(best.teams, 1)),
        note=f"Found by exact search over shifts of 8, 10 and 12 hours; it counts on {best.calls_per_week:,.1f} calls a week "
        f"that find a team free (no schedule of these hours can count on more than {best.bound:,.1f}), with Erlang's loss "
        "formula and even arrivals within the hour.",
    )


def forecast_words(plan: Plan) -> Words | None:
    """The weeks to come."""
    if plan.forecast is None:
        return None
    return Words(
        "plan-forecast",
        "Eligible calls to expect, week by week",
        ("Week from", "Calls", "Low", "High"),
        tuple(
            (f"{row['week']:%Y-%m-%d}", *(count(row[c]) for c in ("calls", "low", "high")))
            for row in plan.forecast.by_week.head(13).iter_rows(named=True)
        ),
        ("Calls", "Low", "High"),
        f"Used: {plan.forecast.method}. Low and high hold 95 of 100 weeks.",
    )


def cost_words(plan: Plan) -> Words | None:
    """The year's balance."""
    if plan.balance is None:
        return None
    return Words(
        "plan-cost",
        "A year of the program, in dollars",
        ("What", "Value", "Low", "High", "Meaning"),
        tuple(
            (TOTALS[row["measure"]], *(count(row[c]) for c in ("value", "low", "high")), row["definition"])
            for row in plan.balance.totals.iter_rows(named=True)
        ),
        ("Value", "Low", "High"),
        "Average and marginal cost of an officer's hour are two answers to two questions; they are never added.",
    )


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
        f"Left out, because no amount was given: {', '.join(plan.balance.left_out)}."
        if plan.balance.left_out
        else "",
    )


def lot_words(plan: Plan) -> Words | None:
    """The areas in the order in which the lot lets them start."""
    if plan.rollout is None:
        return None
    return Words(
        "plan-lot",
        "A roll-out by lot: which areas start when",
        ("Area", "Eligible calls", "Group of like volume", "Starts"),
        tuple(
            (
                row["area"],
                count(row["calls"]),
                str(row["stratum"]),
                "later (comparison)" if row["wave"] is None else f"wave {row['wave']}",
            )
            for row in plan.rollout.iter_rows(named=True)
        ),
        ("Eligible calls", "Group of like volume"),
    )
