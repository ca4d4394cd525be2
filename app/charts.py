"""Charts: each a pure function from one of the job's tables to an Altair chart, for the report and the pages alike.

Tables are passed as they may be shown (small counts pooled). No chart carries a title: the finding stands above
it as a sentence. Colors keep 3:1 against white, and no chart relies on color alone: values are printed beside
bars and in cells, ranges are lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from app.wording import (
    DAYS,
    area_label,
    category_label,
    clock_hour,
    count,
    initiator_label,
    number_of_hours,
)
from calls.small_counts import SMALLEST_COUNT

if TYPE_CHECKING:
    import altair as alt

COLORS: Final = ("#0072B2", "#B5500A", "#007A5A", "#9B4F96", "#6B6B00", "#444444")
_INK: Final = "#1a1a1a"
_WIDTH: Final = 520
_BAR_STEP: Final = 30
_FONT: Final = "sans-serif"
_LABEL_SIZE: Final = 13
# Width of a character in the widest of the usual sans-serif fonts: a browser may not have the one that the
# drawing was measured with, and a label must not be cut for that.
_CHARACTER: Final = 8
_TOP: Final = 15
_DARK_FROM: Final = 0.46


def cascade_chart(steps: pl.DataFrame) -> alt.LayerChart:
    """Calls left after each step: bars for the policy as written, a line from the low to the high reading.

    Columns in: label, calls_low, calls_policy, calls_high (evaluation.before.cascade.Cascade.steps).
    """
    table = steps.select(
        label="label", value="calls_policy", low="calls_low", high="calls_high"
    ).with_columns(pl.struct("value", "low", "high").map_elements(_range_text, pl.String).alias("text"))
    return _bars(table, "Calls (bar: policy as written; line: low to high reading)")


def unit_hours_by_category(
    table: pl.DataFrame, top: int = _TOP, smallest_count: int = SMALLEST_COUNT
) -> alt.LayerChart:
    """Unit-hours of the `top` categories: bars for the central estimate, a line from low to high.

    Columns in: category, unit_hours_low, unit_hours, unit_hours_high. Raises ValueError without known hours.
    """
    return _hours(table, "category", lambda v: category_label(v, smallest_count), top)


def calls_by_category(
    table: pl.DataFrame, top: int = _TOP, smallest_count: int = SMALLEST_COUNT
) -> alt.LayerChart:
    """Calls of the `top` categories, for exports without officer time. Columns in: category, calls."""
    return _calls(table, "category", lambda v: category_label(v, smallest_count), top)


def unit_hours_by_initiator(table: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> alt.LayerChart:
    """Unit-hours by who started the call. Columns in: initiated_by, unit_hours_low, unit_hours, unit_hours_high."""
    return _hours(table, "initiated_by", lambda v: initiator_label(v, smallest_count), None)


def calls_by_initiator(table: pl.DataFrame, smallest_count: int = SMALLEST_COUNT) -> alt.LayerChart:
    """Calls by who started them. Columns in: initiated_by, calls."""
    return _calls(table, "initiated_by", lambda v: initiator_label(v, smallest_count), None)


def calls_by_area(table: pl.DataFrame, top: int = 20, smallest_count: int = SMALLEST_COUNT) -> alt.LayerChart:
    """Calls of the `top` areas. Columns in: area, calls."""
    return _calls(table, "area", lambda v: area_label(v, smallest_count), top)


def hour_of_week_heatmap(
    table: pl.DataFrame, value: Literal["calls", "unit_hours"] = "calls"
) -> alt.LayerChart:
    """Days down, hours across, the value as shade and as number; cells that are not shown stay white.

    Columns in: hour_of_week (0–167, also as text; null and the pooled row are left out), and `value`.
    """
    import altair as alt

    hour = pl.col("hour_of_week").cast(pl.String).cast(pl.Int64, strict=False)
    form = count if value == "calls" else number_of_hours
    cells = (
        table.select(hour, pl.col(value).cast(pl.Float64).alias("value"))
        .drop_nulls()
        .sort("hour_of_week")
        .with_columns(
            pl.col("hour_of_week").map_elements(lambda h: DAYS[h // 24], pl.String).alias("day"),
            pl.col("hour_of_week").map_elements(lambda h: clock_hour(h % 24), pl.String).alias("hour"),
            pl.col("value").map_elements(form, pl.String).alias("text"),
        )
    )
    largest = _number(cells["value"].max())
    hours = [clock_hour(h) for h in range(24)]
    base = alt.Chart(cells).encode(
        x=alt.X("hour:O", sort=hours, scale=alt.Scale(domain=hours), axis=alt.Axis(title=None, labelAngle=-60, orient="top")),
        y=alt.Y("day:O", sort=list(DAYS), scale=alt.Scale(domain=list(DAYS)), axis=axis(pl.Series(DAYS))),
    )  # fmt: skip
    shades = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "value:Q",
            # From a shade that still differs from white to one that bears white figures.
            scale=alt.Scale(
                domain=[0, largest / 2, largest], range=["#eaf3fa", "#0072B2", "#00304d"], interpolate="rgb"
            ),
            legend=None,
        )
    )
    # Black figures up to the shade from which white ones keep 4.5:1.
    figures = base.mark_text(fontSize=11, font=_FONT).encode(
        text="text:N",
        color=alt.condition(alt.datum.value > _DARK_FROM * largest, alt.value("white"), alt.value("black")),
    )
    return finish(alt.layer(shades, figures).properties(width=24 * 31, height=7 * 28))


def _hours(table: pl.DataFrame, key: str, label: Any, top: int | None) -> alt.LayerChart:
    if table["unit_hours"].is_not_null().sum() == 0:
        raise ValueError("no unit-hours are known in this table: draw its calls instead")
    rows = _top_rows(table, key, "unit_hours", top)
    drawn = rows.select(
        pl.col(key).cast(pl.String).map_elements(label, pl.String, skip_nulls=False).alias("label"),
        value="unit_hours",
        low="unit_hours_low",
        high="unit_hours_high",
    ).with_columns(pl.struct("value", "low", "high").map_elements(_hours_text, pl.String).alias("text"))
    return _bars(drawn, "Unit-hours (bar: central estimate; line: low to high)")


def _calls(table: pl.DataFrame, key: str, label: Any, top: int | None) -> alt.LayerChart:
    drawn = (
        _top_rows(table, key, "calls", top)
        .select(
            pl.col(key).cast(pl.String).map_elements(label, pl.String, skip_nulls=False).alias("label"),
            value="calls",
            low="calls",
            high="calls",
        )
        .with_columns(pl.col("value").map_elements(count, pl.String).alias("text"))
    )
    return _bars(drawn, "Calls")


def _top_rows(table: pl.DataFrame, key: str, value: str, top: int | None) -> pl.DataFrame:
    rows = table.drop_nulls(value).sort(value, key, descending=[True, False], nulls_last=True)
    return rows if top is None else rows.head(top)


def _bars(table: pl.DataFrame, axis_title: str) -> alt.LayerChart:
    """Bars in the order of the rows with their range as a line with ends and their values as text."""
    import altair as alt

    largest = _number(table["high"].max())
    y = alt.Y("label:N", sort=table["label"].to_list(), axis=axis(table["label"]))
    # Room to the right of the longest range for the printed values.
    room = _WIDTH / (_WIDTH - _CHARACTER * _longest(table["text"]))
    scale = alt.Scale(domain=[0, largest * room], nice=False)
    base = alt.Chart(table)
    bars = base.mark_bar(color=COLORS[0], height={"band": 0.6}).encode(
        x=alt.X("value:Q", scale=scale, axis=alt.Axis(title=axis_title, format=",~r", tickCount=5)), y=y
    )
    ranged = alt.datum.low < alt.datum.high
    line = (
        base.transform_filter(ranged).mark_rule(color=_INK, strokeWidth=2).encode(x="low:Q", x2="high:Q", y=y)
    )
    ends = [
        base.transform_filter(ranged)
        .mark_tick(color=_INK, thickness=2, height=12)
        .encode(x=alt.X(f"{end}:Q"), y=y)
        for end in ("low", "high")
    ]
    values = base.mark_text(align="left", dx=7, fontSize=_LABEL_SIZE, font=_FONT, color=_INK).encode(
        x=alt.X("high:Q"), y=y, text="text:N"
    )
    height = max(_BAR_STEP * table.height, _BAR_STEP)
    return finish(alt.layer(bars, line, *ends, values).properties(width=_WIDTH, height=height))


def axis(labels: pl.Series) -> alt.Axis:
    """An axis with room for the longest of `labels`, so that none is cut."""
    import altair as alt

    return alt.Axis(title=None, minExtent=_CHARACTER * _longest(labels) + 8)


def _longest(labels: pl.Series) -> int:
    return max((len(str(label)) for label in labels), default=0)


def finish(chart: Any) -> alt.LayerChart:
    """The one look of all charts: white ground, dark ink, no grid."""
    # No label is ever cut: a limit of 0 means none.
    finished: alt.LayerChart = (
        chart.configure(background="white", font=_FONT)
        .configure_axis(
            labelFont=_FONT,
            titleFont=_FONT,
            labelFontSize=_LABEL_SIZE,
            titleFontSize=_LABEL_SIZE,
            titleFontWeight="normal",
            labelColor=_INK,
            titleColor=_INK,
            labelLimit=0,
            titleLimit=0,
            domainColor=COLORS[5],
            tickColor=COLORS[5],
            grid=False,
        )
        .configure_view(stroke=None)
    )
    return finished


def _number(value: Any) -> float:
    # An axis from 0 to 0 has no length.
    return float(value or 1)


def _range_text(row: dict[str, float]) -> str:
    if row["low"] == row["high"]:
        return count(row["value"])
    return f"{count(row['value'])} ({count(row['low'])}–{count(row['high'])})"


def _hours_text(row: dict[str, float]) -> str:
    value, low, high = (number_of_hours(row[k]) for k in ("value", "low", "high"))
    return value if low == high else f"{value} ({low}–{high})"
