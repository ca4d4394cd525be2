"""Officer time of one denominator, broken down by anything: from the canonical tables to one table of results.

Everything that grows with the data is an additive tally (cells and histograms), made by functions that take rows
of calls or rows of units and nothing else; the same ones run here and inside Spark tasks. What follows, from
means and bounds to intervals, works on the merged tallies alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import polars as pl

from officer_time.bounds import bounded_hours, with_imputed
from officer_time.breakdown import BREAKDOWNS, OF_THE_FINAL_TYPE, OF_THE_TYPE, as_text, with_keys
from officer_time.canonical import Canonical
from officer_time.cells import (
    CALL_TIMES,
    HOURS,
    IMPUTED,
    UNIT_TIMES,
    call_cells,
    category_means,
    joined_cells,
    police_units,
    roll_up,
    unit_cells,
)
from officer_time.denominators import ADMINISTRATIVE_CATEGORY, in_denominator
from officer_time.histograms import MOST_GROUPS_TO_THE_SECOND, bin_seconds, describe, histogram
from officer_time.intervals import bootstrap_intervals
from officer_time.overlaps import add_merged_seconds
from officer_time.person_hours import OfficersPerUnit
from officer_time.spans import CAP_HOURS, waiting_seconds
from officer_time.units_sent import STAMP_COUNTS, multi_unit_sums, stamp_sums

Side = Literal["calls", "units"]
TIMES: Final[dict[Side, tuple[str, ...]]] = {"calls": CALL_TIMES, "units": UNIT_TIMES}
# The category of every row is always among the keys: missing spans are imputed from it.
CATEGORY: Final = "category"


@dataclass(frozen=True)
class Question:
    """What is asked. by: names of breakdown.BREAKDOWNS; denominator: of denominators.DENOMINATORS."""

    by: tuple[str, ...]
    denominator: str
    cap_hours: float = CAP_HOURS
    officers: OfficersPerUnit = field(default_factory=OfficersPerUnit)
    seed: int = 1


@dataclass(frozen=True)
class Answer:
    """table: one row per group (see `finish`), largest unit-hours first; total: one row for the denominator;
    administrative: one row for administrative activity, which is in no other number; stamps: counts that say how
    far the stamps can be trusted (units_sent.stamp_sums); bin_seconds: width of the bins behind the quantiles.
    """

    question: Question
    table: pl.DataFrame
    total: pl.DataFrame
    administrative: pl.DataFrame
    stamps: dict[str, int]
    bin_seconds: int | None


class Engine:
    """Polars on this machine: makes the tallies of a question in streaming passes over the canonical tables.

    officer_time.spark has the same three methods over partitions.
    """

    def __init__(self, canonical: Canonical, types: pl.DataFrame) -> None:
        self.canonical, self.types = canonical, types

    def cells(self, side: Side, question: Question) -> pl.DataFrame:
        """side_cells over all rows of `side`."""
        return side_cells(self._rows(side, question), side, question)

    def bins(self, side: Side, question: Question, width_seconds: int | None) -> pl.DataFrame:
        """side_bins over all rows of `side`."""
        return side_bins(self._rows(side, question), side, question, width_seconds)

    def _rows(self, side: Side, question: Question) -> pl.LazyFrame:
        rows = self.canonical.calls if side == "calls" else self.canonical.units
        if side == "units" and question.cap_hours != CAP_HOURS:
            rows = add_merged_seconds(rows, ("unit_id",), question.cap_hours)
        return prepared(rows, self.types, question)


def prepared(rows: pl.LazyFrame, types: pl.DataFrame, question: Question) -> pl.LazyFrame:
    """Canonical rows of calls or units with every key of the question; who started a call as its type settles it.

    types: one row per type_id, which counts from 0 in this order; type_id, call_type, category, group, eligible, settled (who started calls of that type, where the
    export does not say; null: the type does not tell).
    """
    of_type = [CATEGORY, "settled", *(c for c in OF_THE_TYPE if c in question.by and c != CATEGORY)]
    # Looked up by the type's number: a join would cost four times the memory.
    looked_up = [pl.lit(types[name]).gather(pl.col("type_id")).alias(name) for name in of_type]
    looked_up += [
        pl.lit(types["call_type"]).gather(pl.col("final_type_id")).alias(name)
        for name in OF_THE_FINAL_TYPE
        if name in question.by
    ]
    rows = rows.with_columns(looked_up)
    unknown = pl.col("initiated_by") == "unknown"
    settled = pl.when(unknown & pl.col("settled").is_not_null()).then("settled").otherwise("initiated_by")
    return with_keys(rows.with_columns(settled.alias("initiated_by")), question.by)


def _keys(question: Question) -> list[str]:
    return list(dict.fromkeys([*question.by, CATEGORY]))


def side_cells(rows: pl.LazyFrame, side: Side, question: Question) -> pl.DataFrame:
    """Additive cells of prepared rows, in the denominator or not: missing spans are imputed from all of a category.

    Columns out: the keys as text or numbers, category, in_denominator (Boolean), then the sums of cells.call_cells
    or cells.unit_cells with units_sent's.
    """
    kept = rows.with_columns(in_denominator(question.denominator).alias("in_denominator"))
    keys = [*_keys(question), "in_denominator"]
    if side == "calls":
        return call_cells(kept, keys, question.cap_hours)
    officers = question.officers.hundredths(pl.col("unit_type").cast(pl.String))
    kept = kept.with_columns(officers.alias("officers_hundredths"))
    return unit_cells(kept, keys, question.cap_hours, *multi_unit_sums(), *stamp_sums())


def side_bins(rows: pl.LazyFrame, side: Side, question: Question, width_seconds: int | None) -> pl.DataFrame:
    """Additive histograms (histograms.histogram) of the side's times, of prepared rows in the denominator."""
    kept = rows.filter(in_denominator(question.denominator))
    cap = question.cap_hours
    timed = waiting_seconds(kept, cap) if side == "calls" else police_units(kept, cap)
    return histogram(timed, question.by, TIMES[side], width_seconds)


class Tallies(Protocol):
    """What `answer` needs of an engine: Engine here, officer_time.spark.SparkEngine on a cluster."""

    def cells(self, side: Side, question: Question) -> pl.DataFrame:
        """Additive cells of one side (see side_cells)."""

    def bins(self, side: Side, question: Question, width_seconds: int | None) -> pl.DataFrame:
        """Additive histograms of one side (see side_bins)."""


def answer(engine: Tallies, question: Question) -> Answer:
    """Ask an engine for the tallies of a question, and finish them."""
    halves = {side: engine.cells(side, question) for side in TIMES}
    keys = [*_keys(question), "in_denominator"]
    cells = joined_cells(halves["calls"], halves["units"], keys)
    groups = cells.filter("in_denominator").select(question.by).unique().height if question.by else 1
    width = bin_seconds(groups, int(cells["calls"].sum()))
    bins = pl.concat(engine.bins(side, question, width) for side in TIMES)
    return finish(cells, bins, question, width)


def finish(cells: pl.DataFrame, bins: pl.DataFrame, question: Question, width_seconds: int | None) -> Answer:
    """From merged tallies to the answer.

    Columns of a table: the keys (text; null: not recorded), calls, unit_rows, unit_rows_measured, unit_hours_low,
    unit_hours, unit_hours_high, imputed_share (central hours that rest on imputation), single_unit_hours,
    multi_unit_hours, merged_unit_hours and person_hours (measured spans only), calls_with_unit,
    calls_with_backup, backup_share, and for each of TIMES {time}_minutes_total, _mean, _mean_low, _mean_high,
    _median, _median_low, _median_high, _p90, _measured.
    """
    means = category_means(cells)
    cells = with_imputed(cells, means)
    inside = cells.filter("in_denominator")
    administrative = cells.filter(pl.col(CATEGORY) == ADMINISTRATIVE_CATEGORY)
    by = list(question.by)
    cap = question.cap_hours
    table = _with_minutes(_hours_table(roll_up(inside, by), cap), bins, by, question)
    total = _with_minutes(_hours_table(roll_up(inside, []), cap), bins, [], question)
    order = [HOURS[1], "calls", *by]
    # Sorted as text, so that ties fall the same way whichever engine the keys come from.
    table = as_text(table, by).sort(order, descending=[True, True, *([False] * len(by))], nulls_last=True)
    return Answer(
        question=question,
        table=table,
        total=total,
        administrative=_hours_table(roll_up(administrative, []), cap),
        stamps={name: int(inside[name].sum()) for name in STAMP_COUNTS},
        bin_seconds=width_seconds,
    )


def _hours_table(cells: pl.DataFrame, cap_hours: float) -> pl.DataFrame:
    """Rolled-up cells with hours in place of seconds; unknown where the file has no span at all."""
    hours = {
        "single_unit_hours": pl.col("single_unit_seconds") / 3600,
        "multi_unit_hours": pl.col("multi_unit_seconds") / 3600,
        "merged_unit_hours": pl.col("merged_seconds") / 3600,
        "person_hours": pl.col("person_hundredths_seconds") / 360_000,
    }
    with_unit = pl.col("calls_with_unit")
    keys = [c for c in cells.columns if c in BREAKDOWNS]
    return cells.select(
        *keys,
        *("calls", "unit_rows", "unit_rows_measured"),
        *bounded_hours(cap_hours),
        *(pl.when(pl.col(IMPUTED).is_not_null()).then(value).alias(name) for name, value in hours.items()),
        *("calls_with_unit", "calls_with_backup"),
        pl.when(with_unit > 0).then(pl.col("calls_with_backup") / with_unit).alias("backup_share"),
    )


def _with_minutes(
    table: pl.DataFrame, bins: pl.DataFrame, by: Sequence[str], question: Question
) -> pl.DataFrame:
    """The table with the minutes of every time beside it."""
    merged = bins.group_by(*by, "measure", "seconds").agg(pl.col("count", "total").sum())
    # Of more groups than are binned to the second nobody reads the intervals.
    few = table.height <= MOST_GROUPS_TO_THE_SECOND
    intervals = bootstrap_intervals(merged if few else merged.clear(), by, question.seed)
    described = describe(merged, by).join(intervals, on=[*by, "measure"], how="left", nulls_equal=True)
    described = described.with_columns((pl.col("total_seconds") / 60).alias("total_minutes"))
    columns = {
        "total": "total_minutes", "mean": "mean_minutes", "mean_low": "mean_low", "mean_high": "mean_high",
        "median": "median_minutes", "median_low": "median_low", "median_high": "median_high",
        "p90": "p90_minutes", "measured": "measured",
    }  # fmt: skip
    for time in (*CALL_TIMES, *UNIT_TIMES):
        one = described.filter(pl.col("measure") == time).select(
            *by, *(pl.col(column).alias(f"{time}_minutes_{name}") for name, column in columns.items())
        )
        if by:
            table = table.join(one, on=list(by), how="left", nulls_equal=True)
        elif one.height:
            table = table.hstack(one)
        else:
            table = table.with_columns(pl.lit(None, one.schema[c]).alias(c) for c in one.columns)
        table = table.with_columns(pl.col(f"{time}_minutes_measured").fill_null(0))
    return table
