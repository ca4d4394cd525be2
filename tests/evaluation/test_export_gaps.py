"""An export that lacks days tells the same per week and per year as one that is whole."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from evaluation.before.coverage import on_even_weeks
from evaluation.before.demand import Demand, log_normal_seconds
from evaluation.before.export_days import ExportDays, export_days
from evaluation.before.forecast import weekly_calls
from evaluation.before.known_totals import ON_DUTY, with_known_totals
from evaluation.before.plan_power import area_months
from evaluation.before.replay_weeks import ReplayWeeks
from evaluation.before.roster import same_teams
from evaluation.before.simulation import NOT_ACCEPTED, Rules, Simulated, simulate

MONDAY = 19_723  # 2024-01-01, in days since 1970
TEAMS = same_teams(2, "mon-sun 15:00-27:00")


def demand(days: int, gaps: tuple[int, ...] = (), per_day: int = 60, seed: int = 5) -> Demand:
    """Busier by day and on Saturdays, so that hours and days of the week matter."""
    rng = np.random.default_rng(seed)
    minute = rng.triangular(0, 1020, 1440, (days, per_day)).astype(int)
    kept = rng.random((days, per_day)) < np.where(np.arange(days) % 7 == 5, 1.0, 0.6)[:, None]
    wall = np.sort(((MONDAY + np.arange(days)[:, None]) * 86_400 + minute * 60)[kept])
    wall = wall[~np.isin(wall // 86_400, gaps)]
    return Demand(
        pl.DataFrame({"arrival_at": wall, "arrival_local": wall, "area": np.where(wall % 2, "A", "B"),
                      "urgency": np.zeros(len(wall), np.int8)}),
        log_normal_seconds(40, 90), log_normal_seconds(8, 15), None, "made up",
        period=ExportDays(MONDAY, MONDAY + days - 1, gaps),
    )  # fmt: skip


def yearly(found: Simulated, measure: str) -> float:
    mean = found.summary.filter(measure=measure)["mean"].item()
    return float(mean * 365.25 / 7 / found.weeks)


def mean(found: Simulated, measure: str) -> float:
    return float(found.summary.filter(measure=measure)["mean"].item())


@pytest.mark.parametrize(
    ("days", "gaps"),
    [
        # Half of a month deleted, as it stands in a city's export: too short to draw weeks from.
        (28, tuple(range(MONDAY + 7, MONDAY + 21))),
        # Half of a year, every other fortnight and some Sundays deleted: weeks are drawn, and holes filled.
        (182, tuple(MONDAY + d for d in range(182) if d // 14 % 3 == 1 or (d % 7 == 6 and d < 100))),
    ],
)
def test_an_export_with_days_deleted_gives_the_same_year_and_the_same_share_of_time_on_calls(
    days: int, gaps: tuple[int, ...]
) -> None:
    whole, holed = (
        simulate(demand(days, these, per_day=240), TEAMS, replications=20, seed=2)
        for these in ((), tuple(sorted(gaps)))
    )
    assert holed.weeks < 0.75 * whole.weeks
    for measure in ("eligible_calls", "served", "no team on duty"):
        assert yearly(holed, measure) == pytest.approx(yearly(whole, measure), rel=0.06)
    for measure in ("utilisation", "served_share"):
        assert mean(holed, measure) == pytest.approx(mean(whole, measure), rel=0.06)


def test_a_replay_of_an_export_with_gaps_has_no_gaps_and_as_many_calls_a_week() -> None:
    gaps = tuple(MONDAY + d for d in range(140) if d % 7 == 6 and d < 70)
    weeks = ReplayWeeks.of(demand(140, gaps), resample=True)
    assert weeks.resample
    assert weeks.held.all()
    assert len(weeks.held) == 7 * 19  # 130 days that the export holds
    _, wall, _ = weeks.draw(np.random.default_rng(1))
    assert len(np.unique(wall // 86_400)) == len(weeks.held)
    # Each day of a replay is a day of the same name: Saturdays stay the busiest.
    by_weekday = np.bincount((wall // 86_400 + 3) % 7, minlength=7) / 19
    assert by_weekday.argmax() == 5
    assert by_weekday[6] == pytest.approx(36, rel=0.1)


def test_a_day_of_the_week_that_the_export_never_holds_has_no_team_on_duty() -> None:
    gaps = tuple(MONDAY + d for d in range(84) if d % 7 == 6)
    found = simulate(demand(84, gaps), same_teams(1, "mon-sun 00:00-24:00"), replications=2)
    assert found.drawn
    assert found.weekdays == (10, 10, 10, 10, 10, 10, 0)
    assert found.weeks == pytest.approx(60 / 7)


def test_days_are_missing_where_ten_calls_or_more_would_have_been_usual() -> None:
    def town(per_day: int, days: list[int]) -> pl.LazyFrame:
        return pl.LazyFrame(
            {"started_local": [(MONDAY + d) * 86_400 + n for d in days for n in range(per_day)]}
        )

    held = [d for d in range(30) if d not in (4, 10, 11, 12)]
    found = export_days(town(40, held))
    assert found == ExportDays(MONDAY, MONDAY + 29, (MONDAY + 4, MONDAY + 10, MONDAY + 11, MONDAY + 12))
    assert found.count == 26
    assert sum(found.weekdays) == 26
    # Two calls a day: a day without any is nothing rare, five in a row are.
    assert export_days(town(2, held)) == ExportDays(MONDAY, MONDAY + 29)
    five = [d for d in range(30) if not 10 <= d < 15]
    assert export_days(town(2, five)) == ExportDays(
        MONDAY, MONDAY + 29, tuple(range(MONDAY + 10, MONDAY + 15))
    )
    # A stray call does not fill a gap, and is not counted itself.
    stray = pl.concat([town(40, held), town(1, [11])])
    assert export_days(stray) == found
    assert found.within(stray).collect().height == 26 * 40


def test_simulated_calls_are_brought_to_the_counted_ones_and_still_add_up() -> None:
    rules = Rules(accepted_share=0.8, accepted_low=0.7, accepted_high=0.9)
    found = simulate(demand(100), TEAMS, rules, replications=10)
    known = with_known_totals(
        found, eligible=3000, on_duty=1200, accepted_share=0.8, weeks=20, weekdays=(20,) * 7
    )
    assert mean(known, "eligible_calls") == pytest.approx(3000)
    assert mean(known, NOT_ACCEPTED) == pytest.approx(600)
    assert sum(mean(known, name) for name in ON_DUTY) == pytest.approx(1200)
    assert mean(known, "no team on duty") == pytest.approx(1200)
    assert mean(known, "served_share") == pytest.approx(mean(known, "served") / 3000)
    assert known.by_hour["served_calls"].sum() == pytest.approx(mean(known, "served"))
    assert mean(known, "utilisation") == mean(found, "utilisation")


def test_hours_are_weighed_by_how_often_the_export_holds_their_day() -> None:
    # Ten calls in each hour of Monday's noon and Tuesday's, but there were twice as many Mondays.
    by_hour = pl.DataFrame(
        {"hour_of_week": [12, 36, None], "calls": [10, 10, 4], "unit_hours": [5.0, 5.0, None]}
    )
    even = on_even_weeks(by_hour, (4, 2, 3, 3, 3, 3, 3))
    assert even["calls"][1] == pytest.approx(2 * even["calls"][0])
    assert even["calls"].sum() == pytest.approx(24)


def test_weeks_and_months_that_lack_days_are_told_as_if_they_were_whole_or_left_out() -> None:
    gaps = tuple(MONDAY + d for d in (14, 15, *range(28, 33)))
    whole, holed = demand(70).calls["arrival_local"], demand(70, gaps).calls["arrival_local"]
    table = weekly_calls(holed, gaps)
    # The week that lacks five days is a hole; only what follows is a series.
    assert table.height == 5
    assert table["calls"].to_list() == weekly_calls(whole)["calls"].to_list()[5:]
    assert weekly_calls(holed, gaps[:2])["calls"][2] == pytest.approx(
        weekly_calls(whole)["calls"][2], rel=0.15
    )
    months = area_months(demand(90, tuple(range(MONDAY + 40, MONDAY + 50))))
    assert months.sum(axis=0) == pytest.approx(area_months(demand(90)).sum(axis=0), rel=0.12)
    lost = area_months(demand(90, tuple(range(MONDAY + 33, MONDAY + 58))))
    assert lost.shape[1] == 1  # March ends with its 30th day in these data, February lacks 25
