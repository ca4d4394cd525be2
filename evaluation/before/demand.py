"""The demand that a program faces: when and where eligible calls come, and how long they keep a team.

Demand is taken from the city's own calls, never from a smooth curve: the same calls, on the same clock, with
service times drawn from recorded ones. What the records cannot tell (how many calls pass the screening, how long
a team stays compared with an officer) is an assumption with its source beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from call_codes.errors import InputError, UsageError
from evaluation.before.export_days import ExportDays

EVERYWHERE = "(whole city)"


class NoRecordedMinutes(InputError):
    """The export does not tell how long a call takes, and the plan gives no minutes of its own."""


@dataclass(frozen=True)
class Demand:
    """Eligible calls and the durations to draw from.

    - calls, sorted by arrival_at: arrival_at and arrival_local (seconds, UTC and wall clock), area (String, never
      null), urgency (Int8, 0 = most urgent). One row per eligible call, whether or not it falls in any hours.
    - service_seconds: recorded times from arrival to clear that a replication draws from, with replacement.
    - travel_seconds: recorded travel times, drawn likewise.
    - time_zone: of the wall clock; None = arrival_at holds local seconds.
    - basis: in words, what the durations were taken from.
    - period: the days that the export holds; None = from the first eligible call to the last. Where eligible calls are
      few, the export goes on for longer than they do. No call lies outside of it.
    - known_areas: areas of the city in which no eligible call came, which a team may serve all the same.
    """

    calls: pl.DataFrame
    service_seconds: np.ndarray
    travel_seconds: np.ndarray
    time_zone: str | None
    basis: str
    known_areas: tuple[str, ...] = ()
    period: ExportDays | None = None

    def __post_init__(self) -> None:
        for name, seconds in (("service", self.service_seconds), ("travel", self.travel_seconds)):
            if len(seconds) and seconds.min() < 0:
                raise UsageError(
                    found=f"a negative {name} time ({int(seconds.min())} seconds).",
                    expected="durations of 0 seconds or more.",
                    action=f"Correct the {name} times that are given, or leave them out to use the city's own.",
                )
        if not len(self.service_seconds):
            raise NoRecordedMinutes(
                found="no eligible call with a recorded time from arrival to clear.",
                expected="arrival and clear times on some eligible calls, to know how long a call takes.",
                action="Give service_minutes under [durations] in a plan.toml (a median and a 90th percentile; travel_minutes "
                "likewise where travel is not recorded).",
            )
        if not len(self.travel_seconds):
            raise NoRecordedMinutes(
                found="no eligible call with a recorded travel time.",
                expected="dispatch (or en-route) and arrival times on some eligible calls.",
                action="Give travel_minutes under [durations] in a plan.toml (a median and a 90th percentile).",
            )

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas in which calls came, and those that are known besides, sorted."""
        return tuple(sorted({*self.calls["area"].unique(), *self.known_areas}))

    @property
    def weeks(self) -> float:
        """How long the export is: the days that it holds / 7."""
        return self.days.count / 7

    @property
    def days(self) -> ExportDays:
        """The days that the export holds."""
        if self.period is not None:
            return self.period
        wall = self.calls["arrival_local"].to_numpy()
        return ExportDays(int(wall.min()) // 86_400, int(wall.max()) // 86_400)


def demand_from_calls(
    eligible: pl.LazyFrame,
    *,
    time_zone: str | None,
    service_factor: float = 1.0,
    service_seconds: np.ndarray | None = None,
    travel_seconds: np.ndarray | None = None,
    urgency: dict[str, int] | None = None,
    known_areas: tuple[str, ...] = (),
    period: ExportDays | None = None,
) -> Demand:
    """The demand in a city's eligible calls.

    Columns in: started_at, started_local, area, priority, dispatched_at, enroute_at, arrived_at, cleared_at (the
    standard calls table, eligible calls only). Calls without any time are left out: nobody knows when they came.
    Travel runs from en route (else dispatch) to arrival, service from arrival to clear; spans below 0 or above 12
    hours are not drawn from. service_factor: how much longer a team stays than the recorded officers did.
    service_seconds, travel_seconds: durations to draw from instead of the recorded ones.
    known_areas, period: see Demand. urgency: priority as the agency writes it → 0, 1, 2 …; all alike where it is not given.
    """
    if not service_factor > 0:
        raise UsageError(
            found=f"a service factor of {service_factor:g}.",
            expected="a number above 0; 1 = as long as officers stay today.",
            action="Correct service_factor.",
        )
    order = pl.lit(0, pl.Int8)
    if urgency:
        order = pl.col("priority").replace_strict(
            urgency, default=max(urgency.values()) + 1, return_dtype=pl.Int8
        )
    table = (
        eligible.filter(pl.col("started_at").is_not_null())
        .select(
            pl.col("started_at").alias("arrival_at"),
            pl.col("started_local").alias("arrival_local"),
            pl.col("area").fill_null(EVERYWHERE),
            order.alias("urgency"),
            (pl.col("arrived_at") - pl.coalesce("enroute_at", "dispatched_at")).alias("_travel"),
            (pl.col("cleared_at") - pl.col("arrived_at")).alias("_service"),
        )
        .sort("arrival_at", "area", "urgency", "_travel", "_service")
        .collect()
    )
    if table.is_empty():
        raise InputError(
            found="no eligible call with a time on it.",
            expected="eligible calls under the policy, with times.",
            action="Choose a policy that takes more, or check whether the time columns were recognised.",
        )
    longest = 12 * 3600

    def recorded(name: str) -> np.ndarray:
        return table[name].drop_nulls().filter(table[name].drop_nulls().is_between(0, longest)).to_numpy()

    service = service_seconds
    basis = "the plan's own service times"
    if service is None:
        service = np.round(recorded("_service") * service_factor).astype(np.int64)
        basis = f"recorded officer times of {len(service):,} eligible calls from arrival to clear, times {service_factor:g}"
    return Demand(
        calls=table.select("arrival_at", "arrival_local", "area", "urgency"),
        service_seconds=service,
        travel_seconds=recorded("_travel") if travel_seconds is None else travel_seconds,
        time_zone=time_zone,
        basis=basis,
        known_areas=known_areas,
        period=period,
    )


def arrivals(eligible: pl.LazyFrame) -> pl.DataFrame:
    """The calls of a Demand (all of one urgency) from standard calls: when and where they came, sorted."""
    return (
        eligible.filter(pl.col("started_at").is_not_null())
        .select(
            pl.col("started_at").alias("arrival_at"),
            pl.col("started_local").alias("arrival_local"),
            pl.col("area").fill_null(EVERYWHERE),
            pl.lit(0, pl.Int8).alias("urgency"),
        )
        .sort("arrival_at", "area")
        .collect()
    )


def log_normal_seconds(median_minutes: float, p90_minutes: float, size: int = 1001) -> np.ndarray:
    """Durations with this median and 90th percentile, for a city that has no records: a log-normal's quantiles.

    The usual shape of service times. `size` equally likely values, so that drawing from them needs nothing else.
    Raises UsageError where 0 < median ≤ p90 does not hold.
    """
    if not 0 < median_minutes <= p90_minutes:
        raise UsageError(
            found=f"a median of {median_minutes:g} and a 90th percentile of {p90_minutes:g} minutes.",
            expected="a median above 0 and a 90th percentile that is not below it.",
            action="Correct the two numbers.",
        )
    from scipy.stats import norm

    spread = np.log(p90_minutes / median_minutes) / norm.ppf(0.9)
    quantiles = norm.ppf((np.arange(size) + 0.5) / size)
    return np.round(60 * median_minutes * np.exp(spread * quantiles)).astype(np.int64)
