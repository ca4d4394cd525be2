"""The tables of the plan's page: from the plan's tables to rows of words, as a person reads them."""

from __future__ import annotations

from typing import Final

import polars as pl

from app import wording
from app.plan_numbers import loss_as_told, measure_as_told, steps_as_told, weeks_as_told
from app.report_tables import Words
from app.shift_words import shift_words
from app.wording import count, number_of_hours, percent
from calls.small_counts import pool
from evaluation.before.coverage import area_coverage
from evaluation.before.plan import Plan
from evaluation.before.plan_settings import PlanSettings

MEASURES: Final = {
    "eligible_calls": "Eligible calls",
    "served": "Served by a team",
    "no team on duty": "No team on duty that goes there",
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


def teams_words(settings: PlanSettings) -> Words:
    """The teams as planned."""
    return Words(
        "teams",
        "The teams of this plan",
        ("Team", "On duty", "Areas", "Break", "Hours a week"),
        tuple(
            (
                team.name,
                shift_words(team.schedule),
                "everywhere" if team.areas is None else ", ".join(team.areas),
                f"{team.break_minutes:g} minutes" if team.break_minutes else "none",
                number_of_hours(team.hours_per_week),
            )
            for team in settings.teams
        ),
        ("Hours a week",),
        "Times are the city's own clock. "
        "On a night when the clocks change, a shift across the change is an hour shorter or longer, as on the wall. "
        "A call that a team is on at the end of its shift is finished; no new one is taken.",
    )


def sizing_words(plan: Plan) -> Words | None:
    """How the number of teams was found."""
    if plan.sizing is None:
        return None
    share = plan.settings.target is not None and plan.settings.target.served_share is not None

    def told(value: float | None) -> str:
        return percent(value) if share else wording.NOT_KNOWN if value is None else f"{value:.1f}"

    measure = "Share of eligible calls served" if share else "Minutes within which 9 of 10 are reached"
    return Words(
        "plan-sizing",
        f"How many teams it takes for {plan.sizing.target}",
        ("Teams", measure, "Low", "High", "Meets the target"),
        tuple(
            (
                str(row["teams"]),
                *(told(row[c]) for c in ("mean", "low", "high")),
                "yes" if row["meets"] else "no",
            )
            for row in plan.sizing.tried.iter_rows(named=True)
        ),
        (measure, "Low", "High"),
        "The target is met where even the less favorable end of the middle 95 of 100 replays meets it. Each number of teams is "
        f"tried with {min(plan.settings.replications, 20)} replays. "
        + (
            ""
            if plan.sizing.teams
            else "No number of teams meets it: the hours on duty, the areas or the screening are the limit. "
        )
        + (
            ""
            if share
            else "Calls that no team takes have no response time, so look at the share served as well."
        ),
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
            for row in steps_as_told(plan).iter_rows(named=True)
        ),
        ("Calls, low", "Calls, as written", "Calls, high", "Unit-hours"),
        "Up to the hours on duty, calls are counted; from “A team is free in time” on they are averages of the replays, "
        "rounded to what their range bears. Whether a team is free is "
        "simulated for each reading with its own number of calls, because more calls find fewer free teams.",
    )


def losses_words(plan: Plan) -> Words:
    """Why calls are not served: the audit trail."""
    labels = dict(plan.steps.select("step", "label").iter_rows())
    return Words(
        "plan-losses",
        "Why calls are not served (policy as written)",
        ("Lost at", "Reason", "Calls"),
        tuple(
            (
                labels[row["step"]],
                wording.reason_words(row["reason"]),
                loss_as_told(plan, row["step"], row["calls"]),
            )
            for row in plan.losses.iter_rows(named=True)
            if round(row["calls"])
        ),
        ("Calls",),
    )


def areas_table(plan: Plan, smallest_count: int) -> pl.DataFrame:
    """plan.by_area with its small cells merged into one, so that no difference between rows shows them."""
    small = pool(
        plan.by_area.select("area", "calls", "unit_hours"), ["area"], "calls", ["unit_hours"], smallest_count
    )
    return area_coverage(small)


def areas_words(plan: Plan, smallest_count: int) -> Words:
    """Areas from the busiest on, with what they cover together."""
    return Words(
        "plan-areas",
        "Eligible calls by area: what the first areas of this list would cover together",
        ("Area", "Eligible calls", "Covered so far", "Share of all eligible calls"),
        tuple(
            (
                wording.area_label(row["area"], smallest_count),
                count(row["calls"]),
                count(row["covered_calls"]),
                percent(row["calls_share"]),
            )
            for row in areas_table(plan, smallest_count).head(25).iter_rows(named=True)
        ),
        ("Eligible calls", "Covered so far", "Share of all eligible calls"),
    )


def served_words(plan: Plan) -> Words:
    """The simulation's measures: mean and the middle 95 % of replications."""

    def told(measure: str, value: float | None, mean: float) -> str:
        if value is None:
            return wording.NOT_KNOWN
        if measure in _SHARES:
            return percent(value)
        if measure.endswith("minutes"):
            return f"{value:,.1f}"
        return measure_as_told(plan, measure, value, mean)

    return Words(
        "plan-served",
        f"What the teams would do with the calls of this export ({weeks_as_told(plan)}): average of the replays, and "
        "the middle 95 of 100",
        ("Measure", "Average", "Low", "High"),
        tuple(
            (
                MEASURES[row["measure"]],
                *(told(row["measure"], row[c], row["mean"]) for c in ("mean", "low", "high")),
            )
            for row in plan.simulated.summary.iter_rows(named=True)
        ),
        ("Average", "Low", "High"),
        "For the policy as written: low and high are the chance of the replays alone. Its other readings stand in the steps "
        "above. Numbers of calls that are simulated are rounded to what they bear.",
    )


def schedule_words(plan: Plan) -> Words | None:
    """The best regular week for as many team-hours."""
    best = plan.schedule
    if best is None:
        return None
    return Words(
        "plan-schedule",
        f"For comparison: another week of {best.team_hours} team-hours, with shifts where the calls are",
        ("Line of work", "On duty"),
        tuple((f"Line {number}", shift_words(line)) for number, line in enumerate(best.teams, 1)),
        note="These are not the teams of this plan, and no other figure on this page uses them. "
        f"Found by exact search over shifts of 8, 10 and 12 hours: {best.calls_per_week:,.1f} calls a week find a team "
        f"free (no such week can reach more than {best.bound:,.1f})"
        + (
            ""
            if plan.own_calls_per_week is None
            else f"; by the same count the plan's own shifts reach {plan.own_calls_per_week:,.1f}"
        )
        + ". The count is Erlang's loss formula with even arrivals within each hour, everywhere in the city; people's rest, "
        "leave and hand-overs are not in it.",
    )


def forecast_words(plan: Plan) -> Words | None:
    """The weeks to come."""
    if plan.forecast is None:
        return None
    weeks = plan.forecast.by_week
    note = (
        f"Used: {plan.forecast.method}. Low and high hold 95 of 100 weeks, if what was so far goes on; a program that "
        "people know may bring more calls."
    )
    calls = weeks["calls"].to_numpy()
    if calls.max() - calls.min() < 0.03 * max(calls.mean(), 1):
        # The average of the past says the same of every week: one line says it better than thirteen.
        ends = (weeks["calls"].mean(), weeks["low"].mean(), weeks["high"].mean())
        return Words(
            "plan-forecast",
            "Eligible calls to expect in any week to come",
            ("Weeks", "Calls", "Low", "High"),
            ((f"any of the next {weeks.height}", *(count(end) for end in ends)),),  # type: ignore[arg-type]
            ("Calls", "Low", "High"),
            note,
        )
    return Words(
        "plan-forecast",
        "Eligible calls to expect, week by week",
        ("Week from", "Calls", "Low", "High"),
        tuple(
            (f"{row['week']:%Y-%m-%d}", *(count(row[c]) for c in ("calls", "low", "high")))
            for row in plan.forecast.by_week.head(13).iter_rows(named=True)
        ),
        ("Calls", "Low", "High"),
        note,
    )


def lot_words(plan: Plan, smallest_count: int) -> Words | None:
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
                wording.small_count(smallest_count)
                if 0 < row["calls"] < smallest_count
                else count(row["calls"]),
                str(row["stratum"]),
                "later (comparison)" if row["wave"] is None else f"wave {row['wave']}",
            )
            for row in plan.rollout.iter_rows(named=True)
        ),
        ("Eligible calls", "Group of like volume"),
    )
