"""Words for what people see: labels, formats, reasons and one-sentence findings, the same everywhere.

The report, the pages and the alternative texts of charts all take their words from here, so that one thing has
one name. Nothing is computed: every number that stands in a sentence is a cell of a table or a field of a Share
that the job made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from call_codes.taxonomy import load_taxonomy
from calls.share import Share
from calls.small_counts import SMALLEST_COUNT, pooled_label
from evaluation.before.cascade import STEPS

# A figure and its unit stay on one line.
NO_BREAK: Final = "\u00a0"
NOT_RECORDED: Final = "Not recorded"
NOT_KNOWN: Final = "–"
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

READING_LABELS: Final = {"low": "Low", "policy": "Policy as written", "high": "High"}
READING_MEANINGS: Final = {
    "low": "Low: the type must be beyond doubt, and the final type, where recorded, must be eligible as well.",
    "policy": "Policy as written: the first call type decides, as it was known before anyone was sent.",
    "high": "High: also lets in types that the policy takes on a condition, types that could not be classified, "
    "and calls that turned out to be eligible in the end.",
}
STEP_MEANINGS: Final = {
    "all_calls": "Every call in the export, after faulty rows were set aside.",
    "handled_by_police": "A police unit was sent, or nothing says that none was. Duplicates, calls without a unit "
    "and calls that other services answered drop out here.",
    "community_initiated": "Not known to be started by an officer or another agency. Calls whose start the export "
    "does not tell stay in.",
    "eligible_type": "The first call type falls in a category that the policy takes.",
    "no_hazard": "The call type states none of the dangers that the policy leaves to police. A stated danger can "
    "only take a call out, never bring one in.",
    "in_hours": "The call started while the program answers.",
}
INITIATOR_LABELS: Final = {
    "community": "Community",
    "officer": "Officer",
    "alarm": "Alarm company or device",
    "agency": "Another agency",
    "unknown": "The export does not say",
}
DECISION_LABELS: Final = {
    "eligible": "Eligible",
    "conditional": "On a condition",
    "excluded": "Not eligible",
    "unclassified": "Not classified",
}
RATIONALE_LABELS: Final = {
    "safety": "safety",
    "legal": "the law",
    "labour": "labor agreements",
    "capacity": "the team's capacity",
    "scope": "the team's scope",
}
HAZARD_LABELS: Final = {
    "weapon": "a weapon",
    "violence": "violence",
    "threat": "a threat to a person",
    "officer_emergency": "an officer in danger",
    "medical_emergency": "a medical emergency",
    "minor": "a minor",
    "domestic": "partners or family",
    "suspected by the model": "suspected from the wording",
}
BASIS_LABELS: Final = {
    "signed": "signed by a reviewer",
    "code_book": "the agency's code-book",
    "model": "suggested by the model",
    "bare_code": "a bare code without a code-book",
    "blank": "blank in the export",
}
SEVERITY_LABELS: Final = {"high": "High", "medium": "Medium", "low": "Low"}
_REASONS: Final = {
    "closed as a duplicate of another call": "The agency closed the call as a duplicate of another one.",
    "no unit was sent, or cancelled before": "No unit was sent, or the call was cancelled before.",
    "answered by a community responder already": "A community responder answered it already.",
    "answered by fire, medical or other services": "Fire, medical or other services answered it.",
    "started by an officer": "An officer started it (traffic stop, patrol, follow-up).",
    "started by another agency": "Another agency started it.",
    "type could not be classified": "The call type could not be put in a category (counted in the high figure).",
    "danger stated in the call type": "The call type states a danger that the policy leaves to police.",
    "hour not known": "The time of the call could not be read (counted in the high figure).",
    "outside the program's hours": "It came outside the program's hours.",
    "no call type given": "No call type was recorded.",
    "bare code without a code-book": "A bare code, and no code-book says what it means here.",
    "no category is likely enough": "No category fits the wording clearly enough.",
    "signed as unclassified": "A reviewer left it without a category.",
    **{
        f"{prefix}{decision}: {rationale}": sentence.format(words)
        for prefix in ("", "category ")
        for rationale, words in RATIONALE_LABELS.items()
        for decision, sentence in (
            ("eligible", "The policy takes this type: {}."),
            ("excluded", "The policy leaves this type to others: {}."),
            (
                "conditional",
                "The policy takes this type only on a condition: {} (counted in the high figure).",
            ),
        )
    },
}


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
    """0.0896 → "9.0 %", with a space that does not break."""
    return NOT_KNOWN if share is None else f"{share * 100:.1f}{NO_BREAK}%"


def percent_range(low: float | None, high: float | None) -> str:
    """0.0746, 0.1914 → "7.5–19.1 %"."""
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
    if value == pooled_label(smallest_count):
        return f"{plural} with few calls {value}"
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
    return _REASONS.get(reason, reason)


def hazard_words(hazard_kinds: str) -> str:
    """ "weapon|violence" → "a weapon, violence"; "" stays ""."""
    return ", ".join(HAZARD_LABELS.get(kind, kind) for kind in hazard_kinds.split("|") if kind)


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
    """ "1,593 of 17,785 calls (9.0 %); between 1,326 and 3,405 (7.5–19.1 %) under the low and high readings"."""
    form = number_of_hours if unit != "calls" else count
    if share.share is None:
        return f"0 of 0 {unit}: there is nothing to take a share of"
    return (
        f"{form(share.numerator)} of {form(share.denominator)} {unit} ({percent(share.share)}); between "
        f"{form(share.low)} and {form(share.high)} ({percent_range(share.low_share, share.high_share)}) under the "
        "low and high readings"
    )


def range_first(share: Share, unit: str = "calls") -> str:
    """The same with the range in front: "between 1,326 and 3,405 of 17,785 calls (7.5–19.1 %), and 1,593 (9.0 %)
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
    untold = f"For {count(known['unknown'])} calls the export does not say." if known.get("unknown") else ""
    return " ".join(part for part in (told, untold) if part)


def hour_of_week_finding(table: pl.DataFrame, value: str = "calls") -> str:
    """The busiest and the quietest hour of the week that is shown."""
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
    return (
        f"The busiest hour of the week starts {hour_of_week_words(top['hour_of_week'])} ({form(top[value])} {unit}); "
        f"the quietest that is shown, {hour_of_week_words(bottom['hour_of_week'])} ({form(bottom[value])} {unit})."
    )


def area_finding(table: pl.DataFrame) -> str:
    """The area with the most calls."""
    row = _largest(table.drop_nulls("area"), "area", "calls")
    return (
        f"Most calls came from {row['area']}: {count(row['calls'])} calls."
        if row
        else "The export names no areas."
    )


def _largest(table: pl.DataFrame, key: str, value: str) -> dict[str, Any] | None:
    shown = table.drop_nulls(value).filter(
        pl.col(key).cast(pl.String).str.starts_with("(fewer than").not_().fill_null(True)
    )
    return shown.sort(value, key, descending=[True, False]).row(0, named=True) if shown.height else None
