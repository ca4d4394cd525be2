"""A study file: what it may say, and how each mistake is refused in a sentence that says what to do."""

from __future__ import annotations

from datetime import date

import pytest

from call_codes.errors import PolicyError, UsageError
from calls.schema import COLUMNS
from evaluation.after.condition import holds, parse_condition
from evaluation.after.known_at_creation import call_columns
from evaluation.after.study_file import load_study
from evaluation.after.study_keys import study_keys

STUDY = """
question = "Did it work?"
covariates = ["priority", "hour_of_week"]
dag = ["priority -> arrests"]
period = { every = "month", first = 2023-01-01, last = 2024-12-31 }
program = { starts = { "2024-01-01" = ["North", "South"], "2024-03-15" = ["East"] }, hours = "mon-fri 09:00-17:00" }
comparison = { areas = "all_others", exclude = ["Airport"] }
[tables]
calls = { run = "calls.csv", policy = "behavioral_health_plus", where = "priority <> '1'" }
reports = { path = "reports.csv", time = "day", area = "beat", where = "offense = 'TRESPASS'" }
[outcomes]
arrests = { table = "calls", where = "disposition = 'ARREST'", better = "lower", generated_by = "officer" }
reports = { table = "reports", better = "lower", generated_by = "both" }
[placebo_outcomes]
burglaries = { table = "reports", where = "offense = 'BURGLARY'", better = "lower", generated_by = "resident" }
[plan]
primary_outcome = "arrests"
"""


def refused(write, was: str, is_now: str) -> str:
    assert STUDY.count(was) >= 1
    with pytest.raises((UsageError, PolicyError)) as caught:
        load_study(write("study.toml", STUDY.replace(was, is_now, 1)))
    return str(caught.value)


def test_a_study_is_read_with_its_defaults_filled_in(write):
    study = load_study(write("study.toml", STUDY))
    assert study.unit == "area_period"
    assert study.program.starts == (
        ("East", date(2024, 3, 15)), ("North", date(2024, 1, 1)), ("South", date(2024, 1, 1)),
    )  # fmt: skip
    assert study.program.hours is not None
    assert study.program.hours.open_minutes_per_week == 5 * 8 * 60
    assert study.program.partial_period == "exclude"
    assert [(o.name, o.measure, o.among, o.placebo) for o in study.outcomes] == [
        ("arrests", "count", "eligible_in_hours", False),
        ("reports", "count", "all", False),
        ("burglaries", "count", "all", True),
    ]


@pytest.mark.parametrize(
    ("was", "is_now", "sentence"),
    [
        ("comparison =", "comparisons =", 'Did you mean "comparison"?'),
        ("better = \"lower\"", "bettre = \"lower\"", 'Did you mean "better"?'),
        ('every = "month"', 'every = "day"', "one of: week, month"),
        ('areas = "all_others"', "areas = []", "no comparison area"),
        ('areas = "all_others"', 'areas = ["North", "West"]', "North among the program's areas and among the comparison"),
        ('comparison = { areas = "all_others", exclude = ["Airport"] }\n', "", "no comparison area means no estimate"),
        ('exclude = ["Airport"]', 'exclude = ["North"]', "the program's area North in exclude"),
        ("first = 2023-01-01", "first = 2023-12-01", "1 month before the first start"),
        ('"2024-03-15"', '"2026-03-15"', "a start outside the study's period"),
        ('"2024-03-15"', '"2024-12-15"', "no whole month of the study's period"),
        ('"2024-03-15"', '"spring 2024"', '"spring 2024" among the starts'),
        ('["East"]', '["North"]', 'the area "North" twice'),
        ('"priority", ', '"disposition", ', '"disposition" among the covariates, which was not known before anyone was sent'),
        ('"priority", ', '"responder", ', "it is who answered: the treatment itself"),
        ('"priority", ', '"prioritty", ', 'Did you mean "priority"?'),
        ("priority <> '1'", "responder = 'police'", "not known before anyone was sent"),
        ("offense = 'TRESPASS'", "select * from secrets", '"select" in where of [tables.reports]'),
        ('generated_by = "officer"', 'generated_by = "police"', "officer, resident, both, team"),
        ('table = "reports", better', 'table = "report", better', 'Did you mean "reports"?'),
        ('table = "reports", better', 'table = "reports", measure = "sum", better', 'measure = "sum" without column'),
        ('table = "reports", better', 'table = "reports", measure = "unit_hours", better', "whose unit times are known"),
        ('table = "reports", better', 'table = "reports", among = "eligible", better', "does not look at"),
        ("burglaries", "arrests", '"arrests" as an outcome and as a placebo outcome'),
        ("burglaries", "exposure", 'the name "exposure"'),
        ('primary_outcome = "arrests"', 'primary_outcome = "arrest"', 'Did you mean "arrests"?'),
        ("behavioral_health_plus", "behavioural_health", "no policy is called"),
        ("mon-fri 09:00-17:00", "mon-fri 9 to 5", "cannot be read"),
        ("priority -> arrests", "priority causes arrests", '"priority causes arrests" in dag'),
        ("last = 2024-12-31", 'last = "2024-12-31"', "without quotes"),
        ("question", "[question", "not valid TOML"),
        ("mon-fri 09:00-17:00\"", "mon-fri 09:00-17:00\", assigned_by = \"lot\"", "without drawn"),
        ("mon-fri 09:00-17:00\"", "mon-fri 09:00-17:00\", assigned_by = \"lot\", drawn = \"areas\"", "a lot that nobody can check"),
        ("mon-fri 09:00-17:00\"", "mon-fri 09:00-17:00\", drawn = \"areas\"", 'drawn in [program] without assigned_by = "lot"'),
        ("mon-fri 09:00-17:00\"", "mon-fri 09:00-17:00\", assigned_by = \"choice\", lot = \"a hat\"", 'lot in [program] without assigned_by = "lot"'),
        ('primary_outcome = "arrests"', 'clusters = "areas"', 'Did you mean "area"?'),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(write, was, is_now, sentence):
    assert sentence in refused(write, was, is_now)


def test_a_lot_of_the_order_needs_several_starts(write):
    one = STUDY.replace(
        'starts = { "2024-01-01" = ["North", "South"], "2024-03-15" = ["East"] }',
        'starts = { "2024-01-01" = ["North", "South"] }, assigned_by = "lot", drawn = "order", lot = "a hat"',
    )
    assert one != STUDY
    with pytest.raises(UsageError, match="two or more start dates"):
        load_study(write("study.toml", one))
    both = load_study(
        write(
            "study.toml",
            STUDY.replace(
                'mon-fri 09:00-17:00"',
                'mon-fri 09:00-17:00", assigned_by = "lot", drawn = "order", lot = "a hat"',
            ),
        )
    )
    assert not both.program.areas_by_lot


def test_windows_that_together_swallow_everything_are_refused(write):
    windows = (
        'last = 2024-12-31, exclude = [{ first = 2023-01-01, last = 2024-02-10, why = "pandemic" }, '
        '{ first = 2024-02-01, last = 2024-12-31, why = "new computer" }]'
    )
    assert "swallow every month" in refused(write, "last = 2024-12-31", windows)


def test_excluded_months_count_neither_as_before_nor_as_after(write):
    before = 'exclude = [{ first = 2023-01-01, last = 2023-11-30, why = "pandemic" }]'
    assert "1 month before" in refused(write, "last = 2024-12-31", f"last = 2024-12-31, {before}")
    after = 'exclude = [{ first = 2024-01-01, last = 2024-12-31, why = "new computer" }]'
    assert "no whole month after the first start" in refused(
        write, "last = 2024-12-31", f"last = 2024-12-31, {after}"
    )


def test_every_column_of_a_call_is_known_to_be_before_or_after_dispatch():
    columns = call_columns()
    assert {column.name for column in COLUMNS} <= set(columns)
    assert not any(
        columns[name][0] for name in ("disposition", "responder", "final_type", "police_hours", "arrived_at")
    )
    assert all(columns[name][0] for name in ("category", "priority", "area", "hour_of_week", "place_key"))


ROWS = {"offense": ["13", "7", None, "13"], "kind": ["x", "y", "x", "select"], "n": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("offense = '13'", 2),
        ("offense > 10 and kind <> 'y'", 2),  # a text column of numbers, compared as numbers
        ("kind = 'select'", 1),  # inside quotes it is a word like any other
        ("n between 2 and 3 or offense is null", 2),
        ("not kind in ('x', 'y')", 1),
    ],
)
def test_a_condition_keeps_the_rows_for_which_it_holds(condition, rows):
    import polars as pl

    table = pl.DataFrame(ROWS)
    assert table.filter(holds(condition, table, "where")).height == rows


@pytest.mark.parametrize(
    "condition",
    [
        "kind in (select a from read_csv('/etc/hostname'))",
        r"kind = E'\'' or kind in (select a from read_csv('x')) or kind = ''",
        "n > 1; drop table calls",
        "n > 1 -- and the rest",
        "sum(n) > 2",
        "row_number() over (order by n) = 1",
        "n = 1 as first_one",
        "n >",
        "",
    ],
)
def test_a_condition_can_do_nothing_but_look_at_one_row(condition):
    with pytest.raises(UsageError):
        parse_condition(condition, "where")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [("ofense = '13'", 'Did you mean "offense"?'), ("kind > 3", "single quotes"), ("n + 1", "not yes or no")],
)
def test_a_condition_that_does_not_fit_the_columns_says_so(condition, sentence):
    import polars as pl

    with pytest.raises(UsageError, match="where") as caught:
        holds(condition, pl.DataFrame(ROWS), "where")
    assert sentence in str(caught.value)


def test_the_example_study_is_complete_and_under_forty_lines(sample_study):
    assert len(sample_study.path.read_text("utf-8").splitlines()) < 40
    assert sample_study.team is not None
    assert (len(sample_study.outcomes), len(sample_study.costs), sample_study.plan.primary_outcome) == (
        7,
        2,
        "police_hours",
    )


def test_every_key_says_what_it_means():
    for section, keys in study_keys().items():
        for key, rule in keys.items():
            assert rule["meaning"], f"{section}.{key}"
            assert set(rule) <= {"kind", "needed", "choices", "meaning"}
