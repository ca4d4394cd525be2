"""Two choices of calls side by side: two areas in one period, or two periods of one area, with what cannot be said.

Each side is the table that the page shows for it alone. A category that either side may not tell stands, on both
sides, in the row of few calls; so the comparison tells nothing that the two views do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from app.charts import COLORS, axis, finish
from app.officer_time_cells import FilterCells
from app.officer_time_filter import Filter, kept, table_by, total
from app.officer_time_trend import Mark, month_number, month_text
from app.wording import percent
from calls.small_counts import POOLED
from officer_time.cells import HOURS

if TYPE_CHECKING:
    import altair as alt

_SHAPES: Final = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
_WIDTH: Final = 560


@dataclass(frozen=True)
class Compared:
    """table: category (the merged row last), and for left_ and right_: calls, calls_share, calls_per_day, unit_hours,
    unit_hours_share; difference (right minus left share of calls, in points of a hundred). left and right: totals as
    officer_time_filter.total; left_days and right_days: days with a call."""

    table: pl.DataFrame
    left: dict[str, float | None]
    right: dict[str, float | None]
    left_days: int
    right_days: int


def compare(cells: FilterCells, left: Filter, right: Filter, smallest_count: int) -> Compared | None:
    """Both sides by category; None where one of them holds too few calls to be told."""
    totals = [
        whole for side in (left, right) if (whole := total(cells, side, smallest_count)) and whole["calls"]
    ]
    if len(totals) < 2:
        return None
    tables = [table_by(cells, side, "category", smallest_count).table for side in (left, right)]
    names = [set(table["category"].drop_nulls()) for table in tables]
    both = (names[0] & names[1]) - {POOLED}
    # A category that is missing from a side without a merged row has no call there: it can be told.
    for here, there in ((0, 1), (1, 0)):
        if POOLED not in names[here]:
            both |= names[there] - {POOLED}
    days = [days_in(cells, side) for side in (left, right)]
    sides = [
        _side(tables[i], sorted(both), totals[i], days[i], prefix)
        for i, prefix in enumerate(("left", "right"))
    ]
    joined = sides[0].join(sides[1], on="category", how="full", coalesce=True)
    number = [c for c in joined.columns if c != "category"]
    table = joined.with_columns(
        pl.when(pl.col(name).is_null() & pl.lit(totals[0][HOURS[1]] is not None or "hours" not in name))
        .then(0)
        .otherwise(pl.col(name))
        .alias(name)
        for name in number
    )
    merged = pl.col("category") == POOLED
    table = table.with_columns(
        (100 * (pl.col("right_calls_share") - pl.col("left_calls_share"))).alias("difference")
    ).sort(merged, pl.col("left_calls") + pl.col("right_calls"), "category", descending=[False, True, False])
    return Compared(table, totals[0], totals[1], days[0], days[1])


def _side(
    table: pl.DataFrame, shown: list[str], whole: dict[str, float | None], days: int, prefix: str
) -> pl.DataFrame:
    """One side: the shown categories, and all others in the merged row."""
    name = pl.when(pl.col("category").is_in(shown)).then("category").otherwise(pl.lit(POOLED))
    hours = pl.when(pl.col(HOURS[1]).is_not_null().any()).then(pl.col(HOURS[1]).sum())
    return (
        table.group_by(name.alias("category"))
        .agg(pl.col("calls").sum(), hours.alias("unit_hours"))
        .select(
            "category",
            pl.col("calls").alias(f"{prefix}_calls"),
            (pl.col("calls") / whole["calls"]).alias(f"{prefix}_calls_share"),
            (pl.col("calls") / days if days else pl.lit(None, pl.Float64)).alias(f"{prefix}_calls_per_day"),
            pl.col("unit_hours").alias(f"{prefix}_unit_hours"),
            (pl.col("unit_hours") / (whole[HOURS[1]] or None)).alias(f"{prefix}_unit_hours_share"),
        )
    )


def days_in(cells: FilterCells, chosen: Filter) -> int:
    """Days with a call (of any kind, in any area) in the filter's period."""
    period = Filter("all", (), chosen.first_month, chosen.last_month)
    return int(cells.days.filter(kept(period))["days"].sum())


def cannot_be_said(
    first: Filter, second: Filter, days: tuple[int, int], marks: tuple[Mark, ...]
) -> list[str]:
    """What keeps two periods from being compared, in sentences; the last holds always."""
    found = []
    spans = [_months(first), _months(second)]
    if spans[0] & spans[1]:
        found.append(f"The periods share {len(spans[0] & spans[1])} months: their difference is understated.")
    if {m % 12 for m in spans[0]} != {m % 12 for m in spans[1]}:
        found.append(
            "The periods do not hold the same months of the year: summer and winter differ by themselves."
        )
    if max(days) > 1.1 * min(days):
        found.append(
            f"They differ in length ({days[0]} and {days[1]} days with calls): read the numbers a day."
        )
    begin, end = min(spans[0] | spans[1]), max(spans[0] | spans[1])
    found += [
        f"{mark.month}: {mark.seen} {mark.means}" for mark in marks if begin < month_number(mark.month) <= end
    ]
    return [
        *found,
        "A difference between two periods is no effect of anything that began between them: everything else that "
        "changed is in it as well. Whether a program worked is asked with comparison areas, on the page Evaluate.",
    ]


def _months(chosen: Filter) -> set[int]:
    assert chosen.first_month is not None
    assert chosen.last_month is not None
    return set(range(chosen.first_month, chosen.last_month + 1))


def period_text(chosen: Filter) -> str:
    """The filter's months in words: "2023-01 to 2023-12"; "the whole period" where none is chosen."""
    if chosen.first_month is None or chosen.last_month is None:
        return "the whole period"
    first, last = month_text(chosen.first_month), month_text(chosen.last_month)
    return first if first == last else f"{first} to {last}"


def sides_chart(table: pl.DataFrame, axis_title: str) -> alt.LayerChart:
    """Shares side by side: a row per label, a mark of its own color and shape per side, a line between them.

    Columns in: label, side, share (0–1, null: not told), in the order in which rows and sides are to stand.
    """
    import altair as alt

    labels, sides = table["label"].unique(maintain_order=True), table["side"].unique(maintain_order=True)
    drawn = table.drop_nulls("share").with_columns(
        pl.col("share").map_elements(percent, pl.String).alias("text")
    )
    largest = float(drawn["share"].max() or 1) * 1.05  # type: ignore[arg-type]
    y = alt.Y("label:N", sort=labels.to_list(), axis=axis(labels))
    x = alt.X(
        "share:Q",
        scale=alt.Scale(domain=[0, largest], nice=False),
        axis=alt.Axis(title=axis_title, format="%", tickCount=6),
    )
    ends = drawn.group_by("label", maintain_order=True).agg(
        pl.col("share").min().alias("low"), pl.col("share").max().alias("high")
    )
    line = (
        alt.Chart(ends)
        .mark_rule(color="#767676", strokeWidth=1.5)
        .encode(y=y, x=alt.X("low:Q", scale=alt.Scale(domain=[0, largest], nice=False)), x2="high:Q")
    )
    names = sides.to_list()
    legend: dict[str, Any] = {
        "title": None,
        "orient": "top",
        "labelLimit": 0,
        "symbolSize": 110,
        "labelFontSize": 13,
    }
    points = (
        alt.Chart(drawn)
        .mark_point(filled=True, size=110, opacity=1)
        .encode(
            y=y, x=x,
            color=alt.Color("side:N", sort=names, scale=alt.Scale(domain=names, range=list(COLORS[: len(names)])),
                            legend=alt.Legend(**legend)),
            shape=alt.Shape("side:N", sort=names, scale=alt.Scale(domain=names, range=list(_SHAPES[: len(names)])),
                            legend=alt.Legend(**legend)),
        )
    )  # fmt: skip
    return finish(alt.layer(line, points).properties(width=_WIDTH, height=30 * len(labels)))
