"""The team simulation against theory, against another library on the same draws, and in the odd cases."""

from __future__ import annotations

import heapq
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from call_codes.errors import PolicyError, UsageError
from evaluation.before.demand import Demand, demand_from_calls, log_normal_seconds
from evaluation.before.erlang import erlang_b, erlang_c, erlang_c_mean_wait, erlang_c_share_within
from evaluation.before.event_loop import (
    FAR_AWAY,
    NO_LIMIT,
    NO_TEAM_FREE,
    NOBODY_ON_DUTY,
    QUEUE_FULL,
    SERVED,
    STILL_WAITING,
    WAITED_TOO_LONG,
    Crew,
    pass_calls,
)
from evaluation.before.export_days import ExportDays, export_days
from evaluation.before.roster import Team, crew_of, same_teams
from evaluation.before.simulation import NOT_ACCEPTED, Rules, simulate
from evaluation.before.sizing import fewest_teams, people_needed, shift_relief_factor

HOUR = 3600
MONDAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())  # a Monday


def always_on(teams: int, areas: int = 1) -> Crew:
    return Crew(
        shift_on=np.full((teams, 1), -FAR_AWAY),
        shift_off=np.full((teams, 1), FAR_AWAY),
        break_at=np.full((teams, 1), FAR_AWAY),
        break_seconds=np.zeros(teams, np.int64),
        serves=np.ones((teams, areas), bool),
        extra_travel=np.zeros((teams, areas), np.int64),
    )


def passed(crew, arrival, busy, area=None, urgency=None, **rules):
    n = len(arrival)
    return pass_calls(
        crew,
        np.asarray(arrival, np.int64),
        np.zeros(n, np.int32) if area is None else np.asarray(area, np.int32),
        np.zeros(n, np.int8) if urgency is None else np.asarray(urgency, np.int8),
        np.asarray(busy, np.int64),
        **rules,
    )


def poisson_calls(rng: np.random.Generator, load: float, mean_seconds: int, count: int):
    arrival = np.cumsum(rng.exponential(mean_seconds / load, count)).astype(np.int64)
    return arrival, np.maximum(1, rng.exponential(mean_seconds, count)).astype(np.int64)


def first_come_first_served(arrival, busy, teams):
    """The textbook recursion: each call takes the team that is free first."""
    free = [-FAR_AWAY] * teams
    starts = []
    for at, seconds in zip(arrival, busy, strict=True):
        start = max(heapq.heappop(free), int(at))
        starts.append(start)
        heapq.heappush(free, start + int(seconds))
    return starts


@pytest.mark.parametrize(("load", "teams"), [(2.0, 3), (5.0, 6), (7.4, 8), (11.0, 8)])
def test_without_shifts_and_limits_the_loop_equals_the_first_come_first_served_recursion(load, teams):
    arrival, busy = poisson_calls(np.random.default_rng(teams), load, 1800, 4_000)
    result = passed(always_on(teams), arrival, busy, hold_seconds=NO_LIMIT)
    assert result.set_off.tolist() == first_come_first_served(arrival, busy, teams)


def test_waiting_times_equal_those_of_an_independent_library_on_the_same_draws():
    simpy = pytest.importorskip("simpy")
    arrival, busy = poisson_calls(np.random.default_rng(4), 4.5, 1800, 3_000)
    environment = simpy.Environment()
    teams = simpy.Resource(environment, capacity=5)
    waits: dict[int, float] = {}

    def one_call(number: int):
        yield environment.timeout(int(arrival[number]))
        with teams.request() as asked:
            yield asked
            waits[number] = environment.now - int(arrival[number])
            yield environment.timeout(int(busy[number]))

    for number in range(len(arrival)):
        environment.process(one_call(number))
    environment.run()
    result = passed(always_on(5), arrival, busy, hold_seconds=NO_LIMIT)
    assert (result.set_off - arrival).tolist() == [waits[number] for number in range(len(arrival))]


@pytest.mark.parametrize("teams", [1, 2, 4, 8])
@pytest.mark.parametrize("use", [0.3, 0.7, 0.9, 1.3])
def test_calls_lost_without_a_queue_agree_with_erlang_b(teams, use):
    load = use * teams
    lost = [
        float(
            (passed(always_on(teams), *poisson_calls(np.random.default_rng([7, teams, r]), load, 2400, 20_000)).fate
             == NO_TEAM_FREE).mean()
        )
        for r in range(12)
    ]  # fmt: skip
    margin = 3 * np.std(lost, ddof=1) / np.sqrt(len(lost)) + 1e-4
    assert abs(np.mean(lost) - erlang_b(load, teams)) < margin


@pytest.mark.parametrize("teams", [1, 2, 4, 8])
@pytest.mark.parametrize("use", [0.3, 0.6, 0.8])
def test_waiting_agrees_with_erlang_c(teams, use):
    load = use * teams
    shares, means, within = [], [], []
    for r in range(12):
        arrival, busy = poisson_calls(np.random.default_rng([8, teams, r]), load, 2400, 20_000)
        wait = (passed(always_on(teams), arrival, busy, hold_seconds=NO_LIMIT).set_off - arrival)[2_000:] / 60
        shares.append((wait > 0).mean())
        means.append(wait.mean())
        within.append((wait <= 10).mean())
    for found, expected in (
        (shares, erlang_c(load, teams)),
        (means, erlang_c_mean_wait(load, teams, 40)),
        (within, erlang_c_share_within(load, teams, 40, 10)),
    ):
        margin = 3.5 * np.std(found, ddof=1) / np.sqrt(len(found)) + 0.004 * max(1.0, expected)
        assert abs(np.mean(found) - expected) < margin


def test_erlang_formulas_give_the_published_values_and_say_when_the_queue_never_empties():
    # Any Erlang table: 10 erlangs on 10 lines lose 21.5 %; 2 erlangs on 3 agents: 44.4 % wait.
    assert erlang_b(10, 10) == pytest.approx(0.2146, abs=5e-5)
    assert erlang_c(2, 3) == pytest.approx(4 / 9)
    assert erlang_c_mean_wait(8, 8, 40) == float("inf")
    with pytest.raises(UsageError, match="load of -1"):
        erlang_b(-1, 2)


def test_every_call_has_one_fate_and_each_fate_its_reason():
    one_shift = Crew(
        shift_on=np.array([[100]]), shift_off=np.array([[1000]]), break_at=np.array([[FAR_AWAY]]),
        break_seconds=np.array([0]), serves=np.ones((1, 1), bool), extra_travel=np.zeros((1, 1), np.int64),
    )  # fmt: skip
    arrival, busy = [50, 100, 150, 900, 2000], [10, 500, 10, 500, 10]
    assert passed(one_shift, arrival, busy).fate.tolist() == [
        NOBODY_ON_DUTY, SERVED, NO_TEAM_FREE, SERVED, NOBODY_ON_DUTY,
    ]  # fmt: skip
    # With a wait of up to 500 seconds the call at 50 is taken at 100, and the one at 100 when that is done.
    held = passed(one_shift, arrival, busy, hold_seconds=500)
    assert held.set_off.tolist() == [100, 110, 610, 900, -1]
    # The last one waits for nothing: no team comes on duty within its 500 seconds, which is the reason told.
    assert held.fate.tolist() == [*[SERVED] * 4, NOBODY_ON_DUTY]
    assert passed(one_shift, [100, 101], [600, 10], hold_seconds=500).fate.tolist() == [
        SERVED,
        WAITED_TOO_LONG,
    ]
    nowhere = Crew(**{**vars(one_shift), "serves": np.zeros((1, 1), bool)})
    assert passed(nowhere, [100], [10], hold_seconds=NO_LIMIT).fate.tolist() == [NOBODY_ON_DUTY]
    assert (
        passed(one_shift, [100, 101, 102], [600, 9, 9], hold_seconds=NO_LIMIT, end=650).fate[-1]
        == STILL_WAITING
    )
    assert passed(one_shift, arrival, busy, hold_seconds=NO_LIMIT, end=5000).fate[-1] == NOBODY_ON_DUTY
    assert passed(one_shift, [100, 101, 102], [600, 9, 9], hold_seconds=NO_LIMIT, waiting_limit=1).fate.tolist() == [
        SERVED, SERVED, QUEUE_FULL,
    ]  # fmt: skip


def test_the_most_urgent_waiting_call_goes_first_and_the_nearest_free_team_takes_it():
    result = passed(always_on(1), [0, 1, 2], [100, 100, 100], urgency=[1, 1, 0], hold_seconds=NO_LIMIT)
    assert result.set_off.tolist() == [0, 200, 100]
    two = always_on(2, areas=2)
    two.extra_travel[:] = [[0, 600], [600, 0]]
    result = passed(two, [0, 1, 2], [50, 50, 50], area=[1, 0, 1], hold_seconds=NO_LIMIT)
    assert result.team.tolist() == [1, 0, 1]  # the third waits one team's time, not the other's extra travel
    assert result.set_off.tolist() == [0, 1, 50]


def test_a_break_is_put_off_by_a_call_and_not_shortened():
    crew = Crew(
        shift_on=np.array([[0]]), shift_off=np.array([[10_000]]), break_at=np.array([[1000]]),
        break_seconds=np.array([300]), serves=np.ones((1, 1), bool), extra_travel=np.zeros((1, 1), np.int64),
    )  # fmt: skip
    # Busy until 1,200; the break lasts until 1,500; after it there is no second one.
    result = passed(crew, [900, 1250, 1600], [300, 10, 10], hold_seconds=NO_LIMIT)
    assert result.set_off.tolist() == [900, 1500, 1600]
    idle = passed(crew, [1100], [10], hold_seconds=NO_LIMIT)
    assert idle.set_off.tolist() == [1300]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200_000), st.integers(1, 9_000), st.integers(0, 2)), min_size=1, max_size=60
    ),
    st.integers(1, 3),
    st.sampled_from([0, 600, NO_LIMIT]),
)
def test_every_call_is_served_lost_or_still_waiting_and_no_team_is_at_two_places(calls, teams, hold):
    calls.sort()
    arrival, busy, urgency = (np.array(column) for column in zip(*calls, strict=True))
    crew = crew_of(same_teams(teams, "mon-sun 08:00-16:00"), ("A",), date(1970, 1, 1), date(1970, 1, 4), None)
    result = passed(crew, arrival, busy, urgency=urgency, hold_seconds=hold, end=400_000)
    served = result.fate == SERVED
    assert ((result.team >= 0) == served).all()
    assert (result.set_off[served] >= arrival[served]).all()
    if hold >= 0:
        assert (result.set_off[served] <= arrival[served] + hold).all()
        assert not (result.fate == STILL_WAITING)[arrival + hold < 400_000].any()
    clock = result.set_off[served] % 86_400
    assert ((clock >= 8 * HOUR) & (clock < 16 * HOUR)).all()
    for team in range(teams):
        mine = np.flatnonzero(result.team == team)
        mine = mine[np.argsort(result.set_off[mine])]
        assert (result.set_off[mine][1:] >= (result.set_off[mine] + busy[mine])[:-1]).all()


def made_up_demand(weeks: int = 20, per_week: int = 300, seed: int = 1) -> Demand:
    rng = np.random.default_rng(seed)
    wall = np.sort(MONDAY + rng.integers(0, weeks * 7 * 86_400, weeks * per_week))
    return Demand(
        calls=pl.DataFrame(
            {
                "arrival_at": wall,
                "arrival_local": wall,
                "area": rng.choice(["North", "South"], len(wall)),
                "urgency": np.zeros(len(wall), np.int8),
            }
        ),
        service_seconds=log_normal_seconds(40, 90),
        travel_seconds=log_normal_seconds(8, 15),
        time_zone=None,
        basis="made up",
    )


def test_a_plan_serves_more_with_more_teams_and_every_call_is_accounted_for():
    demand = made_up_demand()
    rules = Rules(accepted_share=0.8, accepted_low=0.7, accepted_high=0.9, joint_share=0.1)
    served = []
    for count in (1, 2, 4):
        result = simulate(demand, same_teams(count, "mon-fri 09:00-17:00"), rules, replications=8, seed=3)
        table = result.replications
        fates = [NOT_ACCEPTED, "served", "no team on duty", "no team free", "waited too long", "queue full"]
        assert (table.select(pl.sum_horizontal(*fates, "still waiting at the end")).to_series()
                == table["eligible_calls"]).all()  # fmt: skip
        measured = {row["measure"]: row for row in result.summary.iter_rows(named=True)}
        assert (
            measured["served_share"]["low"]
            <= measured["served_share"]["mean"]
            <= measured["served_share"]["high"]
        )
        assert 0 < measured["utilisation"]["mean"] < 1
        assert result.by_hour["served_calls"].sum() == pytest.approx(measured["served"]["mean"])
        assert result.by_area["eligible_calls"].sum() == pytest.approx(measured["eligible_calls"]["mean"])
        served.append(measured["served_share"]["mean"])
    assert served == sorted(served)
    # 40 of 168 hours are open, 80 % are accepted: no number of teams can serve more than that of even calls.
    assert served[-1] <= 40 / 168 * 0.8 * 1.1


def test_the_same_seed_gives_the_same_answer_and_another_seed_another():
    demand, teams = made_up_demand(), same_teams(2, "mon-sun 08:00-20:00")
    first, again, other = (simulate(demand, teams, replications=3, seed=s).replications for s in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_the_mean_share_accepted_is_the_one_that_was_given_however_lopsided_its_range_is():
    rules = Rules(accepted_share=0.6, accepted_low=0.1, accepted_high=0.7)
    table = simulate(
        made_up_demand(weeks=10), same_teams(1, "mon-sun 00:00-24:00"), rules, replications=400
    ).replications
    accepted = 1 - table[NOT_ACCEPTED] / table["eligible_calls"]
    assert accepted.mean() == pytest.approx(0.6, abs=0.02)
    assert accepted.min() < 0.2


def test_data_too_short_to_draw_weeks_from_count_as_the_days_that_they_span():
    # A month from a Friday on touches five calendar weeks but is 31 days long.
    friday = MONDAY + 4 * 86_400
    wall = friday + np.arange(31 * 24) * HOUR
    demand = Demand(
        pl.DataFrame({"arrival_at": wall, "arrival_local": wall, "area": ["A"] * len(wall),
                      "urgency": np.zeros(len(wall), np.int8)}),
        np.array([600]), np.array([0]), None, "made up",
    )  # fmt: skip
    result = simulate(demand, same_teams(1, "mon-sun 00:00-24:00"), replications=2)
    assert result.weeks == pytest.approx(31 / 7)
    # One call of ten minutes in every hour.
    assert result.replications["utilisation"].to_list() == pytest.approx([1 / 6, 1 / 6])


def test_a_team_may_serve_an_area_of_the_city_in_which_no_eligible_call_came():
    demand = made_up_demand(weeks=2)
    teams = [Team("A", "mon-sun 08:00-16:00", areas=("North", "Harbor"))]
    known = Demand(demand.calls, demand.service_seconds, demand.travel_seconds, None, "", ("Harbor",))
    assert simulate(known, teams, replications=2).by_area["area"].to_list() == ["Harbor", "North", "South"]
    with pytest.raises(UsageError, match="Harbor"):
        simulate(demand, teams, replications=2)


def test_shifts_keep_the_city_clock_over_a_change_of_the_clock():
    # Chicago: clocks go forward on 10 March 2024; a night shift from Saturday 22:00 has one hour less.
    crew = crew_of(
        [Team("A", "sat 22:00-30:00")], ("x",), date(2024, 3, 4), date(2024, 3, 17), "America/Chicago"
    )
    hours = (crew.shift_off - crew.shift_on)[0] / HOUR
    assert sorted(set(hours.tolist())) == [7.0, 8.0]
    assert (hours == 7.0).sum() == 1


def test_plans_that_cannot_be_are_refused_with_a_sentence():
    demand = made_up_demand(weeks=2)
    with pytest.raises(UsageError, match="no team"):
        simulate(demand, [])
    with pytest.raises(UsageError, match=r'area "Noth".*Did you mean "North"'):
        simulate(demand, [Team("A", "mon 09:00-17:00", areas=("Noth",))])
    with pytest.raises(PolicyError, match="overlap"):
        simulate(demand, [Team("A", "mon 09:00-17:00; mon 12:00-20:00")])
    with pytest.raises(PolicyError, match="overlap"):
        simulate(demand, [Team("A", "sun 20:00-32:00; mon 06:00-12:00")])
    with pytest.raises(UsageError, match="negative service"):
        Demand(demand.calls, np.array([-5]), demand.travel_seconds, None, "")
    with pytest.raises(UsageError, match="break"):
        Team("A", "mon 09:00-12:00", break_minutes=30)
    with pytest.raises(UsageError, match="accepted"):
        Rules(accepted_share=1.2, accepted_high=1.2)
    with pytest.raises(PolicyError, match="never open"):
        simulate(demand, [Team("A", "")])


def test_demand_is_taken_from_recorded_calls_and_odd_spans_are_not_drawn_from():
    calls = pl.LazyFrame(
        {
            "started_at": [1000, 2000, 3000, None],
            "started_local": [1000, 2000, 3000, None],
            "area": ["1A", None, "1B", "1A"],
            "priority": ["2", "1", "9", "1"],
            "dispatched_at": [1100, 2100, None, 5],
            "enroute_at": [1200, None, None, 6],
            "arrived_at": [1500, 2000, None, 7],
            "cleared_at": [3300, 2600, None, 8],
        }
    )
    demand = demand_from_calls(calls, time_zone=None, service_factor=1.5, urgency={"1": 0, "2": 1})
    assert demand.calls["arrival_at"].to_list() == [1000, 2000, 3000]
    assert demand.calls["area"].to_list() == ["1A", "(whole city)", "1B"]
    assert demand.calls["urgency"].to_list() == [1, 0, 2]
    assert demand.travel_seconds.tolist() == [300]  # the second arrived before it was sent
    assert sorted(demand.service_seconds.tolist()) == [900, 2700]


def test_few_eligible_calls_do_not_make_a_short_export_and_a_stray_call_no_long_one():
    # Forty calls a day in four weeks, and one of another year.
    wall = [MONDAY + day * 86_400 + part * 2000 for day in range(28) for part in range(40)] + [
        MONDAY - 900 * 86_400
    ]
    period = export_days(pl.LazyFrame({"started_local": wall}))
    assert period == ExportDays(MONDAY // 86_400, MONDAY // 86_400 + 27)
    assert export_days(pl.LazyFrame({"started_local": [None]}, schema={"started_local": pl.Int64})) is None
    at = np.array([MONDAY + 9 * HOUR, MONDAY + 5 * 86_400])
    calls = pl.DataFrame(
        {"arrival_at": at, "arrival_local": at, "area": ["A", "A"], "urgency": np.zeros(2, np.int8)}
    )
    demand = Demand(calls, np.array([600]), np.array([0]), None, "made up", period=period)
    assert demand.weeks == 4
    assert simulate(demand, same_teams(1, "mon-sun 00:00-24:00"), replications=2).weeks == 4


def test_sizing_finds_the_fewest_teams_and_says_when_hours_are_the_limit():
    demand = made_up_demand(weeks=10)
    sized = fewest_teams(
        demand, lambda n: same_teams(n, "mon-sun 00:00-24:00"), Rules(), served_share=0.8, replications=6
    )
    assert sized.teams is not None
    assert sized.tried["meets"].to_list() == [False] * (sized.teams - 1) + [True]
    # Teams on duty for 40 of 168 hours can never serve 80 % of calls that come evenly.
    short = fewest_teams(
        demand, lambda n: same_teams(n, "mon-fri 09:00-17:00"), Rules(), served_share=0.8, replications=6
    )
    assert short.teams is None
    assert short.tried["mean"].max() < 0.3
    with pytest.raises(UsageError, match="no target"):
        fewest_teams(demand, lambda n: same_teams(n, "mon 09:00-17:00"), Rules())


def test_a_seat_that_is_always_filled_takes_five_people_of_1760_hours():
    assert shift_relief_factor(8760, 1760) == pytest.approx(4.977, abs=1e-3)
    assert people_needed(same_teams(2, "mon-fri 09:00-17:00"), 2, 1760) == 5  # 8,349 hours / 1,760 = 4.74
