"""Officer time by anything: minutes per call and per unit, and unit-hours as low, central and high.

Low counts measured spans only. Central gives each missing span the mean of the measured spans of its category
(of all categories where fewer than five are measured). High gives it the cap. The three are equal where
nothing is missing, and all are null where the export has no span at all, because zero would be a lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from calls.schema import hour_of_week
from officer_time.spans import CAP_HOURS, interval_minutes, unit_spans

# Units whose time is officer time. An export that does not say is a police export.
POLICE_RESPONDERS: Final = ("police", "co_response", "unknown")
HOURS: Final = ("unit_hours_low", "unit_hours", "unit_hours_high")
_LEAST_MEASURED: Final = 5
_MINUTES_OF_CALLS: Final = ("call_processing_minutes", "queue_minutes", "response_minutes")
_MINUTES_OF_UNITS: Final = ("travel_minutes", "on_scene_minutes", "committed_minutes")


def call_minutes(calls: pl.DataFrame, cap_hours: float = CAP_HOURS) -> pl.DataFrame:
    """`calls` with call_processing_minutes, queue_minutes, response_minutes and hour_of_week; null = not known.

    - call_processing_minutes: received → queued.
    - queue_minutes: queued (else received) → first unit assigned.
    - response_minutes: received → first unit's arrival, as the caller lives it.
    - hour_of_week: 0 = Monday 00:00 … 167, local clock, of the call's start.

    Waiting has no shift, so its cap is three days instead of the span's.
    """
    wait_cap = max(cap_hours, 72.0)
    return calls.with_columns(
        interval_minutes(pl.col("received_at"), pl.col("queued_at"), wait_cap).alias(
            "call_processing_minutes"
        ),
        interval_minutes(pl.coalesce("queued_at", "received_at"), pl.col("dispatched_at"), wait_cap).alias(
            "queue_minutes"
        ),
        interval_minutes(pl.col("received_at"), pl.col("arrived_at"), wait_cap).alias("response_minutes"),
        hour_of_week(pl.col("started_local")).alias("hour_of_week"),
    )


def police_unit_hours(calls: pl.DataFrame, units: pl.DataFrame, cap_hours: float = CAP_HOURS) -> pl.DataFrame:
    """One row per police unit on a call: its span and its hours as low, central and high.

    Columns in: calls with call_id and category; units as in calls.schema.UNIT_COLUMNS.
    Columns out: those of unit_spans, category, unit_hours_low, unit_hours, unit_hours_high (Float64 hours;
    all null where no span in the whole table could be measured).
    """
    spans = unit_spans(units.filter(pl.col("responder").is_in(POLICE_RESPONDERS)), cap_hours).join(
        calls.select("call_id", "category"), on="call_id", how="left", maintain_order="left"
    )
    measured = pl.col("committed_minutes")
    category_mean = (
        pl.when(measured.count().over("category") >= _LEAST_MEASURED)
        .then(measured.mean().over("category"))
        .otherwise(measured.mean())
    )
    nothing_measured = measured.count() == 0
    hours = measured / 60
    return spans.with_columns(
        pl.when(nothing_measured).then(None).otherwise(hours.fill_null(0.0)).alias("unit_hours_low"),
        pl.when(nothing_measured)
        .then(None)
        .otherwise(hours.fill_null(category_mean / 60))
        .alias("unit_hours"),
        pl.when(nothing_measured).then(None).otherwise(hours.fill_null(cap_hours)).alias("unit_hours_high"),
    )


def hours_of_calls(unit_hours: pl.DataFrame) -> pl.DataFrame:
    """Unit-hours per call: call_id, unit_hours_low, unit_hours, unit_hours_high, units_measured, units_missing."""
    return (
        unit_hours.group_by("call_id", maintain_order=True)
        .agg(
            *(_sum_or_null(name) for name in HOURS),
            (pl.col("span_status") == "measured").sum().cast(pl.Int64).alias("units_measured"),
            (pl.col("span_status") != "measured").sum().cast(pl.Int64).alias("units_missing"),
        )
        .sort("call_id")
    )


def _sum_or_null(name: str) -> pl.Expr:
    # A sum over nothing but unknowns is unknown, not zero.
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)


def officer_time(calls: pl.DataFrame, unit_hours: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Calls, minutes and unit-hours for every combination of the columns `by` of `calls`.

    Columns in: calls as call_minutes returns them, with the columns of `by`; unit_hours as police_unit_hours.
    Columns out, sorted by unit_hours then calls, largest first: the keys (null keys stay a group of their own),
    calls, unit_rows, unit_rows_measured, unit_hours_low, unit_hours, unit_hours_high (null: not in the
    export), and for every kind of minutes …_mean, …_median and …_measured (how many they rest on).
    Additive: the counts and hours of any partition sum to those of the whole.
    """
    keys = list(by)
    units = unit_hours.drop(*(k for k in keys if k in unit_hours.columns)).join(
        calls.select("call_id", *keys), on="call_id", how="inner"
    )
    of_calls = calls.group_by(keys).agg(
        pl.len().cast(pl.Int64).alias("calls"), *_summaries(_MINUTES_OF_CALLS)
    )
    of_units = units.group_by(keys).agg(
        pl.len().cast(pl.Int64).alias("unit_rows"),
        (pl.col("span_status") == "measured").sum().cast(pl.Int64).alias("unit_rows_measured"),
        *(_sum_or_null(name) for name in HOURS),
        *_summaries(_MINUTES_OF_UNITS),
    )
    no_hours_known = unit_hours[HOURS[0]].null_count() == unit_hours.height
    return (
        of_calls.join(of_units, on=keys, how="left", nulls_equal=True)
        .with_columns(pl.col("unit_rows", "unit_rows_measured").fill_null(0))
        # A group to which no police unit went took no hours; that is known, unless no hours are known at all.
        .with_columns(pl.col(name) if no_hours_known else pl.col(name).fill_null(0.0) for name in HOURS)
        .sort([*HOURS[1:2], "calls", *keys], descending=[True, True, *([False] * len(keys))], nulls_last=True)
    )


def _summaries(names: Sequence[str]) -> list[pl.Expr]:
    return [
        expression
        for name in names
        for expression in (
            pl.col(name).mean().alias(f"{name}_mean"),
            pl.col(name).median().alias(f"{name}_median"),
            pl.col(name).count().cast(pl.Int64).alias(f"{name}_measured"),
        )
    ]
