"""The panel: a few rows in, every area in every period out, and what the data do not allow refused in a sentence."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_codes.errors import InputError, UsageError
from evaluation.after.build_panel import build_panel
from evaluation.after.periods import whole_periods
from evaluation.after.study_file import load_study

STUDY = """
question = "Did it work?"
period = { every = "month", first = 2023-01-01, last = 2023-06-30 }
program = { starts = { "2023-04-01" = ["North"] } }
comparison = { areas = "all_others" }
tables = { reports = { path = "reports.csv", time = "day", area = "beat" } }
[outcomes]
reports = { table = "reports", better = "lower", generated_by = "both" }
"""


def reports(*rows: tuple[str, str], until: str = "2023-06-30") -> str:
    """A table with these rows, and one in each of two areas on each day until `until`."""
    days = [
        date(2023, 1, 1) + timedelta(days=n)
        for n in range((date.fromisoformat(until) - date(2023, 1, 1)).days + 1)
    ]
    every = [(day.isoformat(), beat) for day in days for beat in ("North", "South")]
    return "\n".join(["day,beat,kind", *(f"{day},{beat},x" for day, beat in [*every, *rows])]) + "\n"


def built(write, study: str = STUDY, table: str | None = None):
    write("reports.csv", table or reports())
    return build_panel(load_study(write("study.toml", study)))


def column(panel, area: str, name: str) -> list:
    return panel.table.filter(pl.col("area") == area)[name].to_list()


def test_every_area_has_every_period_with_zeros_start_treatment_and_days(write):
    table = "day,beat,kind\n2023-01-02,North,x\n2023-01-09,North,x\n2023-04-05,South,x\n2023-05-05,North,x\n2023-06-29,South,x\n"
    study = STUDY.replace('area = "beat"', 'area = "beat", through = 2023-06-30').replace(
        "first = 2023-01-01, ", ""
    )
    # The first row is of 2 January: a table of rare events cannot tell that it begins a day earlier.
    panel = built(write, study, table).panel
    assert panel.first == date(2023, 2, 1)
    assert column(panel, "North", "reports") == [0, 0, 0, 1, 0]
    assert column(panel, "South", "reports") == [0, 0, 1, 0, 1]
    assert column(panel, "North", "start") == [2] * 5
    assert column(panel, "South", "start") == [None] * 5
    assert column(panel, "North", "treated") == [0, 0, 1, 1, 1]
    assert column(panel, "South", "treated") == [0] * 5
    assert column(panel, "North", "exposure") == [28, 31, 30, 31, 30]
    assert (panel.treated_areas, panel.comparison_areas, panel.every) == (("North",), ("South",), "1mo")


def test_a_month_that_the_extract_holds_only_in_part_is_left_out_with_a_note(write):
    result = built(write, table=reports(until="2023-06-11"))
    assert result.panel.last == date(2023, 5, 31)
    assert any(
        "2023-06-01 is not whole in the data (they end on 2023-06-11)" in note for note in result.notes
    )
    assert any(
        "The study ends on 2023-06-30, the data (reports) on 2023-06-11" in note for note in result.notes
    )


def test_of_a_table_of_rare_events_a_few_days_without_one_at_the_end_are_no_gap(write):
    rare = [
        (date(2023, 1, 1) + timedelta(days=5 * n)).isoformat() for n in range(36)
    ]  # the last one on 25 June
    table = "\n".join(
        [
            "day,beat,kind",
            *(f"{day},{beat},x" for day in rare for beat in ("North", "South")),
            "2023-01-03,South,x",
        ]
    )
    assert built(write, table=table).panel.last == date(2023, 5, 31)
    later = table + "\n2023-06-27,South,x"
    assert built(write, table=later).panel.last == date(2023, 6, 30)


@pytest.mark.parametrize(
    ("rule", "start", "treated", "excluded", "share"),
    [
        ("exclude", 4, [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0.5, 1, 1]),
        ("exclude_area", 4, [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0.5, 1, 1]),
        ("fraction", 3, [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0.5, 1, 1]),
    ],
)
def test_a_start_in_mid_month_follows_the_rule_of_the_study(write, rule, start, treated, excluded, share):
    study = STUDY.replace("2023-04-01", "2023-04-16").replace(
        "starts = {", f'partial_period = "{rule}", starts = {{'
    )
    result = built(write, study)
    panel = result.panel
    assert column(panel, "North", "start") == [start] * 6
    assert column(panel, "North", "treated") == treated
    assert column(panel, "North", "excluded") == [bool(x) for x in excluded]
    assert column(panel, "North", "treated_share") == share
    # "exclude" keeps the same periods in every area, so that every design can use them.
    assert any(column(panel, "South", "excluded")) == (rule == "exclude")
    assert any("the program starts in the middle of the month of 2023-04-01" in note for note in result.notes)


def test_a_window_takes_out_every_period_that_it_touches(write):
    study = STUDY.replace(
        "last = 2023-06-30",
        'last = 2023-06-30, exclude = [{ first = 2023-02-20, last = 2023-02-21, why = "storm" }]',
    )
    panel = built(write, study).panel
    assert column(panel, "South", "excluded") == [False, True, False, False, False, False]
    assert panel.table.filter("excluded")["excluded_why"].unique().to_list() == ["storm"]
    assert panel.used.height == 10


@pytest.mark.parametrize(
    ("was", "is_now", "sentence"),
    [
        (
            '["North"]',
            '["Nort"]',
            'the program\'s area "Nort" is missing from the data of reports. Did you mean "North"?',
        ),
        ('areas = "all_others"', 'areas = ["Suth"]', 'the comparison area "Suth" is missing from the data'),
        ('"all_others"', '"all_others", exclude = ["South"]', "no comparison area in the data"),
        ('table = "reports", better', 'table = "reports", where = "kind = \'y\'", better', "no variation"),
        ('table = "reports", better', 'table = "reports", where = "knd = 1", better', 'Did you mean "kind"?'),
        (
            'table = "reports", better',
            'table = "reports", where = "cast(kind as integer) > 1", better',
            "fails on the data",
        ),
        ('time = "day"', 'time = "date"', "no such column in reports.csv"),
        ('time = "day"', 'time = "kind"', "cannot be read"),
    ],
)
def test_what_the_data_do_not_allow_is_refused_in_a_sentence(write, was, is_now, sentence):
    with pytest.raises((InputError, UsageError)) as caught:
        built(write, STUDY.replace(was, is_now))
    assert sentence in str(caught.value)


def test_too_few_periods_before_the_start_in_the_data_are_refused(write):
    study = STUDY.replace("first = 2023-01-01, last = 2023-06-30 ", "").replace('"month",', '"month"')
    table = reports().replace("2023-01", "2023-05").replace("2023-02", "2023-05")  # the data begin in March
    with pytest.raises(UsageError, match=r"1 month before the first start in the data"):
        built(write, study, table)
    with pytest.raises(UsageError, match="a start outside the data"):
        built(write, study.replace("2023-04-01", "2023-08-01"), table)


def test_a_misspelt_area_is_no_comparison_area(write):
    result = built(write, table=reports(("2023-02-02", "Sooth")))
    assert result.panel.comparison_areas == ("South",)
    assert any(
        "Left out as too small to be areas of their own" in note and "Sooth" in note for note in result.notes
    )


def test_means_shares_and_sums_are_unknown_where_nothing_is_known(write):
    study = STUDY + (
        'wait = { table = "reports", measure = "mean", column = "minutes", better = "lower", generated_by = "both" }\n'
        'long = { table = "reports", measure = "share", event = "minutes > 15", better = "lower", generated_by = "both" }\n'
        'cost = { table = "reports", measure = "sum", column = "dollars", better = "lower", generated_by = "both" }\n'
    )
    table = (
        'day,beat,minutes,dollars\n2023-01-01,North,10,"1,000"\n2023-01-05,North,20,5\n2023-01-01,South,30,1\n'
        "2023-02-03,South,40,n/a\n2023-03-03,North,12,7\n2023-06-30,South,8,2\n"
    )
    study = study.replace('area = "beat"', 'area = "beat", through = 2023-06-30')
    panel = built(write, study, table).panel
    assert column(panel, "North", "wait") == [15, None, 12, None, None, None]
    assert column(panel, "North", "wait_rows") == [2, 0, 1, 0, 0, 0]
    assert column(panel, "North", "long") == [0.5, None, 0, None, None, None]
    assert column(panel, "North", "cost") == [1005, 0, 7, 0, 0, 0]
    assert column(panel, "South", "cost")[:2] == [
        1,
        None,
    ]  # a sum with an unreadable number is not smaller, but unknown


def test_repeats_are_known_only_where_the_thirty_days_are_over(write):
    study = STUDY.replace(
        'reports = { table = "reports", better',
        'again = { table = "reports", measure = "repeat_share", column = "place", better',
    ).replace('area = "beat"', 'area = "beat", through = 2023-06-30')
    table = (
        "day,beat,place\n2023-01-01,North,a\n2023-01-20,North,a\n2023-01-25,North,b\n2023-04-01,North,a\n"
        "2023-05-02,North,c\n2023-05-30,North,c\n2023-06-25,South,z\n2023-01-01,South,y\n"
    )  # fmt: skip
    panel = built(write, study, table).panel
    # a again after 19 days, then only after 71; b never.
    assert column(panel, "North", "again")[0] == pytest.approx(1 / 3)
    assert column(panel, "North", "again")[3:] == [0, 0.5, None]  # June is not followed for 30 days
    assert column(panel, "South", "again")[5] is None


def test_a_table_by_month_is_taken_as_it_is_and_never_split_into_weeks(write):
    study = STUDY.replace('time = "day"', 'time = "month"').replace(
        'reports = { table = "reports", better',
        'reports = { table = "reports", measure = "sum", column = "n", better',
    )
    table = "month,beat,n\n" + "".join(
        f"2023-0{m},{beat},{m + shift}\n" for m in range(1, 7) for beat, shift in (("North", 0), ("South", 9))
    )
    panel = built(write, study, table).panel
    assert column(panel, "North", "reports") == [1, 2, 3, 4, 5, 6]
    assert panel.last == date(2023, 6, 30)
    with pytest.raises(UsageError, match="cannot be split into weeks"):
        built(write, study.replace('"month", first', '"week", first'), table)


def test_exposure_may_be_open_hours_or_residents(write):
    hours = STUDY.replace(
        "program = {", 'exposure = "open_hours"\nprogram = { hours = "mon-fri 09:00-17:00",'
    )
    panel = built(write, hours).panel
    assert column(panel, "North", "exposure")[:2] == [22 * 8, 20 * 8]  # weekdays of January and February 2023
    write("areas.csv", 'beat,people\nNorth,"1,000"\nSouth,500\n')
    areas = 'areas = { path = "areas.csv", name = "beat", residents = "people" }\n'
    residents = STUDY.replace("program =", f'exposure = "residents"\n{areas}program =')
    assert column(built(write, residents).panel, "South", "exposure")[0] == 31 * 500
    write("areas.csv", "beat,people\nNorth,1000\nSouth,\n")
    with pytest.raises(InputError, match="no residents, or none known, in South"):
        built(write, residents)


PUBLISHED = """
# Eight precincts of thirty-six, monthly counts, a six-month pilot: a published evaluation as a study file.
question = "Did the pilot lower reports of the offenses that it was meant for?"
period = { every = "month", first = 2019-01-01, last = 2020-11-30, exclude = [{ first = 2020-03-15, last = 2020-04-30, why = "stay-at-home order" }] }
program = { starts = { "2020-06-01" = ["P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08"] }, hours = "mon-fri 10:00-18:00" }
comparison = { areas = "all_others" }
plan = { primary_outcome = "targeted", design = "event_study", note = "as preregistered" }
[tables]
reports = { path = "reports.parquet", time = "reported", area = "precinct" }
[outcomes]
targeted = { table = "reports", where = "offense in ('trespass', 'disorder', 'resisting')", better = "lower", generated_by = "officer" }
[placebo_outcomes]
serious = { table = "reports", where = "offense in ('robbery', 'aggravated assault')", better = "lower", generated_by = "resident" }
"""


def test_a_published_evaluation_fits_in_under_forty_lines(write, tmp_path):
    assert len(PUBLISHED.strip().splitlines()) < 40
    random = np.random.default_rng(1)
    size = 40_000
    days = random.integers(0, (date(2020, 12, 1) - date(2019, 1, 1)).days, size)
    rows = pl.DataFrame(
        {
            "reported": [date(2019, 1, 1) + timedelta(days=int(day)) for day in days],
            "precinct": [f"P{n:02}" for n in random.integers(1, 37, size)],
            "offense": random.choice(["trespass", "disorder", "resisting", "robbery", "aggravated assault", "fraud"], size),
        }
    )  # fmt: skip
    rows.write_parquet(tmp_path / "reports.parquet")
    panel = build_panel(load_study(write("study.toml", PUBLISHED))).panel
    assert (len(panel.treated_areas), len(panel.comparison_areas)) == (8, 28)
    assert panel.table.height == 36 * 23
    assert panel.used.height == 36 * 21
    assert panel.table["start"].drop_nulls().unique().to_list() == [17]
    counted = rows.filter(pl.col("offense").is_in(["trespass", "disorder", "resisting"])).height
    assert panel.table["targeted"].sum() == counted


@given(
    first=st.dates(date(2015, 1, 1), date(2025, 1, 1)),
    length=st.integers(0, 800),
    every=st.sampled_from(["week", "month"]),
)
def test_whole_periods_lie_inside_touch_and_leave_less_than_one_out_at_each_end(first, length, every):
    last = first + timedelta(days=length)
    calendar = whole_periods(every, first, last)
    longest = 7 if every == "week" else 31
    if calendar is None:
        assert length + 1 < 2 * longest
        return
    assert first <= calendar.first <= calendar.last <= last
    assert (calendar.first - first).days < longest
    assert (last - calendar.last).days < longest
    table = calendar.table()
    assert table["days"].sum() == (calendar.last - calendar.first).days + 1
    numbers = pl.DataFrame({"d": [first, calendar.first, calendar.last, last]}).select(
        calendar.number_of(pl.col("d"))
    )
    assert numbers["d"].to_list() == [
        calendar.number(d) for d in (first, calendar.first, calendar.last, last)
    ]
    assert [calendar.number(d) for d in (calendar.first, calendar.last)] == [0, calendar.count - 1]
