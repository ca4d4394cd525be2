"""Words for what people see: labels, formats, reasons and one-sentence findings, the same everywhere.

The report, the pages and the alternative texts of charts all take their words from here, so that one thing has
one name. Nothing is computed: every number that stands in a sentence is a cell of a table or a field of a Share
that the job made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl

# Pages and report take their labels from here, so that they look for words in one place.
from app.labels import (  # noqa: F401
    BASIS_LABELS,
    DECISION_LABELS,
    HAZARD_LABELS,
    INITIATOR_LABELS,
    RATIONALE_LABELS,
    READING_LABELS,
    READING_MEANINGS,
    REASONS,
    SEVERITY_LABELS,
    STAMP_LABELS,
    STEP_MEANINGS,
    TYPE_IS_NOTES,
)
from call_codes.taxonomy import load_taxonomy
from calls.share import Share
from calls.small_counts import POOLED, SMALLEST_COUNT
from evaluation.before.cascade import STEPS

# A figure and its unit stay on one line.
NO_BREAK: Final = "\u00a0"
NOT_RECORDED: Final = "Not recorded"
NOT_KNOWN: Final = "–"
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def without_markup(text: str) -> str:
    """A name from a file as a label of the page library, which would read *, _, $ or : as markup."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def count(number: float | None) -> str:
    """1593 → "1,593"; "–" where not known. A float that is no whole number is rounded."""
    return NOT_KNOWN if number is None else f"{number:,.0f}"


def number_of_hours(number: float | None) -> str:
    """10.42 → "10.4", 10411.2 → "10,411": one decimal below a hundred, none above; "–" where not known."""
    if number is None:
        return NOT_KNOWN
    return f"{number:,.1f}" if abs(number) < 99.95 else f"{number:,.0f}"


def hours(number: float | None) -> str:
    """10.42 → "10.4 hours"."""
    return NOT_KNOWN if number is None else f"{number_of_hours(number)}{NO_BREAK}hours"


def minutes(number: float | None) -> str:
    """27.31 → "27.3"; the column's heading carries the unit."""
    return NOT_KNOWN if number is None else f"{number:,.1f}"


def percent(share: float | None) -> str:
    """0.0896 → "9.0%"; what rounds to nothing without being it: "under 0.1%"."""
    if share is None:
        return NOT_KNOWN
    return f"under{NO_BREAK}0.1%" if 0 < share < 0.0005 else f"{share * 100:.1f}%"


def percent_range(low: float | None, high: float | None) -> str:
    """0.0746, 0.1914 → "7.5–19.1%"."""
    return NOT_KNOWN if low is None or high is None else f"{low * 100:.1f}–{percent(high)}"


def small_count(smallest_count: int = SMALLEST_COUNT) -> str:
    """What stands in a cell whose count is not shown: "fewer than 5"."""
    return f"fewer than {smallest_count}"


def small_count_note(smallest_count: int = SMALLEST_COUNT) -> str:
    """The sentence below a table with hidden or pooled cells."""
    if smallest_count <= 1:
        return "Every count is shown, however small."
    return (
        f"Counts below {smallest_count} are not shown one by one, because they could point at a household; where "
        "a table adds up, they are merged into one row."
    )


def category_label(category: str | None, smallest_count: int = SMALLEST_COUNT) -> str:
    """The label of a category id; pooled rows and unknown ids keep a readable form."""
    return _label(
        category, {i: c.label for i, c in load_taxonomy().categories.items()}, "Categories", smallest_count
    )


def group_label(group: str | None) -> str:
    """The label of a group of categories."""
    return _label(group, load_taxonomy().groups, "Groups", SMALLEST_COUNT)


def initiator_label(initiated_by: str | None, smallest_count: int = SMALLEST_COUNT) -> str:
    """Who started the call, in words."""
    return _label(initiated_by, INITIATOR_LABELS, "Kinds", smallest_count)


def area_label(area: str | None, smallest_count: int = SMALLEST_COUNT) -> str:
    """The agency's own name of an area; "Not recorded" where there is none."""
    return _label(area, {}, "Areas", smallest_count)


def _label(value: str | None, labels: Mapping[str, str], plural: str, smallest_count: int) -> str:
    if value is None:
        return NOT_RECORDED
    if value == POOLED:
        return f"{plural} with few calls, together"
    return labels.get(value, value)


def step_label(step: str) -> str:
    """The label of a step of the cascade."""
    return STEPS[step]


def step_meaning(step: str) -> str:
    """What a step of the cascade means, in one sentence or two."""
    return STEP_MEANINGS[step]


def reason_words(reason: str | None) -> str:
    """A reason_not_served, a loss's reason or an eligibility_reason as a sentence; unknown ones as they are."""
    if reason is None:
        return ""
    if reason.startswith("hazard: "):
        return f"Danger: {hazard_words(reason.removeprefix('hazard: ').replace(', ', '|'))}."
    return REASONS.get(reason, reason)


def hazard_words(hazard_kinds: str) -> str:
    """ "weapon|violence" → "a weapon, violence"; "" stays ""."""
    return ", ".join(HAZARD_LABELS.get(kind, kind) for kind in hazard_kinds.split("|") if kind)


def stamp_words(text: str) -> str:
    """ "cleared_at before arrived_at" → "clear time before arrival time"; other names lose their underscores."""
    for name, words in STAMP_LABELS.items():
        text = text.replace(name, words)
    return text.replace("_", " ")


def chance(probability: float) -> str:
    """A model's probability: 0.873 → "87%"; never a certainty."""
    return f"over{NO_BREAK}99%" if probability > 0.994 else f"{probability * 100:.0f}%"


def unit_hours_meaning(cap_hours: float) -> str:
    """What a unit-hour is, and its low, central and high, in plain words."""
    return (
        "A unit-hour is one hour that one police unit was committed to a call, from assignment to clear. Low counts "
        "measured time only; central gives a unit whose times are missing its category's mean; high gives it "
        f"{cap_hours:g} hours. It is recorded call time, not everything that officers do."
    )


def day(iso: str | None) -> str:
    """ "2020-01-31" → "January 31, 2020"."""
    if iso is None:
        return "not known"
    moment = date.fromisoformat(iso)
    return f"{moment:%B} {moment.day}, {moment.year}"


def period_words(period: Mapping[str, str | None]) -> str:
    """The period of a summary: "January 1, 2020 to January 31, 2020"."""
    first, last = period["first_day"], period["last_day"]
    if first is None or last is None:
        return "period not known: no time could be read"
    return day(first) if first == last else f"{day(first)} to {day(last)}"


def clock_hour(hour: int) -> str:
    """0 → "12 am", 13 → "1 pm"."""
    return f"{hour % 12 or 12}{NO_BREAK}{'am' if hour < 12 else 'pm'}"


def hour_of_week_words(hour_of_week: int) -> str:
    """0 → "Monday, 12 am"; the hour that begins then."""
    return f"{DAYS[hour_of_week // 24]}, {clock_hour(hour_of_week % 24)}"


def share_sentence(share: Share, unit: str = "calls") -> str:
    """ "1,593 of 17,785 calls (9.0%); between 1,326 and 3,405 (7.5–19.1%) under the low and high readings"."""
    form = number_of_hours if unit != "calls" else count
    if share.share is None:
        return f"0 of 0 {unit}: there is nothing to take a share of"
    return (
        f"{form(share.numerator)} of {form(share.denominator)} {unit} ({percent(share.share)}); between "
        f"{form(share.low)} and {form(share.high)} ({percent_range(share.low_share, share.high_share)}) under the "
        "low and high readings"
    )


def range_first(share: Share, unit: str = "calls") -> str:
    """The same with the range in front: "between 1,326 and 3,405 of 17,785 calls (7.5–19.1%), and 1,593 (9.0%)
    under the policy as written"."""
    form = number_of_hours if unit != "calls" else count
    if share.share is None:
        return f"0 of 0 {unit}: there is nothing to take a share of"
    return (
        f"between {form(share.low)} and {form(share.high)} of {form(share.denominator)} {unit} "
        f"({percent_range(share.low_share, share.high_share)}), and {form(share.numerator)} "
        f"({percent(share.share)}) under the policy as written"
    )


def cascade_finding(steps: pl.DataFrame) -> str:
    """What the cascade shows: its first and last step."""
    first, last = steps.row(0, named=True), steps.row(-1, named=True)
    return (
        f"Of {count(first['calls_policy'])} calls, {count(last['calls_policy'])} remain as eligible under the "
        f"policy as written; the low and high readings leave {count(last['calls_low'])} and {count(last['calls_high'])}."
    )


def category_finding(table: pl.DataFrame) -> str:
    """The category with the most unit-hours, or the most calls where no hours are known."""
    row = _largest(table, "category", "unit_hours")
    if row is not None:
        return (
            f"{category_label(row['category'])} took the most recorded police time: "
            f"{number_of_hours(row['unit_hours'])} unit-hours (between {number_of_hours(row['unit_hours_low'])} and "
            f"{number_of_hours(row['unit_hours_high'])}) for {count(row['calls'])} calls."
        )
    row = _largest(table, "category", "calls")
    return (
        f"{category_label(row['category'])} is the largest category: {count(row['calls'])} calls."
        if row
        else ""
    )


def initiator_finding(table: pl.DataFrame) -> str:
    """How many calls each kind of initiator started."""
    known = {row["initiated_by"]: row["calls"] for row in table.iter_rows(named=True)}
    parts = [
        f"{words} {count(known[key])}"
        for key, words in (("community", "the community"), ("officer", "officers"), ("alarm", "alarm companies or devices"),
                           ("agency", "other agencies"))
        if known.get(key)
    ]  # fmt: skip
    told = f"Calls started by {', by '.join(parts)}." if parts else ""
    untold = (
        f"For {count(known['unknown'])} calls the export does not say who started them."
        if known.get("unknown")
        else ""
    )
    return " ".join(part for part in (told, untold) if part)


def hour_of_week_finding(table: pl.DataFrame, value: str = "calls", days: int | None = None) -> str:
    """The busiest and the quietest hour of the week; with `days` with calls, also for an average week (× 7 ÷ days)."""
    unit = "calls" if value == "calls" else "unit-hours"
    form = count if value == "calls" else number_of_hours
    shown = (
        table.with_columns(pl.col("hour_of_week").cast(pl.String).cast(pl.Int64, strict=False))
        .drop_nulls(["hour_of_week", value])
        .sort(value, "hour_of_week", descending=[True, False])
    )
    if shown.is_empty():
        return "The time of no call could be read, or every hour of the week holds too few calls to be shown."
    top, bottom = shown.row(0, named=True), shown.row(-1, named=True)

    def told(row: dict[str, Any]) -> str:
        weekly = "" if not days else f", {7 * row[value] / days:,.1f} in an average week"
        return f"{hour_of_week_words(row['hour_of_week'])} ({form(row[value])} {unit} over the whole period{weekly})"

    return f"The busiest hour of the week starts {told(top)}; the quietest that is shown, {told(bottom)}."


def area_finding(table: pl.DataFrame) -> str:
    """The area with the most calls."""
    row = _largest(table.drop_nulls("area"), "area", "calls")
    return (
        f"The area with most calls is {row['area']}: {count(row['calls'])} calls."
        if row
        else "The export names no areas."
    )


def _largest(table: pl.DataFrame, key: str, value: str) -> dict[str, Any] | None:
    shown = table.drop_nulls(value).filter((pl.col(key).cast(pl.String) != POOLED).fill_null(True))
    return shown.sort(value, key, descending=[True, False]).row(0, named=True) if shown.height else None
