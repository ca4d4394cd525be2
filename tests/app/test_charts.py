"""Charts as their specifications: what is drawn, in which order, with what beside the color."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from app import charts
from app.wording import NO_BREAK

HOURS = pl.DataFrame(
    {
        "category": ["noise", "trespass", "burglary"],
        "initiated_by": ["community", "officer", None],
        "area": ["1", "2", None],
        "calls": [30, 20, 10],
        "unit_hours_low": [4.0, 6.0, 1.0],
        "unit_hours": [4.0, 6.5, 1.0],
        "unit_hours_high": [4.0, 18.0, 1.0],
    }
)
STEPS = pl.DataFrame(
    {
        "label": ["All calls", "Eligible call type"],
        "calls_low": [100, 5],
        "calls_policy": [100, 10],
        "calls_high": [100, 30],
    }
)


def spec(chart: Any) -> dict[str, Any]:
    result: dict[str, Any] = chart.to_dict()
    return result


def rows(chart: Any) -> list[dict[str, Any]]:
    """The data that a chart holds."""
    document = spec(chart)
    found: list[dict[str, Any]] = document["datasets"][document["data"]["name"]]
    return found


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_color_keeps_three_to_one_against_white() -> None:
    assert all(1.05 / (luminance(color) + 0.05) >= 3 for color in charts.COLORS)


def test_the_cascade_has_bars_a_range_and_its_numbers_in_text() -> None:
    chart = charts.cascade_chart(STEPS)
    marks = [layer["mark"]["type"] for layer in spec(chart)["layer"]]
    assert marks == ["bar", "rule", "tick", "tick", "text"]
    assert [row["text"] for row in rows(chart)] == ["100", "10 (5–30)"]
    assert spec(chart)["layer"][0]["encoding"]["y"]["sort"] == ["All calls", "Eligible call type"]


def test_categories_stand_in_the_order_of_their_hours_with_their_range() -> None:
    drawn = rows(charts.unit_hours_by_category(HOURS))
    assert [row["label"] for row in drawn] == [
        "Trespass / unwanted person",
        "Noise & fireworks",
        "Burglary / break-in",
    ]
    assert [row["text"] for row in drawn] == ["6.5 (6.0–18.0)", "4.0", "1.0"]


def test_only_the_largest_are_drawn() -> None:
    assert len(rows(charts.unit_hours_by_category(HOURS, top=2))) == 2
    assert [row["label"] for row in rows(charts.calls_by_area(HOURS, top=2))] == ["1", "2"]


def test_what_was_not_recorded_has_a_name() -> None:
    assert rows(charts.calls_by_area(HOURS))[-1]["label"] == "Not recorded"
    assert {row["label"] for row in rows(charts.unit_hours_by_initiator(HOURS))} == {
        "Community",
        "Officer",
        "Not recorded",
    }


def test_no_hours_are_refused_rather_than_drawn_as_zero() -> None:
    with pytest.raises(ValueError, match="no unit-hours are known"):
        charts.unit_hours_by_category(HOURS.with_columns(pl.lit(None, pl.Float64).alias("unit_hours")))
    assert [row["text"] for row in rows(charts.calls_by_category(HOURS))] == ["30", "20", "10"]
    assert len(rows(charts.calls_by_initiator(HOURS))) == 3


@pytest.mark.parametrize("dtype", [pl.Int64, pl.String])
def test_the_heat_map_prints_its_numbers_and_leaves_pooled_hours_white(dtype: type[pl.DataType]) -> None:
    table = pl.DataFrame({"hour_of_week": [0, 33, None], "calls": [9, 1040, 80]}).with_columns(
        pl.col("hour_of_week").cast(dtype)
    )
    drawn = rows(charts.hour_of_week_heatmap(table))
    assert [(row["day"], row["hour"], row["text"]) for row in drawn] == [
        ("Monday", f"12{NO_BREAK}am", "9"),
        ("Tuesday", f"9{NO_BREAK}am", "1,040"),
    ]
    assert [layer["mark"]["type"] for layer in spec(charts.hour_of_week_heatmap(table))["layer"]] == [
        "rect",
        "text",
    ]


def test_the_heat_map_can_show_hours_and_bear_no_data() -> None:
    table = pl.DataFrame({"hour_of_week": [5], "calls": [9], "unit_hours": [3.4]})
    assert rows(charts.hour_of_week_heatmap(table, "unit_hours"))[0]["value"] == 3.4
    assert spec(charts.hour_of_week_heatmap(table.clear()))["width"] > 0


def test_no_label_is_cut() -> None:
    for chart in (
        charts.cascade_chart(STEPS),
        charts.unit_hours_by_category(HOURS),
        charts.calls_by_area(HOURS),
    ):
        axis = spec(chart)["config"]["axis"]
        assert axis["labelLimit"] == 0
        assert axis["labelFontSize"] >= 12
