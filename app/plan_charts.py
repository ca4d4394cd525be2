"""Charts of the plan: coverage by start and length of a shift, power, and what the cost hangs on.

Like those of charts.py: pure functions from a table to a chart, values printed where shade or position alone would
have to be read, no title inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from app.charts import COLORS, axis, finish
from app.wording import clock_hour, count

if TYPE_CHECKING:
    import altair as alt

LENGTHS = (4, 6, 8, 10, 12, 16, 20, 24)


def coverage_heatmap(grid: pl.DataFrame, days: str) -> alt.LayerChart:
    """Share of eligible calls covered: start hours across, shift lengths down.

    Columns in: days, start_hour, hours_long, calls_share (evaluation.before.coverage.coverage_grid).
    """
    import altair as alt

    cells = (
        grid.filter((pl.col("days") == days) & pl.col("hours_long").is_in(LENGTHS))
        .with_columns(
            pl.col("start_hour").map_elements(clock_hour, pl.String).alias("start"),
            pl.format("{} hours", "hours_long").alias("length"),
            pl.col("calls_share").fill_null(0).mul(100).round().cast(pl.Int64).alias("percent"),
        )
        .select("start", "length", "percent", pl.col("percent").cast(pl.String).alias("text"))
    )
    starts, lengths = [clock_hour(h) for h in range(24)], [f"{n} hours" for n in LENGTHS]
    base = alt.Chart(cells).encode(
        x=alt.X(
            "start:O", sort=starts, axis=alt.Axis(title="Start of the shift", labelAngle=-60, orient="top")
        ),
        y=alt.Y("length:O", sort=lengths, axis=axis(pl.Series(lengths))),
    )
    shades = base.mark_rect(stroke="white", strokeWidth=1).encode(
        color=alt.Color(
            "percent:Q",
            scale=alt.Scale(domain=[0, 50, 100], range=["#eaf3fa", "#0072B2", "#00304d"], interpolate="rgb"),
            legend=None,
        )
    )
    figures = base.mark_text(fontSize=11).encode(
        text="text:N", color=alt.condition(alt.datum.percent > 46, alt.value("white"), alt.value("black"))
    )
    return finish(alt.layer(shades, figures).properties(width=24 * 31, height=len(LENGTHS) * 28))


def power_chart(curve: pl.DataFrame) -> alt.LayerChart:
    """How often an effect of each size would be found. Columns in: effect, power, low, high."""
    import altair as alt

    drawn = curve.with_columns(
        pl.col("effect").abs().mul(100).alias("size"), *(pl.col(c).mul(100) for c in ("power", "low", "high"))
    )
    x = alt.X("size:Q", axis=alt.Axis(title="Size of the effect, percent fewer calls", tickCount=8))
    y = alt.Y(
        "power:Q", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(title="Found in so many of 100 trials")
    )
    base = alt.Chart(drawn)
    line = base.mark_line(color=COLORS[0], point={"color": COLORS[0], "size": 60}).encode(x=x, y=y)
    doubt = base.mark_rule(color=COLORS[5]).encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    goal = (
        alt.Chart(pl.DataFrame({"power": [80.0]})).mark_rule(color=COLORS[1], strokeDash=[6, 4]).encode(y=y)
    )
    return finish(alt.layer(goal, doubt, line).properties(width=520, height=260))


def tornado_chart(tornado: pl.DataFrame, labels: dict[str, str], net_cost: float) -> alt.LayerChart:
    """Net cost with one amount at its low and its high, widest first, around a line at net_cost.

    Columns in: item, net_cost_low, net_cost_high.
    """
    import altair as alt

    drawn = tornado.select(
        pl.col("item").replace(labels).alias("label"), low="net_cost_low", high="net_cost_high"
    ).with_columns(pl.struct("low", "high").map_elements(_money_range, pl.String).alias("text"))
    y = alt.Y("label:N", sort=drawn["label"].to_list(), axis=axis(drawn["label"]))
    base = alt.Chart(drawn)
    low, high = float(drawn["low"].to_numpy().min()), float(drawn["high"].to_numpy().max())
    # From 0 the bars would be slivers; the room on the right is for the printed values.
    domain = [low - 0.05 * (high - low), high + 0.6 * (high - low)]
    scale = alt.Scale(domain=domain, zero=False, nice=False)
    bars = base.mark_bar(color=COLORS[0], height={"band": 0.5}).encode(
        x=alt.X(
            "low:Q", scale=scale, axis=alt.Axis(title="Net cost a year, dollars", format=",~r", tickCount=5)
        ),
        x2="high:Q",
        y=y,
    )
    values = base.mark_text(align="left", dx=6, fontSize=12).encode(x="high:Q", y=y, text="text:N")
    middle = (
        alt.Chart(pl.DataFrame({"net": [net_cost]}))
        .mark_rule(color=COLORS[1], strokeDash=[6, 4])
        .encode(x=alt.X("net:Q", scale=scale))
    )
    return finish(alt.layer(bars, middle, values).properties(width=520, height=34 * max(1, drawn.height)))


def _money_range(row: dict[str, Any]) -> str:
    return f"{count(row['low'])} to {count(row['high'])}"
