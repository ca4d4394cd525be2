"""Charts of an evaluation: the course of the effect, program against its counterfactual, and every version.

Like those of charts.py: pure functions from a table to a chart, no title inside, shape or dash beside color.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from app.charts import COLORS, axis, finish

if TYPE_CHECKING:
    import altair as alt

_WIDTH, _HEIGHT = 560, 280


def event_study_chart(path: pl.DataFrame, *, ratio: bool, every: str, unit: str) -> alt.LayerChart:
    """Estimate by time since the start with its pointwise interval; a dashed line at "none".

    Columns in: event_time, estimate, low, high (low and high may be missing or null). unit: of the estimate.
    """
    import altair as alt

    for name in ("low", "high"):
        if name not in path.columns:
            path = path.with_columns(pl.lit(None, pl.Float64).alias(name))
    drawn = path.select("event_time", "estimate", "low", "high").drop_nulls("estimate")
    unit = "weeks" if every == "1w" else "months"
    title = "Rate ratio (1 = no difference)" if ratio else f"Difference, {unit}"
    x = alt.X(
        "event_time:Q", axis=alt.Axis(title=f"{unit.capitalize()} since the start", tickCount=10, format="d")
    )
    y = alt.Y("estimate:Q", scale=alt.Scale(zero=not ratio), axis=alt.Axis(title=title))
    base = alt.Chart(drawn)
    none = (
        alt.Chart(pl.DataFrame({"estimate": [1.0 if ratio else 0.0]}))
        .mark_rule(color=COLORS[5], strokeDash=[6, 4])
        .encode(y="estimate:Q")
    )
    begins = (
        alt.Chart(pl.DataFrame({"event_time": [-0.5]}))
        .mark_rule(color=COLORS[1], strokeDash=[2, 3])
        .encode(x="event_time:Q")
    )
    ranges = (
        base.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_rule(color=COLORS[0], strokeWidth=2)
        .encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    )
    points = base.mark_point(color=COLORS[0], filled=True, size=55).encode(x=x, y=y)
    return finish(alt.layer(none, begins, ranges, points).properties(width=_WIDTH, height=_HEIGHT))


def counterfactual_chart(path: pl.DataFrame, *, every: str, unit: str) -> alt.LayerChart:
    """Program areas as observed (line) and as expected without the program (dashed). Columns in: event_time,
    observed, counterfactual. unit: of both, as the mean of the program areas."""
    import altair as alt

    long = pl.concat(
        [
            path.select("event_time", value=column, line=pl.lit(label))
            for column, label in (
                ("observed", "observed"),
                ("counterfactual", "expected without the program"),
            )
        ]
    )
    names = ["observed", "expected without the program"]
    x = alt.X(
        "event_time:Q",
        axis=alt.Axis(title=f"{'Weeks' if every == '1w' else 'Months'} since the start", format="d"),
    )
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=alt.Y(
                "value:Q",
                scale=alt.Scale(zero=False),
                axis=alt.Axis(title=f"{unit[:1].upper()}{unit[1:]}"),
            ),
            color=alt.Color(
                "line:N",
                sort=names,
                scale=alt.Scale(domain=names, range=[COLORS[0], COLORS[1]]),
                legend=alt.Legend(title=None, orient="top", labelLimit=0),
            ),
            strokeDash=alt.StrokeDash(
                "line:N",
                sort=names,
                scale=alt.Scale(domain=names, range=[[1, 0], [6, 4]]),
                legend=alt.Legend(title=None, orient="top", labelLimit=0),
            ),
        )
    )
    begins = (
        alt.Chart(pl.DataFrame({"event_time": [-0.5]}))
        .mark_rule(color=COLORS[5], strokeDash=[2, 3])
        .encode(x="event_time:Q")
    )
    return finish(alt.layer(begins, lines).properties(width=_WIDTH, height=_HEIGHT))


def versions_chart(versions: pl.DataFrame) -> alt.LayerChart:
    """Every version's relative effect as a point, sorted by size. Columns in: version, relative (share)."""
    import altair as alt

    drawn = versions.drop_nulls("relative").with_columns((pl.col("relative") * 100).alias("percent"))
    drawn = drawn.with_columns(
        pl.col("percent").map_elements(lambda v: f"{v:+.1f} %", pl.String).alias("text")
    )
    y = alt.Y("version:N", sort=drawn["version"].to_list(), axis=axis(drawn["version"]))
    base = alt.Chart(drawn)
    ends = [0.0, *drawn["percent"].to_list()]
    room = 0.25 * ((max(ends) - min(ends)) or 1.0)
    scale = alt.Scale(domain=[min(ends), max(ends) + room])
    x = alt.X("percent:Q", scale=scale, axis=alt.Axis(title="Effect, percent", tickCount=6))
    zero = (
        alt.Chart(pl.DataFrame({"percent": [0.0]}))
        .mark_rule(color=COLORS[5], strokeDash=[6, 4])
        .encode(x="percent:Q")
    )
    points = base.mark_point(color=COLORS[0], filled=True, size=70).encode(x=x, y=y)
    values = base.mark_text(align="left", dx=8, fontSize=12).encode(x=x, y=y, text="text:N")
    return finish(alt.layer(zero, points, values).properties(width=420, height=max(28 * drawn.height, 40)))
