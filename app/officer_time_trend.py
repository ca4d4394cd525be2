"""Officer time month by month, with marks where the recording changed: a line that jumps there may show no change
in the city.

Months are compared by calls (or unit-hours) a day, because months and the ends of an export differ in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from app.charts import COLORS, axis, finish
from app.officer_time_cells import FilterCells
from app.officer_time_filter import Filter, table_by
from app.wording import count, number_of_hours
from calls.areas import area_code_changes
from calls.patterns import find_patterns
from calls.problems import problem_kinds
from officer_time.cells import HOURS

if TYPE_CHECKING:
    import altair as alt

    from app.area_choices import AreaChoice
    from app.job import Job

_WIDTH: Final = 700
_HEIGHT: Final = 260
# Of the numbers of marks: the height of a row, the width of a bold figure, and the room between two of them.
_ROW: Final = 17
_DIGIT: Final = 9
_APART: Final = 6
_INK: Final = "#1a1a1a"
_EXPLAINED: Final = (
    "missing_month", "volume_jump_month", "officer_share_jump", "type_appeared", "type_vanished",
    "type_only_for_a_time",
)  # fmt: skip
_HEADS: Final = {
    "missing_month": "No calls in",
    "volume_jump_month": "Calls a day jump",
    "officer_share_jump": "The share that officers start jumps",
    "type_appeared": "New call type",
    "type_vanished": "A call type is no longer used",
    "type_only_for_a_time": "A call type used only for a time",
    "area": "An area's code changes",
}


@dataclass(frozen=True)
class Mark:
    """A month ("2023-12") from which the recording differs: what was seen in it, and what that means."""

    month: str
    seen: str
    means: str


def month_text(month: int) -> str:
    """12 × year + month − 1 as "2023-12"."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def month_number(text: str) -> int:
    """ "2023-12" as 12 × year + month − 1."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def drift_marks(job: Job, choice: AreaChoice | None) -> tuple[Mark, ...]:
    """Where the recording changes in the course of the file, oldest first: see calls.patterns, and calls.areas for
    areas of the export's own whose codes come or go. The whole file is looked at, whatever is filtered."""
    marks = [
        Mark(month, f"{_HEADS[found.problem.name]}: {example}.", problem_kinds()[found.problem.name].means)
        for found in find_patterns(job.cleaned.calls)
        if found.problem.name in _EXPLAINED
        for month, example in zip(found.months, found.examples, strict=True)
    ]
    if choice is not None and choice.areas is None:
        for row in area_code_changes(job.calls, choice.id).iter_rows(named=True):
            gone = row["change"] == "vanished"
            month = month_text(month_number(row["last_month"]) + 1) if gone else row["first_month"]
            seen = (
                f"{_HEADS['area']}: {row['area']} is in use from {row['first_month']} to {row['last_month']}."
            )
            marks.append(Mark(month, seen, "Areas were renamed or redrawn: compare months on one side only."))
    return tuple(sorted(marks, key=lambda mark: (mark.month, mark.seen)))


def not_marked(job: Job) -> tuple[str, ...]:
    """What changes over the file without a month of its own: types that swell, columns that some files lack."""
    names = ("type_share_shift", "column_missing_in_file")
    rows = job.problems.filter(pl.col("problem").is_in(names) & (pl.col("count") > 0)).sort(
        "problem", "column"
    )
    return tuple(f"{row['means']} Seen: {row['detail']}." for row in rows.iter_rows(named=True))


def monthly(cells: FilterCells, chosen: Filter, smallest_count: int) -> pl.DataFrame:
    """Month by month under the other filters: month ("2023-12"; the merged row and calls without a time are left
    out), calls, days (with a call, whole file), calls_per_day, unit_hours_low, unit_hours, unit_hours_high,
    unit_hours_per_day. Sorted."""
    told = table_by(cells, chosen, "month", smallest_count).table
    number = pl.col("month").cast(pl.Int32, strict=False)
    return (
        told.with_columns(number)
        .drop_nulls("month")
        .join(cells.days.with_columns(number), on="month", how="left")
        .sort("month")
        .select(
            pl.col("month").map_elements(month_text, pl.String),
            "calls",
            "days",
            (pl.col("calls") / pl.col("days")).alias("calls_per_day"),
            *HOURS,
            (pl.col("unit_hours") / pl.col("days")).alias("unit_hours_per_day"),
        )
    )


def trend_chart(
    table: pl.DataFrame,
    marks: tuple[Mark, ...],
    period: tuple[str | None, str | None] = (None, None),
    *,
    hours: bool,
) -> alt.LayerChart:
    """A line of unit-hours (or calls) a day by month; numbered dashed lines at the marks' months; the period shaded.

    Columns in: as `monthly`. Marks of one month share a line and show their numbers, as they stand in the list.
    """
    import altair as alt

    value = "unit_hours_per_day" if hours else "calls_per_day"
    form = number_of_hours if hours else count
    months = table["month"].to_list()
    drawn = table.select(
        "month", pl.col(value).cast(pl.Float64).alias("value"),
        pl.col(value).map_elements(form, pl.String).alias("text"),
    )  # fmt: skip
    numbered: dict[str, list[str]] = {}
    for number, mark in enumerate(marks, start=1):
        if mark.month in months:
            numbered.setdefault(mark.month, []).append(str(number))
    lines = mark_lines({month: _numbers(numbers) for month, numbers in numbered.items()}, months)
    # Above the line there is room for the rows of numbers.
    rows = int(lines["row"].max() or 0) + 1 if lines.height else 0  # type: ignore[arg-type]
    free = max(0.2, (rows * _ROW + 12) / _HEIGHT)
    top = float(drawn["value"].max() or 1) / (1 - min(free, 0.6))  # type: ignore[arg-type]
    x = alt.X("month:O", sort=months, scale=alt.Scale(domain=months), axis=alt.Axis(
        title=None, labelAngle=-60, labelOverlap=False))  # fmt: skip
    y_axis = axis(drawn["text"])
    y_axis.title = "Unit-hours a day (central estimate)" if hours else "Calls a day"
    y = alt.Y("value:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=y_axis)
    base = alt.Chart(drawn).encode(x=x)
    layers: list[Any] = []
    first, last = period
    if first is not None or last is not None:
        inside = [m for m in months if (first is None or m >= first) and (last is None or m <= last)]
        layers.append(
            alt.Chart(pl.DataFrame({"month": inside}))
            .mark_bar(color="#e4e4e4", width={"band": 1})
            .encode(x=x, y=alt.Y(datum=0), y2=alt.Y2(datum=top))
        )
    layers += [
        base.mark_line(color=COLORS[0], strokeWidth=2.5).encode(y=y),
        base.mark_point(color=COLORS[0], filled=True, size=45, opacity=1).encode(y=y),
    ]
    if lines.height:
        layers.append(
            alt.Chart(lines).encode(x=x).mark_rule(color=COLORS[1], strokeDash=[5, 4], strokeWidth=2)
        )
        for row in range(rows):
            at = alt.Chart(lines.filter(pl.col("row") == row)).encode(x=x, y=alt.value(0), text="numbers:N")
            look: dict[str, Any] = {
                "dy": 10 + _ROW * row, "align": "left", "dx": 5, "fontSize": 13, "fontWeight": "bold",
            }  # fmt: skip
            # A white rim first, so that a dashed line of a later mark does not run through the figures.
            layers += [
                at.mark_text(stroke="white", strokeWidth=4, color="white", **look),
                at.mark_text(color=COLORS[1], **look),
            ]
    return finish(alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT))


def mark_lines(numbers: dict[str, str], months: list[str]) -> pl.DataFrame:
    """Where the numbers of marks stand so that none covers another: month, numbers, row (0 is the top one), sorted.

    numbers: of each marked month. months: all of the chart, in order; each takes the same part of its width.
    """
    step = _WIDTH / max(len(months), 1)
    ends: list[float] = []
    placed = []
    for month in sorted(numbers, key=months.index):
        begin = months.index(month) * step
        row = next((row for row, end in enumerate(ends) if end <= begin), len(ends))
        ends[row : row + 1] = [begin + 5 + _DIGIT * len(numbers[month]) + _APART]
        placed.append((month, numbers[month], row))
    schema = {"month": pl.String, "numbers": pl.String, "row": pl.Int64}
    return pl.DataFrame(placed, schema=schema, orient="row")


def _numbers(numbers: list[str]) -> str:
    """ "1", "2–5": marks are numbered by month, so those of one month follow one another."""
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"


def trend_finding(table: pl.DataFrame, marks: tuple[Mark, ...], *, hours: bool) -> str:
    """The highest and lowest month, and how many marks to read first."""
    value, unit = ("unit_hours_per_day", "unit-hours") if hours else ("calls_per_day", "calls")
    shown = table.drop_nulls(value).sort(value, "month", descending=[True, False])
    if shown.height < 2:
        return "There are not enough months with enough calls for a trend."
    form = number_of_hours if hours else count
    top, bottom = shown.row(0, named=True), shown.row(-1, named=True)
    changes = (
        f" The recording changed at {len(marks)} {'point' if len(marks) == 1 else 'points'}, numbered in the chart: "
        "a step there need not be a change in the city."
        if marks
        else " No change of call types, areas or volume was found that would keep months from being compared."
    )
    return (
        f"Most a day: {top['month']} ({form(top[value])} {unit}); least: {bottom['month']} "
        f"({form(bottom[value])} {unit}).{changes}"
    )
