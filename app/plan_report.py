"""The plan as a page: what a program would meet, serve, free and cost, in words and tables that print.

The same rules as the main report: everything comes from the plan's tables, no script, no outside request, and what
could not be computed is said with its reason.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import polars as pl

from app import plan_charts, plan_cost_words, wording
from app import plan_words as words
from app.charts import cascade_chart, hour_of_week_heatmap
from app.plan_numbers import lost_by_hour, lost_finding, rounded, served, steps_as_told, weeks_as_told
from app.report import page
from app.report_figures import Picture
from app.wording import count, number_of_hours, percent
from call_codes.policy import Policy
from evaluation.before.cost import cost_items
from evaluation.before.plan import Plan


def plan_html(
    plan: Plan,
    policy: Policy,
    *,
    place: str,
    period: str,
    warnings: Sequence[str],
    command: list[str],
    smallest_count: int,
) -> str:
    """The page of a plan as one HTML document."""
    settings = plan.settings
    return page(
        "plan.html",
        {
            "place": place,
            "period": period,
            "warnings": warnings,
            "policy": policy,
            "teams": words.teams_words(settings),
            "in_short": in_short(plan),
            "sizing": words.sizing_words(plan),
            "figures": {name: one.drawn() for name, one in plan_pictures(plan, smallest_count).items()},
            "steps": words.steps_words(plan),
            "losses": words.losses_words(plan),
            "areas": words.areas_words(plan, smallest_count),
            "served": words.served_words(plan),
            "schedule": words.schedule_words(plan),
            "forecast": words.forecast_words(plan),
            "cost": plan_cost_words.cost_words(plan),
            "cost_sources": plan_cost_words.cost_source_words(plan),
            "lot": words.lot_words(plan, smallest_count),
            "power": plan.power,
            "assumptions": assumed(plan),
            "left_out": plan.left_out,
            "replays": replays(plan),
            "command": shlex.join(command),
        },
    )


def assumed(plan: Plan) -> list[str]:
    """What is assumed, in sentences, with the days that the export lacks."""
    days = plan.demand.days
    gaps = (
        [
            f"The export lacks {count(len(days.gaps))} of the {count(days.last - days.first + 1)} days from its first to its "
            f"last. What is told per week or per year counts the {count(days.count)} days that it holds."
        ]
        if days.gaps
        else []
    )
    return [*gaps, *plan.settings.assumptions, f"Durations: {plan.demand.basis}."]


def replays(plan: Plan) -> str:
    """How the calls are replayed, and what the ranges hold."""
    weeks, times = weeks_as_told(plan), plan.settings.replications
    if plan.simulated.drawn:
        return (
            f"Each of {times} replays puts whole weeks of the city's own calls together anew and follows every call to its "
            f"end. Their averages are told for the calls counted in the export, which holds {weeks}."
        )
    return (
        f"The export is too short to draw weeks from, so each of {times} replays follows its very calls, over {weeks}; "
        "only screening and durations differ. The ranges of the replays are too narrow for that reason."
    )


def measured(plan: Plan) -> dict[str, dict[str, Any]]:
    """The simulation's summary by measure."""
    return {row["measure"]: row for row in plan.simulated.summary.iter_rows(named=True)}


def in_short(plan: Plan) -> list[str]:
    """The answer in sentences, each with its range and what it is a share of."""
    settings = plan.settings
    by = measured(plan)
    found = served(plan)
    last = steps_as_told(plan).row(-1, named=True)
    sentences = [] if plan.sizing is None else [_sized(plan)]
    sentences += [
        f"{len(settings.teams)} {'team' if len(settings.teams) == 1 else 'teams'} on these shifts would serve "
        f"{percent(found.share)} of the eligible calls ({wording.percent_range(found.share_low, found.share_high)}, from the "
        f"least to the most favorable of the three readings of the policy and of the replays): about {found.a_year} of "
        f"{found.eligible_a_year} a year.",
        f"Of the calls in this export, about {count(last['calls_policy'])} would have been served without police "
        f"({count(last['calls_low'])} to {count(last['calls_high'])}, from the narrowest to the widest reading of the policy).",
    ]
    if by["response_p50_minutes"]["mean"] is not None:
        sentences.append(
            f"Half of the served calls would be reached within {by['response_p50_minutes']['mean']:.0f} minutes, 9 of 10 "
            f"within {by['response_p90_minutes']['mean']:.0f}; teams would be on calls {percent(by['utilisation']['mean'])} "
            "of their time on duty."
        )
    freed = plan.officer_hours_freed
    if freed:
        sentences.append(
            f"That would free about {number_of_hours(rounded(freed.value))} police unit-hours a year "
            f"({number_of_hours(rounded(freed.low))} to {number_of_hours(rounded(freed.high))})."
        )
    nine = plan.nine_to_five
    if nine["calls_share"] is not None:
        sentences.append(
            f"Working days from 9 to 5 alone hold {count(nine['covered_calls'])} of {count(nine['calls'])} eligible calls "
            f"({percent(nine['calls_share'])})."
        )
    if plan.power:
        sentences.append(plan.power.sentence)
    return sentences


def _sized(plan: Plan) -> str:
    if plan.sizing is None or plan.sizing.teams is None:
        return (
            f"No number of teams on these hours reaches the target ({plan.sizing.target if plan.sizing else ''}): "
            f"hours, areas or screening are the limit. What follows is for {len(plan.settings.teams)} teams."
        )
    teams = "1 team is" if plan.sizing.teams == 1 else f"{plan.sizing.teams} teams are"
    return f"{teams} the fewest for {plan.sizing.target}."


def plan_pictures(plan: Plan, smallest_count: int) -> dict[str, Picture]:
    """The charts of the plan by name: steps, grid and, where there is something to draw, lost, power, tornado."""
    whole = steps_as_told(plan)
    last, first = whole.row(-1, named=True), whole.row(0, named=True)
    best = (
        plan.grid.filter((pl.col("days") == "mon-sun") & (pl.col("hours_long") == 8))
        .sort("covered_calls")
        .row(-1, named=True)
    )
    lost, pooled = lost_by_hour(plan, smallest_count)
    figures = {
        "steps": Picture(
            "plan-steps-chart",
            cascade_chart(whole),
            f"Of {count(first['calls_policy'])} calls, about {count(last['calls_policy'])} would be served without police "
            f"({count(last['calls_low'])} to {count(last['calls_high'])}).",
            "Bar chart of the calls left after each step.",
            "The bar is the policy as written; the line runs from the low to the high reading.",
        ),
        "grid": Picture(
            "plan-grid",
            plan_charts.coverage_heatmap(plan.grid, "mon-sun"),
            f"A daily shift of 8 hours covers most when it starts at {wording.clock_hour(best['start_hour'])}: "
            f"{percent(best['calls_share'])} of the eligible calls.",
            "Grid of the share of eligible calls covered by start and length of a daily shift.",
            "Percent of eligible calls that come while the doors are open; a covered call may still find every team busy.",
        ),
    }
    if any(lost.values()):
        figures["lost"] = Picture(
            "plan-lost",
            hour_of_week_heatmap(pl.DataFrame({"hour_of_week": list(lost), "calls": list(lost.values())})),
            lost_finding(plan, lost),
            "Grid of eligible calls that no team serves by day and hour.",
            f"Eligible calls not served in the {weeks_as_told(plan)} of this export, average of the replays."
            + (
                f" White fields hold fewer than {smallest_count} calls each, about {count(rounded(pooled))} together."
                if pooled
                else ""
            ),
        )
    if plan.power:
        figures["power"] = Picture(
            "plan-power",
            plan_charts.power_chart(plan.power.curve),
            plan.power.sentence,
            "Line of how often an effect of each size would be found.",
            "The dashed line marks 80 of 100, the usual demand; the thin lines are the doubt of the trials themselves.",
        )
    if plan.balance is not None and plan.balance.tornado.height:
        labels = {name: plan_cost_words.item_label(name) for name in cost_items()} | {
            "people": "People",
            "vehicles": "Vehicles",
            "served_calls": "Served calls",
            "officer_hours_freed": "Officer hours freed",
            "bookings_avoided": "Bookings avoided",
            "emergency_department_visits_avoided": "Emergency department visits avoided",
        }
        first_price = plan.balance.tornado["price"][0]
        net = plan.balance.totals.filter(measure=f"net_cost_at_{first_price}_cost")["value"].item()
        figures["tornado"] = Picture(
            "plan-tornado",
            plan_charts.tornado_chart(plan.balance.tornado.filter(price=first_price).head(8), labels, net),
            f"The net cost, an officer's hour at {first_price} cost, hangs most on: "
            f"{labels.get(plan.balance.tornado['item'][0], plan.balance.tornado['item'][0])}.",
            "Bars from the net cost with one amount at its low to that with it at its high.",
            f"Each bar moves one amount from its low to its high and leaves the others as they are; the line marks the net "
            f"cost with all at their middle, {count(net)} dollars a year. The scale does not start at 0.",
        )
    return figures
