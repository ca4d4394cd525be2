"""One pass of calls through teams, event by event: who takes which call, when, and which calls are lost.

Everything is whole seconds on one clock and plain arrays, compiled by numba, so that fifty replications of a year
take seconds. Nothing is drawn here: the same arrays in give the same result out. Reduced to first-come-first-served
with teams that never rest it equals the textbook recursion exactly. Import it inside functions: numba is heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Seconds = NDArray[np.int64]

SERVED, NOBODY_ON_DUTY, NO_TEAM_FREE, WAITED_TOO_LONG, QUEUE_FULL, STILL_WAITING = range(6)
FATES: Final = (
    "served",
    "no team on duty",
    "no team free",
    "waited too long",
    "queue full",
    "still waiting at the end",
)
NO_LIMIT: Final = -1
FAR_AWAY: Final = 2**62


@dataclass(frozen=True)
class Crew:
    """The teams as arrays: T teams, up to S shifts each, A areas.

    - shift_on, shift_off: T × S, sorted, padded with FAR_AWAY: when a team may set off. A call may run past the
      end of a shift; the team takes no new one then.
    - break_at: T × S, when the break of the shift falls due, FAR_AWAY for none; break_seconds: T. A call that
      runs into the break puts it off, it does not shorten it.
    - serves: T × A, whether the team goes there; extra_travel: T × A, seconds on top of the call's own travel.
    """

    shift_on: Seconds
    shift_off: Seconds
    break_at: Seconds
    break_seconds: Seconds
    serves: NDArray[np.bool_]
    extra_travel: Seconds


@dataclass(frozen=True)
class Passed:
    """For each call: the team (−1 none), when it set off (−1 never), the fate (index into FATES)."""

    team: NDArray[np.int32]
    set_off: Seconds
    fate: NDArray[np.int8]


def pass_calls(
    crew: Crew,
    arrival: Seconds,
    area: NDArray[np.int32],
    urgency: NDArray[np.int8],
    busy: Seconds,
    *,
    hold_seconds: int = 0,
    waiting_limit: int = NO_LIMIT,
    end: int = FAR_AWAY,
) -> Passed:
    """Pass calls, sorted by arrival, through the crew.

    busy: seconds that the call takes a team, from setting off to being free again (without extra travel).
    urgency: 0 is the most urgent. area: index into the crew's areas. hold_seconds 0: a call that finds no free
    team is lost at once; NO_LIMIT: it waits as long as it takes; else at most so long. A call for which no team is on
    duty within that time is NOBODY_ON_DUTY and does not wait. waiting_limit: how many may wait. Calls that wait at `end` are STILL_WAITING. Of the waiting the most urgent goes first, then the one that
    has waited longest; of the free teams the one with the least extra travel, then the one free for longest.
    """
    teams = (
        crew.shift_on,
        crew.shift_off,
        crew.break_at,
        crew.break_seconds,
        crew.serves,
        crew.extra_travel,
    )
    return Passed(*_loop(teams, arrival, area, urgency, busy, hold_seconds, waiting_limit, end))


@njit(cache=True)
def _opening(k: int, now: int, crew: Any, free_at: Seconds, rested: Seconds, shift: Seconds) -> int:
    """The first moment from `now` at which team k may set off; shift[k] is the first shift worth a look."""
    shift_on, shift_off, break_at, break_seconds, _, _ = crew
    moment = max(now, free_at[k])
    for s in range(shift[k], shift_on.shape[1]):
        if shift_off[k, s] <= moment:
            continue
        start = max(moment, shift_on[k, s])
        due = break_at[k, s]
        if due <= start and rested[k] != s:
            # The break starts when due, or when the call that ran into it is over.
            start = max(start, max(due, free_at[k]) + break_seconds[k])
        if start < shift_off[k, s]:
            return start
    return FAR_AWAY


@njit(cache=True)
def _free_team(area: int, at: int, crew: Any, free_at: Seconds, rested: Seconds, shift: Seconds) -> int:
    """The team that goes to `area` at the moment `at`, −1 where none is free."""
    serves, extra = crew[4], crew[5]
    chosen = -1
    for k in range(free_at.shape[0]):
        if not serves[k, area] or free_at[k] > at:
            continue
        if chosen >= 0 and (extra[k, area], free_at[k]) >= (extra[chosen, area], free_at[chosen]):
            continue
        if _opening(k, at, crew, free_at, rested, shift) == at:
            chosen = k
    return chosen


@njit(cache=True)
def _send(
    k: int, at: int, seconds: int, crew: Any, free_at: Seconds, rested: Seconds, shift: Seconds
) -> None:
    """Team k sets off at `at` and is free again `seconds` later; a break that was due lies behind it."""
    shift_off, break_at = crew[1], crew[2]
    for s in range(shift[k], shift_off.shape[1]):
        if shift_off[k, s] > at:
            if break_at[k, s] <= at:
                rested[k] = s
            break
    free_at[k] = at + seconds


@njit(cache=True)
def _loop(
    crew: Any,
    arrival: Seconds,
    area: NDArray[np.int32],
    urgency: NDArray[np.int8],
    busy: Seconds,
    hold: int,
    limit: int,
    end: int,
) -> Any:
    shift_on, shift_off, _, _, serves, extra = crew
    calls, teams = arrival.shape[0], shift_on.shape[0]
    team_of = np.full(calls, -1, np.int32)
    set_off = np.full(calls, -1, np.int64)
    fate = np.full(calls, STILL_WAITING, np.int8)
    free_at = np.full(teams, -FAR_AWAY, np.int64)
    rested = np.full(teams, -1, np.int64)
    shift = np.zeros(teams, np.int64)
    waiting = np.empty(calls, np.int64)  # in the order of arrival
    count = 0
    for call in range(calls + 1):
        now = arrival[call] if call < calls else end
        # First every team that comes free up to now takes a waiting call, in the order of time.
        while count > 0:
            moment = FAR_AWAY
            for k in range(teams):
                since = -1
                for w in range(count):
                    if serves[k, area[waiting[w]]]:
                        since = arrival[waiting[w]]
                        break
                if since >= 0:
                    moment = min(moment, _opening(k, since, crew, free_at, rested, shift))
            if moment > now or moment >= end:
                break
            best, best_team = -1, -1
            kept = 0
            for w in range(count):
                c = waiting[w]
                if hold >= 0 and arrival[c] + hold < moment:
                    fate[c] = WAITED_TOO_LONG
                    continue
                waiting[kept] = c
                if best < 0 or urgency[c] < urgency[waiting[best]]:
                    k = _free_team(area[c], moment, crew, free_at, rested, shift)
                    if k >= 0:
                        best, best_team = kept, k
                kept += 1
            count = kept
            if best < 0:
                continue  # those whom the team would have served have left
            c = waiting[best]
            for w in range(best, count - 1):
                waiting[w] = waiting[w + 1]
            count -= 1
            _send(best_team, moment, busy[c] + extra[best_team, area[c]], crew, free_at, rested, shift)
            team_of[c], set_off[c], fate[c] = best_team, moment, SERVED
        kept = 0
        for w in range(count):
            c = waiting[w]
            if hold >= 0 and arrival[c] + hold < now:
                fate[c] = WAITED_TOO_LONG
            else:
                waiting[kept] = c
                kept += 1
        count = kept
        if call == calls:
            break
        on_duty = False
        for k in range(teams):
            # Shifts that are over need not be looked at again.
            while shift[k] < shift_on.shape[1] and shift_off[k, shift[k]] <= now:
                shift[k] += 1
            if serves[k, area[call]] and shift[k] < shift_on.shape[1]:
                opens = shift_on[k, shift[k]]
                # A call that may wait can wait for a shift to start.
                if opens <= now + max(hold, 0) or (hold < 0 and opens < FAR_AWAY):
                    on_duty = True
        chosen = _free_team(area[call], now, crew, free_at, rested, shift)
        if chosen >= 0:
            _send(chosen, now, busy[call] + extra[chosen, area[call]], crew, free_at, rested, shift)
            team_of[call], set_off[call], fate[call] = chosen, now, SERVED
        elif not on_duty:
            fate[call] = NOBODY_ON_DUTY
        elif hold == 0:
            fate[call] = NO_TEAM_FREE
        elif 0 <= limit <= count:
            fate[call] = QUEUE_FULL
        else:
            waiting[count] = call
            count += 1
    return team_of, set_off, fate
