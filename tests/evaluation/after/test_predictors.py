"""Predictors in a study file: averages before the start, and each mistake refused in a sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from call_codes.errors import InputError, UsageError
from evaluation.after.build_panel import build_panel
from evaluation.after.panel import Panel
from evaluation.after.study_file import load_study

STUDY = """
question = "Did it work?"
period = { every = "month", first = 2023-01-01, last = 2023-12-31 }
program = { starts = { "2023-07-01" = ["North"] } }
comparison = { areas = "all_others" }
outcomes.reports = { table = "reports", better = "lower", generated_by = "both" }
synthetic_control = { fit_first = 2023-02-01 }
[tables]
reports = { path = "reports.csv", time = "day", area = "beat" }
homes = { path = "homes.csv", time = "month", area = "beat" }
[predictors]
thefts = { table = "reports", where = "kind = 'theft'", first = 2023-01-01, last = 2023-04-30 }
rents = { table = "homes", measure = "mean", column = "rent" }
"""


def study_of(write: Any, text: str = STUDY) -> Any:
    days = pl.date_range(date(2023, 1, 1), date(2023, 12, 31), "1d", eager=True)
    rows = [f"{day},{beat},other" for day in days for beat in ("North", "South", "West")]
    rows += [f"2023-0{month}-05,North,theft" for month in (1, 1, 2, 5, 8)]
    write("reports.csv", "\n".join(["day,beat,kind", *rows]))
    write(
        "homes.csv",
        "month,beat,rent\n2022-11,North,900\n2023-02,North,1000\n2023-02,South,800\n2023-03,South,\n2023-05,West,700\n",
    )
    return load_study(write("study.toml", text))


def values(panel: Panel, predictor: str) -> dict[str, float]:
    assert panel.predictors is not None
    table = panel.predictors.table.filter(pl.col("predictor") == predictor)
    return dict(table.select("area", "value").iter_rows())


def test_a_predictor_is_the_average_over_its_months_zeros_included(write) -> None:
    built = build_panel(study_of(write))
    # Three thefts in January, none in March and April, none at all elsewhere; those of May and August are outside.
    assert values(built.panel, "thefts") == {"North": 0.75, "South": 0.0, "West": 0.0}
    assert built.panel.predictors is not None
    assert built.panel.predictors.fit_from == 1
    assert dict(built.panel.predictors.table.select("predictor", "last_period").iter_rows()) == {
        "rents": 4,
        "thefts": 3,
    }


def test_a_table_that_only_predictors_use_bounds_no_days_and_unknown_months_do_not_count(write) -> None:
    built = build_panel(study_of(write))
    assert (built.panel.first, built.panel.last) == (date(2023, 1, 1), date(2023, 12, 31))
    assert values(built.panel, "rents") == {"North": 1000.0, "South": 800.0, "West": 700.0}
    assert any("predictors.rents rests on 2023-01-01 to 2023-05-31" in note for note in built.notes)
    earlier = STUDY.replace('column = "rent" }', 'column = "rent", first = 2022-11-01, last = 2023-02-28 }')
    assert values(build_panel(study_of(write, earlier)).panel, "rents")["North"] == 950.0


def test_a_month_left_out_of_the_study_is_left_out_of_the_predictors(write) -> None:
    out = STUDY.replace(
        "last = 2023-12-31 }",
        'last = 2023-12-31, exclude = [{ first = 2023-01-01, last = 2023-01-31, why = "strike" }] }',
    )
    assert values(build_panel(study_of(write, out)).panel, "thefts")["North"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("was", "is_now", "sentence"),
    [
        ("last = 2023-04-30", "last = 2023-07-31", "last in [predictors.thefts] = 2023-07-31, which is not before"),
        ("last = 2023-04-30", "last = 2022-04-30", "a last day that is not before the first"),
        ("fit_first = 2023-02-01", "fit_first = 2023-07-01", "fit_first in [synthetic_control]"),
        ('column = "rent"', 'colum = "rent"', 'Did you mean "column"?'),
        ('measure = "mean", column = "rent"', 'measure = "mean"', 'measure = "mean" without column in [predictors.rents]'),
        ('table = "homes", measure', 'table = "houses", measure', 'Did you mean "homes"?'),
        ("[predictors]\nthefts", "[other]\nthefts", 'the key "other", which does not exist'),
        (STUDY[STUDY.index("[predictors]") :], "", "fit_first in [synthetic_control] without [predictors.name]"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(write, was: str, is_now: str, sentence: str) -> None:
    assert STUDY.count(was) == 1
    with pytest.raises(UsageError) as caught:
        study_of(write, STUDY.replace(was, is_now))
    assert sentence in str(caught.value)


def test_days_that_a_predictors_table_does_not_cover_are_refused(write) -> None:
    text = STUDY.replace('column = "rent" }', 'column = "rent", first = 2023-06-01, last = 2023-06-30 }')
    with pytest.raises(InputError) as caught:
        build_panel(study_of(write, text))
    assert "no whole month of the table homes" in str(caught.value)
