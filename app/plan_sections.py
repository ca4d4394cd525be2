"""The parts of the Plan page below the choices: each a finding, a chart, a table, all from one Plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from app import plan_charts, session
from app import plan_cost_words as cost
from app import plan_words as words
from app.figures import show_figure
from app.plain_table import plain_table
from app.plan_choices import MOST_SHIFTS, take_schedule
from app.plan_made import week_of
from app.plan_numbers import lost_by_hour, rounded
from app.refusal import show_refusal
from app.report_figures import Picture
from app.report_tables import Words
from app.wording import DAYS, clock_hour, count, percent
from call_codes.errors import RightcallError
from evaluation.before.plan import Plan


def show_steps(plan: Plan, pictures: Mapping[str, Picture]) -> None:
    """From all calls to calls served without police, with the reasons."""
    st.header("From all calls to served calls")
    table = words.steps_words(plan)
    _picture(pictures["steps"], table)
    st.caption(table.note)
    with st.expander("Why calls are not served"):
        _show(words.losses_words(plan))


def show_coverage(plan: Plan, smallest_count: int) -> None:
    """Start and length of a daily shift, and the areas."""
    st.header("Which hours hold the calls")
    days = str(
        st.selectbox(
            "Days",
            plan.grid["days"].unique(maintain_order=True).to_list(),
            format_func=lambda one: {
                "mon-sun": "Every day",
                "mon-fri": "Working days",
                "sat-sun": "Saturday and Sunday",
            }.get(one, one),
            key="plan_days",
            bind="query-params",
        )
    )
    grid = plan.grid.filter(days=days)
    eight = grid.filter(hours_long=8).sort("covered_calls").row(-1, named=True)
    table = plain_table(
        "Percent of eligible calls that come while the doors are open",
        ["Start", *(f"{n} hours" for n in plan_charts.LENGTHS)],
        [
            [clock_hour(int(str(start))), *(f"{100 * (share or 0):.0f}" for share in rows["calls_share"])]
            for (start,), rows in grid.filter(grid["hours_long"].is_in(plan_charts.LENGTHS)).group_by(
                "start_hour", maintain_order=True
            )
        ],
    )
    show_figure(
        f"Of all eligible calls, a shift of 8 hours on these days meets at most {percent(eight['calls_share'])}: "
        f"when it starts at {clock_hour(eight['start_hour'])}.",
        plan_charts.coverage_heatmap(plan.grid, days),
        table,
        definition="Percent of all eligible calls that come while the doors are open, by start and length of the shift. "
        "A covered call may still find every team busy.",
    )
    with st.expander("By area"):
        _show(words.areas_words(plan, smallest_count))


def show_teams(plan: Plan, pictures: Mapping[str, Picture], smallest_count: int) -> None:
    """What the teams would do, and when calls are lost."""
    st.header("Teams")
    sizing = words.sizing_words(plan)
    if sizing is not None:
        _show(sizing)
    _show(words.served_words(plan))
    if "lost" in pictures:
        lost, _ = lost_by_hour(plan, smallest_count)
        st.subheader("When calls are lost", anchor=False)
        _picture(pictures["lost"], _week_words(lost))
    with st.expander("The teams and their hours"):
        _show(words.teams_words(plan.settings))


def show_schedule(opened: session.Opened, plan: Plan) -> None:
    """The best week for a given number of team-hours, to compare with and to take over."""
    st.header("Where the hours would help most")
    own = int(sum(team.hours_per_week for team in plan.settings.teams))
    hours = int(
        st.number_input(
            "Team-hours a week (0 = as many as this plan has)",
            0,
            4000,
            0,
            8,
            key="plan_team_hours",
            bind="query-params",
        )
    )
    try:
        kept = plan.schedule if hours in (0, own) else None
        best = kept or week_of(opened, plan, hours or own)
    except RightcallError as error:
        show_refusal(error)
        return
    table = words.schedule_words(replace(plan, schedule=best))
    if table is not None:
        _show(table)
    if len(set(best.teams)) <= MOST_SHIFTS:
        st.button("Plan with these shifts", on_click=take_schedule, args=(best.teams,), key="plan_take")


def show_forecast(plan: Plan) -> None:
    """The weeks to come."""
    table = words.forecast_words(plan)
    st.header("Calls to come")
    if table is None:
        st.text(f"Not shown. {plan.left_out.get('forecast', '')}")
        return
    _show(table)


def show_cost(plan: Plan, pictures: Mapping[str, Picture]) -> None:
    """The year's balance, or what it needs."""
    st.header("Cost")
    balance, sources = cost.cost_words(plan), cost.cost_source_words(plan)
    if balance is None or sources is None:
        with st.container(border=True):
            st.text(
                "Not computed: Rightcall has no amounts of its own. Under “People and costs” above, give what a team "
                "member and a vehicle cost a year in your city and how many hours a year one person works, each with "
                "its source."
            )
        return
    _show(balance)
    if "tornado" in pictures:
        price = plan.balance.tornado["price"][0] if plan.balance is not None else ""
        rows = plan.balance.tornado.filter(price=price).head(8) if plan.balance is not None else None
        table = plain_table(
            "Net cost a year with one amount at its ends, dollars",
            ["What is moved", "Lowest net cost", "Highest net cost"],
            []
            if rows is None
            else [
                [
                    str(row["item"]).replace("_", " "),
                    count(row["net_cost_low"]),
                    count(row["net_cost_high"]),
                ]
                for row in rows.iter_rows(named=True)
            ],
        )
        one = pictures["tornado"]
        show_figure(one.finding, one.chart, table, definition=one.reading)
        st.caption(one.reading)
    with st.expander("What the balance is made of, with each source"):
        _show(sources)


def show_power(plan: Plan, pictures: Mapping[str, Picture], smallest_count: int) -> None:
    """Whether an evaluation could tell, for an effect that can be chosen, and the lot."""
    st.header("Could an evaluation tell?")
    if plan.power is None:
        st.text(f"Not computed. {plan.left_out.get('power', '')}")
    else:
        sizes = [round(100 * abs(effect)) for effect in plan.power.curve["effect"]]
        size = st.select_slider(
            "If the program takes so many of 100 eligible calls off police in its areas",
            sizes,
            20 if 20 in sizes else sizes[0],
            key="plan_effect",
            bind="query-params",
        )
        row = plan.power.curve.row(sizes.index(int(size)), named=True)
        st.text(
            f"An evaluation with {plan.power.treated_areas} areas that start and {plan.power.comparison_areas} that wait, "
            f"{plan.power.periods_before} months before and {plan.power.periods_after} after, would find it in "
            f"{100 * row['power']:.0f} of 100 cases ({100 * row['low']:.0f} to {100 * row['high']:.0f}; 80 is the usual "
            "demand). The exact term is power, at a test level of 5%."
        )
        one = pictures["power"]
        table = plain_table(
            "How often an effect would be found",
            ["Effect", "Of 100 trials", "Low", "High"],
            [
                [
                    f"{100 * abs(row['effect']):.0f}% fewer",
                    *(f"{100 * row[c]:.0f}" for c in ("power", "low", "high")),
                ]
                for row in plan.power.curve.iter_rows(named=True)
            ],
        )
        show_figure(one.finding, one.chart, table, definition=one.reading)
        st.caption(
            f"{one.reading} Without any effect the test finds one in {100 * plan.power.false_alarms:.0f} of 100 trials; "
            "it should be about 5."
        )
    lot = words.lot_words(plan, smallest_count)
    if lot is not None:
        with st.expander("A roll-out by lot: which areas start when"):
            _show(lot)


def _week_words(values: Mapping[int, float | None]) -> Words:
    return Words(
        "plan-lost",
        "Eligible calls that no team serves, by hour and day: average of the replays, in the calls of this export; · = too few "
        "calls to be shown",
        ("Hour from", *DAYS),
        tuple(
            (clock_hour(hour), *(_or_hidden(values.get(day * 24 + hour)) for day in range(7)))
            for hour in range(24)
        ),
        DAYS,
    )


def _or_hidden(value: float | None) -> str:
    return "·" if value is None else count(rounded(value))


def _picture(one: Picture, table: Words) -> None:
    show_figure(one.finding, one.chart, html(table), definition=f"{table.caption}. {one.reading}".strip())


def _show(table: Words) -> None:
    st.html(html(table))
    if table.note:
        st.caption(table.note)


def html(table: Words) -> str:
    """A table of words as it stands on a page: columns of text first, then those of numbers."""
    texts = [i for i, name in enumerate(table.columns) if i == 0 or name not in table.numeric]
    order = [*texts, *(i for i in range(len(table.columns)) if i not in texts)]
    numbers_from = len(texts) if len(texts) < len(order) else None
    return plain_table(
        table.caption,
        [table.columns[i] for i in order],
        [[row[i] for i in order] for row in table.rows],
        numbers_from,
    )
