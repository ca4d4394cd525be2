"""Erlang's two formulas, as a check on the simulation and never as an answer.

They hold for calls at a steady rate, exponential service times and teams that are always on duty. A city's hours
are none of that: where one hour is overloaded, the hour-by-hour Erlang C wait is infinite although the next hour
clears it.
"""

from __future__ import annotations

from math import exp

from call_codes.errors import UsageError


def erlang_b(load: float, teams: int) -> float:
    """Share of calls lost where a call that finds all `teams` busy goes elsewhere.

    load: calls per hour × hours per call. By the stable recursion B(0) = 1, B(n) = load·B(n−1) / (n + load·B(n−1))
    (A. K. Erlang 1917; recursion as in Jagerman 1974). Raises UsageError for a negative load or number of teams.
    """
    _check(load, teams)
    blocked = 1.0
    for n in range(1, teams + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, teams: int) -> float:
    """Share of calls that wait where all wait as long as needed; 1 where load ≥ teams (the queue never empties)."""
    _check(load, teams)
    if load >= teams:
        return 1.0
    blocked = erlang_b(load, teams)
    return teams * blocked / (teams - load * (1 - blocked))


def erlang_c_mean_wait(load: float, teams: int, service_minutes: float) -> float:
    """Mean wait in minutes over all calls; infinite where load ≥ teams."""
    if load >= teams:
        return float("inf")
    return erlang_c(load, teams) * service_minutes / (teams - load)


def erlang_c_share_within(load: float, teams: int, service_minutes: float, minutes: float) -> float:
    """Share of calls that wait at most `minutes`; 0 where load ≥ teams."""
    if load >= teams:
        return 0.0
    return 1 - erlang_c(load, teams) * exp(-(teams - load) * minutes / service_minutes)


def _check(load: float, teams: int) -> None:
    if load < 0 or teams < 0:
        raise UsageError(
            found=f"a load of {load:g} and {teams} teams.",
            expected="0 or more.",
            action="Correct the numbers.",
        )
