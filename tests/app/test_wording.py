"""Numbers, labels, reasons and findings as people read them."""

from __future__ import annotations

import polars as pl
import pytest

from app import labels, wording
from app.wording import NO_BREAK
from call_codes.policy import RATIONALES
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from calls.schema import INITIATORS
from calls.share import Share
from evaluation.before.cascade import READINGS, STEPS

SHARE = Share(1593, 17785, 1326, 3405, "Eligible types among calls that the community started.")


def plain(text: str) -> str:
    """Text with ordinary spaces, to be read in a test."""
    return text.replace(NO_BREAK, " ")


@pytest.mark.parametrize(("number", "text"), [(1593, "1,593"), (0, "0"), (None, "–")])
def test_a_count_has_thousands_separators_and_a_dash_where_it_is_not_known(
    number: int | None, text: str
) -> None:
    assert wording.count(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(10.42, "10.4 hours"), (99.96, "100 hours"), (10411.2, "10,411 hours"), (None, "–")]
)
def test_hours_keep_a_decimal_below_a_hundred(number: float | None, text: str) -> None:
    assert plain(wording.hours(number)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0896, "9.0%"), (1.0, "100.0%"), (0.0, "0.0%"), (0.0001, "under 0.1%"), (None, "–")],
)
def test_a_percentage_never_makes_something_of_nothing_or_nothing_of_something(
    share: float | None, text: str
) -> None:
    assert plain(wording.percent(share)) == text


def test_a_share_is_a_sentence_with_numerator_denominator_and_range() -> None:
    assert plain(wording.share_sentence(SHARE)) == (
        "1,593 of 17,785 calls (9.0%); between 1,326 and 3,405 (7.5–19.1%) under the low and high readings"
    )


def test_the_range_can_stand_before_the_figure() -> None:
    assert plain(wording.range_first(SHARE)) == (
        "between 1,326 and 3,405 of 17,785 calls (7.5–19.1%), and 1,593 (9.0%) under the policy as written"
    )


def test_a_share_of_nothing_says_so() -> None:
    assert "nothing to take a share of" in wording.share_sentence(Share(0, 0, 0, 0, ""))


def test_every_id_that_a_reader_can_meet_has_words() -> None:
    assert set(labels.STEP_MEANINGS) == set(STEPS)
    assert set(labels.READING_LABELS) == set(labels.READING_MEANINGS) == set(READINGS)
    assert set(labels.INITIATOR_LABELS) == set(INITIATORS)
    assert set(labels.RATIONALE_LABELS) == set(RATIONALES)
    assert set(HAZARD_KINDS) <= set(labels.HAZARD_LABELS)
    assert all(wording.category_label(c) == load_taxonomy().get(c).label for c in load_taxonomy().ids)
    assert wording.group_label("traffic") == "Traffic"


@pytest.mark.parametrize("decision", ["eligible", "conditional", "excluded"])
def test_every_reason_that_a_policy_can_give_is_a_sentence(decision: str) -> None:
    for rationale in RATIONALES:
        for reason in (f"{decision}: {rationale}", f"category {decision}: {rationale}"):
            assert wording.reason_words(reason).startswith("The policy ")


def test_a_reason_names_the_dangers_in_words() -> None:
    assert wording.reason_words("hazard: weapon, violence") == "Danger: a weapon, violence."
    assert wording.reason_words("hazard: suspected by the model") == "Danger: suspected from the wording."


def test_pooled_and_missing_keys_have_words_of_their_own() -> None:
    assert wording.area_label(None) == "Not recorded"
    assert wording.area_label("(smallest cells together)") == "Areas with few calls, together"


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "Monday, 12 am"), (12, "Monday, 12 pm"), (167, "Sunday, 11 pm")]
)
def test_the_hour_of_the_week_is_a_day_and_a_clock_hour(hour: int, text: str) -> None:
    assert plain(wording.hour_of_week_words(hour)) == text


def test_a_period_is_written_as_people_write_dates() -> None:
    period = {"first_day": "2020-01-01", "last_day": "2020-01-31"}
    assert wording.period_words(period) == "January 1, 2020 to January 31, 2020"
    assert "not known" in wording.period_words({"first_day": None, "last_day": None})


def test_a_probability_is_never_called_a_certainty() -> None:
    assert plain(wording.chance(0.9991)) == "over 99%"
    assert plain(wording.chance(0.873)) == "87%"


def test_the_largest_category_is_the_finding_and_a_pooled_row_never_is() -> None:
    table = pl.DataFrame(
        {
            "category": ["noise", "trespass", "(smallest cells together)"],
            "calls": [30, 20, 900],
            "unit_hours": [4.0, 6.5, 99.0],
            "unit_hours_low": [4.0, 6.0, 99.0],
            "unit_hours_high": [4.0, 18.0, 99.0],
        }
    )
    assert wording.category_finding(table) == (
        "Trespass / unwanted person took the most recorded police time: 6.5 unit-hours (between 6.0 and 18.0) "
        "for 20 calls."
    )
    without_hours = table.with_columns(pl.lit(None, pl.Float64).alias("unit_hours"))
    assert wording.category_finding(without_hours) == "Noise & fireworks is the largest category: 30 calls."


def test_the_initiator_finding_says_for_how_many_calls_nothing_is_known() -> None:
    table = pl.DataFrame({"initiated_by": ["community", "unknown", "officer"], "calls": [50, 30, 20]})
    assert wording.initiator_finding(table) == (
        "Calls started by the community 50, by officers 20. For 30 calls the export does not say who started them."
    )


def test_busiest_and_quietest_hour_leave_out_the_pooled_row() -> None:
    table = pl.DataFrame(
        {"hour_of_week": ["0", "33", "(smallest cells together)", None], "calls": [9, 40, 80, 90]}
    )
    assert plain(wording.hour_of_week_finding(table)) == (
        "The busiest hour of the week starts Tuesday, 9 am (40 calls over the whole period); the quietest that is "
        "shown, Monday, 12 am (9 calls over the whole period)."
    )
    # 28 days are four weeks.
    assert "(40 calls over the whole period, 10.0 in an average week)" in plain(
        wording.hour_of_week_finding(table, days=28)
    )
    assert "too few calls" in wording.hour_of_week_finding(table.filter(pl.col("hour_of_week").is_null()))
