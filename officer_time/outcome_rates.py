"""How calls of a type end: outcomes per 1,000 calls, with intervals and with what could not be known.

Counts are additive (`disposition_counts`, `linked_counts`, `back_up_counts` give the same long table) and become
rates at the end (`outcome_rates`). A rate's denominator holds only calls that could be judged; the share that
could not stands beside it, as do the floor and the ceiling that it leaves open. An outcome that no disposition in
the file ever states has no rate: a file without a word for force does not say that no force was used.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import polars as pl

from calls.small_counts import SMALLEST_COUNT, mask
from officer_time.cells import POLICE_RESPONDERS
from officer_time.outcome_words import disposition_meanings, outcome_words

_Z: Final = NormalDist().inv_cdf(0.975)
_COUNTS: Final = ("calls", "judged", "outcome_calls")
_RATES: Final = ("per_1000", "low_per_1000", "high_per_1000", "floor_per_1000", "ceiling_per_1000")
DEFINITIONS: Final = {
    "disposition": "calls whose disposition says so ÷ calls to which a unit went and whose disposition could be "
    "read; one disposition per call hides what else happened, so this is at most a floor of what happened",
    "linked": "calls whose number stands in the linked table ÷ calls to which a unit went",
    "unit_rows": "calls to which a police unit was sent after the first one had arrived ÷ calls with a known first "
    "arrival and named units; it may also be a relief or a report car",
}


def wilson(count: pl.Expr, of: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The 95 % Wilson score interval of the share `count` ÷ `of`; null where `of` is 0.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), Wilson (1927), J. Am. Stat. Assoc. 22, 209–212. It needs no
    continuity and stays sensible for 0 of n, where the plain interval is empty.
    """
    n = pl.when(of > 0).then(of.cast(pl.Float64))
    share = count / n
    middle = share + _Z**2 / (2 * n)
    spread = _Z * (share * (1 - share) / n + _Z**2 / (4 * n**2)).sqrt()
    scale = 1 + _Z**2 / n
    return ((middle - spread) / scale).clip(0, 1), ((middle + spread) / scale).clip(0, 1)


def went_out(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Calls to which a unit was, or may have been, sent: only they can end in anything."""
    return rows.filter(pl.col("outcome").is_in(["handled", "unknown"]))


def disposition_counts(
    calls: pl.LazyFrame, keys: Sequence[str], meanings: dict[str, frozenset[str]] | None = None
) -> pl.DataFrame:
    """Outcomes by disposition: one row per combination of `keys` and outcome.

    Columns in: outcome, disposition and `keys`. Columns out, sorted: the keys, outcome, basis ("disposition"), calls
    (a unit went), judged (the disposition could be read), outcome_calls. `meanings`: see outcome_words.read_meanings.
    """
    by = list(keys)
    counts = (
        went_out(calls).group_by(*by, "disposition").agg(pl.len().cast(pl.Int64).alias("calls")).collect()
    )
    table = counts.join(
        disposition_meanings(counts["disposition"], meanings or {}), on="disposition", nulls_equal=True
    )
    stated = pl.col("outcomes").str.split("; ")
    n = pl.col("calls")
    return pl.concat(
        table.with_columns(pl.lit(name).alias("outcome"), pl.lit("disposition").alias("basis"))
        .group_by(*by, "outcome", "basis")
        .agg(
            n.sum(),
            n.filter("mapped").sum().alias("judged"),
            n.filter(stated.list.contains(name)).sum().alias("outcome_calls"),
        )
        for name in outcome_words().labels
    ).sort(*by, "outcome")


def linked_counts(calls: pl.LazyFrame, keys: Sequence[str], outcome: str, linked: pl.Series) -> pl.DataFrame:
    """As disposition_counts, of one outcome by a linked table: `linked` holds the call numbers that are in it."""
    by = list(keys)
    return (
        went_out(calls)
        .group_by(by or [pl.lit(0).alias("_all")])
        .agg(
            pl.len().cast(pl.Int64).alias("calls"),
            pl.len().cast(pl.Int64).alias("judged"),
            pl.col("call_id").is_in(linked.implode()).sum().cast(pl.Int64).alias("outcome_calls"),
        )
        .collect()
        .select(*by, pl.lit(outcome).alias("outcome"), pl.lit("linked").alias("basis"), *_COUNTS)
        .sort(by or "calls")
    )


def back_up_counts(units: pl.LazyFrame, keys: Sequence[str]) -> pl.DataFrame:
    """As disposition_counts, of back-up: a further police unit whose first dispatch lies after the first arrival.

    Columns in: calls.schema.UNIT_COLUMNS and `keys`, which belong to the call. Two outcomes: `back_up`, and
    `several_units` (two or more police units, whenever they were sent). A call without named units, or, for
    back_up, without any arrival, is not judged. All rows of a call must be in one table.
    """
    by = list(keys)
    per_unit = (
        units.filter(pl.col("responder").is_in(POLICE_RESPONDERS))
        .group_by("call_id", "unit_id")
        .agg(*(pl.col(key).first() for key in by), pl.col("dispatched_at", "arrived_at").min())
    )
    named = pl.col("unit_id").is_not_null()
    per_call = per_unit.group_by("call_id").agg(
        *(pl.col(key).first() for key in by),
        named.sum().alias("_units"),
        pl.col("arrived_at").min().alias("_first"),
        (named & (pl.col("dispatched_at") > pl.col("arrived_at").min())).any().alias("_later"),
    )
    known = pl.col("_units") > 0
    counted = (
        per_call.group_by(by or [pl.lit(0).alias("_all")])
        .agg(
            pl.len().cast(pl.Int64).alias("calls"),
            known.sum().cast(pl.Int64).alias("several_units:judged"),
            (pl.col("_units") > 1).sum().cast(pl.Int64).alias("several_units:outcome_calls"),
            (known & pl.col("_first").is_not_null()).sum().cast(pl.Int64).alias("back_up:judged"),
            pl.col("_later").fill_null(False).sum().cast(pl.Int64).alias("back_up:outcome_calls"),
        )
        .collect()
    )
    return pl.concat(
        counted.select(
            *by,
            pl.lit(name).alias("outcome"),
            pl.lit("unit_rows").alias("basis"),
            "calls",
            pl.col(f"{name}:judged").alias("judged"),
            pl.col(f"{name}:outcome_calls").alias("outcome_calls"),
        )
        for name in ("back_up", "several_units")
    ).sort(*by, "outcome")


def add_counts(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Counts of several files, months or kinds of evidence as one table, sorted by keys, outcome and basis."""
    table = pl.concat(tables)
    keys = [name for name in table.columns if name not in _COUNTS]
    return table.group_by(keys).agg(pl.col(_COUNTS).sum()).sort(keys)


def outcome_rates(counts: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> pl.DataFrame:
    """Rates per 1,000 calls from counts as above.

    Columns out, in the order of the counts: the keys, outcome, basis, calls, judged (denominator), outcome_calls
    (numerator), not_judged_share, per_1000, low_per_1000 and high_per_1000 (95 % Wilson: chance alone),
    floor_per_1000 and ceiling_per_1000 (every call that was not judged: without, with the outcome), suppressed,
    reason (why there is no rate; null where there is one), definition.

    Cells of fewer than `smallest_count` calls with the outcome are blank, as are those that all but a few have.
    """
    stated = pl.col("outcome_calls").sum().over("outcome", "basis") > 0
    n, of = pl.col("outcome_calls"), pl.col("judged")
    low, high = wilson(n, of)
    reason = (
        pl.when(~stated).then(pl.lit("no call in this file says so: it may never be recorded here"))
        .when(of == 0).then(pl.lit("none of these calls could be judged"))
    )  # fmt: skip
    rates = {
        "per_1000": n / of,
        "low_per_1000": low,
        "high_per_1000": high,
        "floor_per_1000": n / pl.col("calls"),
        "ceiling_per_1000": (n + pl.col("calls") - of) / pl.col("calls"),
    }
    table = counts.with_columns(reason.alias("reason")).with_columns(
        pl.when(pl.col("calls") > 0).then((pl.col("calls") - of) / pl.col("calls")).alias("not_judged_share"),
        pl.when(stated).then(n).alias("outcome_calls"),
        *(pl.when(pl.col("reason").is_null()).then(1000 * rate).alias(name) for name, rate in rates.items()),
        pl.col("basis").replace_strict(DEFINITIONS, return_dtype=pl.String).alias("definition"),
    )
    small = mask(table, "outcome_calls", _RATES, smallest_count)
    others = mask(small.with_columns((of - n).alias("_others")), "_others", _RATES, smallest_count)
    hidden = small["suppressed"] | others["suppressed"]
    keys = [name for name in counts.columns if name not in _COUNTS]
    return table.with_columns(hidden.alias("suppressed")).select(
        *keys,
        "calls",
        "judged",
        *(pl.when(~hidden).then(pl.col(name)).alias(name) for name in ("outcome_calls",)),
        "not_judged_share",
        *(pl.when(~hidden).then(pl.col(name)).alias(name) for name in _RATES),
        "suppressed",
        pl.when(hidden)
        .then(pl.lit(f"fewer than {smallest_count} calls"))
        .otherwise("reason")
        .alias("reason"),
        "definition",
    )
