"""Filtered officer time: sums of ready cells that equal a scan of the filtered calls, and that give nothing small away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.area_choices import AreaChoice, area_choices
from app.job import Job, run_job
from app.officer_time_cells import FilterCells, filter_cells, median_minutes
from app.officer_time_compare import cannot_be_said, compare
from app.officer_time_filter import Filter, table_by, total
from app.officer_time_trend import (
    drift_marks,
    mark_lines,
    month_number,
    month_text,
    monthly,
    trend_chart,
    trend_finding,
)
from app.settings import Settings
from calls.small_counts import POOLED
from evaluation.before.cascade import add_reasons
from officer_time.cells import HOURS, time_cells, with_hours
from officer_time.measures import officer_time

KINDS = ("WELFARE CHECK", "NOISE", "BURGLARY REPORT", "DISTURBANCE", "TRAFFIC STOP")
SIGNED = ("welfare_check", "noise", "burglary", "disturbance", "traffic_stop")
FIRST = month_number("2023-01")


def export(calls: int = 2400, middle: str | None = None) -> str:
    """Calls over 20 months in four beats and two districts; every seventh lacks the clear time."""
    lines = ["Incident,Call Type,Call Source,Beat,Council_District,Received,Dispatched,Cleared"]
    for i in range(calls):
        at = datetime(2023, 1, 1) + timedelta(hours=6 * i + i % 5)
        kind = middle if middle and i == calls // 2 else KINDS[(i * i + i // 7) % len(KINDS)]
        beat = "ABCD"[(i * 7 + i // 3) % 4]
        stamps = [at, at + timedelta(minutes=4), at + timedelta(minutes=20 + i % 40)]
        cleared = "" if i % 7 == 3 else f"{stamps[2]:%m/%d/%Y %H:%M:%S}"
        source = "OFFICER" if kind == "TRAFFIC STOP" else ("911", "ALARM CO")[i % 11 == 0]
        row = [f"C{i:05}", kind, source, beat, "North" if beat in "AB" else "South"]
        lines.append(",".join([*row, *(f"{s:%m/%d/%Y %H:%M:%S}" for s in stamps[:2]), cleared]))
    return "\n".join(lines) + "\n"


def job_of(folder: Path, text: str) -> Job:
    (folder / "calls.csv").write_text(text, encoding="utf-8")
    rows = [
        f"Town,,{kind},{category},none,signed,A. Reviewer,2024-04-01,"
        for kind, category in zip(KINDS, SIGNED, strict=True)
    ]
    head = "agency,code,text,category,hazard,basis,reviewer,since,note"
    (folder / "signed.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return run_job(Settings(files=(folder / "calls.csv",), crosswalk=folder / "signed.csv"))


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return job_of(tmp_path_factory.mktemp("filtered"), export())


@pytest.fixture(scope="module")
def choice(job: Job) -> AreaChoice:
    return area_choices(job)[0]


@pytest.fixture(scope="module")
def cells(job: Job, choice: AreaChoice) -> FilterCells:
    return filter_cells(job, choice)


def scanned(job: Job, by: str, keep: pl.Expr) -> pl.DataFrame:
    """The same question asked of the calls and units themselves, with the whole file's category means."""
    calls, units = (
        add_reasons(rows, job.cascade, job.policy).filter(keep) for rows in (job.calls, job.units)
    )
    cap = job.settings.cap_hours
    made = with_hours(time_cells(calls, units, list(dict.fromkeys((by, "category"))), cap), job.means, cap)
    return officer_time(calls, units, made, (by,), cap)


MONTH = pl.from_epoch("started_local", time_unit="s").dt.strftime("%Y-%m")
IN_BASE = pl.col("lost_at").is_in(["handled_by_police", "community_initiated"]).not_().fill_null(True)


@pytest.mark.parametrize("by", ["category", "hour_of_week"])
@pytest.mark.parametrize(
    ("asked", "keep"),
    [
        (Filter("all"), pl.lit(True)),
        (Filter("community"), IN_BASE),
        (Filter("all", ("North",)), pl.col("district") == "North"),
        (Filter("all", initiated_by=("officer", "alarm")), pl.col("initiated_by").is_in(["officer", "alarm"])),
        (
            Filter("community", ("South",), FIRST + 3, FIRST + 14),
            IN_BASE & (pl.col("district") == "South") & MONTH.is_between(pl.lit("2023-04"), pl.lit("2024-03")),
        ),
    ],
)  # fmt: skip
def test_summing_cells_equals_scanning_the_filtered_calls(
    job: Job, cells: FilterCells, by: str, asked: Filter, keep: pl.Expr
) -> None:
    names = ["calls", "unit_rows", "unit_rows_measured", *HOURS]
    summed = table_by(cells, asked, by, smallest_count=1).table.select(by, *names).sort(by)
    from_calls = scanned(job, by, keep).with_columns(pl.col(by).cast(pl.String)).select(by, *names).sort(by)
    assert summed[by].to_list() == from_calls[by].to_list()
    for name in names:
        assert summed[name].to_list() == pytest.approx(from_calls[name].to_list(), rel=1e-9)
    whole = total(cells, asked, smallest_count=1)
    assert whole is not None
    assert whole["calls"] == from_calls["calls"].sum()


def test_medians_are_those_of_the_run(job: Job) -> None:
    run = job.officer_time["category",].select("category", "committed_minutes_median").drop_nulls()
    assert median_minutes(job, in_base=False) == pytest.approx(dict(run.iter_rows()))


def test_every_table_of_one_filter_adds_up_to_its_total(cells: FilterCells) -> None:
    asked = Filter("all", ("North",), FIRST, FIRST + 11)
    whole = total(cells, asked, 5)
    assert whole is not None
    for by in ("category", "hour_of_week", "eligible"):
        table = table_by(cells, asked, by, 5).table
        assert table["calls"].sum() == whole["calls"]
        assert table["unit_hours"].sum() == pytest.approx(whole["unit_hours"])


def test_eligible_calls_are_those_of_the_cascade(job: Job, cells: FilterCells) -> None:
    table = dict(table_by(cells, Filter(), "eligible", 1).table.select("eligible", "calls").iter_rows())
    assert table["true"] == job.cascade.eligible.numerator


def test_one_changed_cell_in_the_middle_of_the_export_changes_the_answer(tmp_path: Path, job: Job) -> None:
    before = table_by(filter_cells(job, area_choices(job)[0]), Filter("all"), "category", 1).table
    other = job_of(tmp_path, export(middle="DISTURBANCE"))
    after = table_by(filter_cells(other, area_choices(other)[0]), Filter("all"), "category", 1).table
    assert dict(before.select("category", "calls").iter_rows()) != dict(
        after.select("category", "calls").iter_rows()
    )


def one_rare(area: str, rare: int) -> FilterCells:
    """Three areas with many calls of x and y; `area` alone has a few of z, the others have many."""
    rows = []
    for place in ("A", "B", "C"):
        for kind, n in (("x", 40), ("y", 30), ("z", rare if place == area else 20)):
            for month in (FIRST, FIRST + 1):
                part = n // 2 if month == FIRST else n - n // 2
                rows.append((kind, place, "community", month, True, False, False, part))
    table = pl.DataFrame(
        rows, orient="row",
        schema=["category", "place", "initiated_by", "month", "in_base", "administrative", "eligible", "calls"],
    ).filter(pl.col("calls") > 0)  # fmt: skip
    table = table.with_columns(
        pl.col("calls").cast(pl.Int64), pl.lit(0).alias("unit_rows"), pl.lit(0).alias("unit_rows_measured"),
        *(pl.lit(1.0).alias(name) for name in HOURS),
    )  # fmt: skip
    days = pl.DataFrame({"month": [FIRST, FIRST + 1], "days": [31, 28]})
    return FilterCells(table, table, days, 12.0)


def shown(cells: FilterCells, asked: Filter) -> dict[str, int]:
    return dict(table_by(cells, asked, "category", 5).table.select("category", "calls").iter_rows())


def test_all_areas_but_one_do_not_reveal_the_small_cell_of_the_one() -> None:
    cells = one_rare("C", 3)
    assert shown(cells, Filter())["z"] == 43
    # 40 would leave 43 - 40 = 3 for C.
    assert "z" not in shown(cells, Filter(places=("A", "B")))
    assert "z" not in shown(cells, Filter(places=("C",)))
    told = table_by(cells, Filter(places=("A", "B")), "category", 5)
    assert told.merged >= 1
    assert told.table["calls"].sum() == 180
    assert POOLED in told.table["category"].to_list()


def test_where_no_cell_is_small_a_filter_hides_nothing() -> None:
    assert shown(one_rare("C", 20), Filter(places=("A", "B"))) == {"x": 80, "y": 60, "z": 40}


def test_a_period_a_month_longer_does_not_reveal_the_small_month() -> None:
    assert "z" not in shown(one_rare("C", 3), Filter(places=("C",), first_month=FIRST, last_month=FIRST))
    cells = one_rare("C", 4)
    assert "z" not in shown(cells, Filter(places=("A", "B", "C"), first_month=FIRST, last_month=FIRST)) or (
        shown(cells, Filter(places=("A", "B", "C"), first_month=FIRST, last_month=FIRST))["z"] >= 5
    )


def test_a_total_that_would_tell_a_small_rest_is_not_told() -> None:
    cells = one_rare("C", 3)
    small = cells.by_category.filter((pl.col("place") != "C") | (pl.col("category") == "z"))
    only_three = FilterCells(small, small, cells.days, 12.0)
    assert total(only_three, Filter(places=("C",)), 5) is None
    assert total(only_three, Filter(places=("A", "B")), 5) is None
    assert total(only_three, Filter(), 5) is not None


def test_months_are_compared_by_day_and_in_order(cells: FilterCells) -> None:
    table = monthly(cells, Filter("all"), 5)
    assert table["month"].to_list() == sorted(table["month"])
    assert table["month"][0] == "2023-01"
    assert table["calls_per_day"].to_list() == pytest.approx((table["calls"] / table["days"]).to_list())
    assert "Most a day" in trend_finding(table, (), hours=True)


def test_a_type_that_is_renamed_is_marked_where_it_begins_with_words(tmp_path: Path) -> None:
    text = export().splitlines()
    renamed = [line.replace("NOISE", "LOUD NOISE") if n > 1200 else line for n, line in enumerate(text)]
    changed = job_of(tmp_path, "\n".join(renamed) + "\n")
    marks = drift_marks(changed, None)
    assert {mark.month for mark in marks} <= {"2023-10", "2023-11", "2023-12"}
    assert any("New call type: LOUD NOISE" in mark.seen for mark in marks)
    assert all(mark.means for mark in marks)
    made = filter_cells(changed, area_choices(changed)[0])
    chart: dict[str, Any] = trend_chart(monthly(made, Filter("all"), 5), marks, hours=True).to_dict()
    assert "1" in str(chart["datasets"])


def test_month_names_and_numbers_are_each_others_inverse() -> None:
    assert [month_text(month_number(t)) for t in ("2023-01", "2023-12")] == ["2023-01", "2023-12"]


def test_two_areas_stand_side_by_side_with_the_numbers_of_their_own_views(cells: FilterCells) -> None:
    sides = [Filter("all", (place,)) for place in ("North", "South")]
    found = compare(cells, sides[0], sides[1], 5)
    assert found is not None
    for side, prefix in zip(sides, ("left", "right"), strict=True):
        own = shown(cells, side)
        rows = dict(found.table.select("category", f"{prefix}_calls").iter_rows())
        assert sum(rows.values()) == sum(own.values())
        assert {k: v for k, v in rows.items() if k != POOLED}.items() <= own.items()
        assert found.table[f"{prefix}_calls_share"].sum() == pytest.approx(1)


def test_periods_say_what_keeps_them_from_being_compared() -> None:
    first, second = (
        Filter(first_month=FIRST, last_month=FIRST + 5),
        Filter(first_month=FIRST + 4, last_month=FIRST + 17),
    )
    said = " ".join(cannot_be_said(first, second, (181, 420), ()))
    assert "share 2 months" in said
    assert "same months of the year" in said
    assert "differ in length" in said
    assert "no effect of anything" in said
    same = cannot_be_said(
        Filter(first_month=FIRST, last_month=FIRST + 11), Filter(first_month=FIRST + 12, last_month=FIRST + 23), (365, 366), ()
    )  # fmt: skip
    assert len(same) == 1


def test_areas_are_the_agencys_own_columns_under_the_agencys_name(
    job: Job, write: Callable[..., Path]
) -> None:
    assert [(c.id, c.label) for c in area_choices(job)] == [
        ("district", "Council district"),
        ("area", "Beat"),
    ]


def test_numbers_of_marks_stand_apart_however_close_their_months_are() -> None:
    months = [f"2023-{number:02d}" for number in range(1, 13)] + [
        f"2024-{number:02d}" for number in range(1, 13)
    ]
    close = {"2023-12": "1–2", "2024-01": "3–4", "2024-02": "5", "2024-12": "6"}
    placed = mark_lines(close, months)
    assert placed.rows() == [
        ("2023-12", "1–2", 0), ("2024-01", "3–4", 1), ("2024-02", "5", 0), ("2024-12", "6", 0),
    ]  # fmt: skip
    # Of two marks in one row, the second begins to the right of the first one's last figure.
    step = 700 / len(months)
    for row in placed["row"].unique():
        own = placed.filter(row=row)
        begins = [months.index(month) * step for month in own["month"]]
        ends = [begin + 9 * len(text) for begin, text in zip(begins, own["numbers"], strict=True)]
        assert all(end < begin for end, begin in zip(ends[:-1], begins[1:], strict=True))
    assert mark_lines({}, months).is_empty()
