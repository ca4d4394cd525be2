"""Which calls an evaluation compares: those that the program COULD have taken, judged as each call was created.

The rule looks at the initial type, stated danger, who started the call, place and hour; the same before and after
the launch, inside and outside the program's areas. It never looks at who answered: calls that the team took are
easier than those it did not, so "served by the team" is no group to compare (intention to treat).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from call_codes.errors import InputError
from call_codes.hours import Hours
from call_codes.policy import Policy
from classifier.eligibility import judge
from evaluation.after.condition import holds
from officer_time.cells import LEAST_MEASURED, police_units
from officer_time.spans import CAP_HOURS, interval_seconds

# "policy": as written. "strict": of these only types whose category is beyond doubt. "wide": also what the policy
# takes on conditions. Alternatives for the specification curve; all three know nothing of what came after.
EligibilityRule = Literal["policy", "strict", "wide"]
# The steps in order: name, and what a call lacks that is lost there.
STEPS: Final = {
    "duplicate": "closed as a second call about the same thing",
    "officer_or_agency": "started by an officer or another agency",
    "not_eligible_type": "a type that the policy leaves to police, or that could not be classified",
    "hazard": "danger stated in the initial type",
    "own_condition": "not within the study's own condition",
    "no_time_or_area": "no readable time, or no area",
}
_JUDGED: Final = ("category", "hazard", "hazard_kinds", "basis")
_NEEDED: Final = (*_JUDGED, "call_id", "area", "started_local", "outcome", "initiated_by", "needs_review")
_TEAM: Final = ("community", "co_response")


@dataclass(frozen=True)
class StudyCalls:
    """Calls as `rightcall run` classifies them: the standard tables with category, hazard and their basis.

    units: None where the export has no unit times. policy: what is eligible. kept_alive: what the lazy tables lie in
    (calls.ingest.Workspace, for large files), so that it lives as long as they are asked.
    """

    calls: pl.LazyFrame
    units: pl.LazyFrame | None
    policy: Policy
    cap_hours: float = CAP_HOURS
    kept_alive: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Cohort:
    """Every call, marked.

    table, lazy, the columns of the calls and:

    - kept_out: the step of STEPS at which a call leaves, null for eligible calls; eligible (Boolean).
    - in_hours: within the program's hours (Boolean; null where the time is not known).
    - day: local Date; hour_of_week, hour_of_day, day_of_week (1 = Monday), month_of_year.
    - outcomes, never part of the rule: police_hours (unit-hours, missing spans at their category's mean; 0 where no
      police went), police_sent, team_sent (Boolean), response_minutes (null = not measurable). The first three are
      null where there are no unit rows at all.

    account: step, label, calls lost, calls left: one row per step, sums to all calls.
    """

    table: pl.LazyFrame
    account: pl.DataFrame
    policy: Policy
    rule: EligibilityRule
    source: StudyCalls = field(repr=False)


def build_cohort(
    source: StudyCalls,
    hours: Hours | None,
    *,
    where: str | None = None,
    rule: EligibilityRule = "policy",
) -> Cohort:
    """Mark every call as eligible or not, and add what happened to it.

    hours: the program's (None: always open). where: the study's own condition, on columns known at creation. Raises
    InputError where the calls have not been classified.
    """
    schema = source.calls.collect_schema()
    missing = [name for name in _NEEDED if name not in schema]
    if missing:
        raise InputError(
            found=f"calls without {', '.join(missing)}",
            expected="calls that rightcall run has classified: calls.parquet in the folder of its results",
            action="run rightcall run on the export first, and name its --out folder",
        )
    calls = _with_clock(source.calls, hours)
    decided = _decisions(calls, source.policy)
    types = {
        "policy": pl.col("_decision") == "eligible",
        "strict": (pl.col("_decision") == "eligible") & ~pl.col("needs_review"),
        "wide": pl.col("_decision").is_in(["eligible", "conditional"]),
    }[rule]
    own = holds(where, calls, "where of [tables.calls]") if where else pl.lit(True)
    passes = {
        "duplicate": pl.col("outcome") != "duplicate",
        "officer_or_agency": ~pl.col("initiated_by").is_in(["officer", "agency"]),
        "not_eligible_type": types,
        "hazard": ~pl.col("_blocked"),
        "own_condition": own,
        "no_time_or_area": pl.col("started_local").is_not_null() & pl.col("area").is_not_null(),
    }
    kept_out: pl.Expr = pl.lit(None, pl.String)
    for step in reversed(passes):
        kept_out = pl.when(passes[step].fill_null(False)).then(kept_out).otherwise(pl.lit(step))
    table = (
        calls.join(decided.lazy(), on=list(_JUDGED), how="left", nulls_equal=True, maintain_order="left")
        .with_columns(kept_out.alias("kept_out"))
        .with_columns(pl.col("kept_out").is_null().alias("eligible"))
        .drop("_decision", "_blocked")
    )
    table = _with_outcomes(table, source)
    return Cohort(table, _account(table), source.policy, rule, source)


def _with_clock(calls: pl.LazyFrame, hours: Hours | None) -> pl.LazyFrame:
    minute = (pl.col("started_local") // 60 + 3 * 1440) % (7 * 1440)  # minute of the week from Monday 00:00
    spans = hours.spans if hours else ((0, 7 * 1440),)
    is_open = pl.any_horizontal((minute >= start) & (minute < end) for start, end in spans)
    moment = pl.from_epoch("started_local", "s")
    return calls.with_columns(
        pl.when(pl.col("started_local").is_not_null()).then(is_open).alias("in_hours"),
        moment.dt.date().alias("day"),
        (minute // 60).alias("hour_of_week"),
        (minute // 60 % 24).alias("hour_of_day"),
        (minute // 1440 + 1).alias("day_of_week"),
        moment.dt.month().cast(pl.Int64).alias("month_of_year"),
    )


def _decisions(calls: pl.LazyFrame, policy: Policy) -> pl.DataFrame:
    """One row per combination of _JUDGED: _decision (eligible, conditional, excluded, unclassified), _blocked."""
    kinds = calls.select(_JUDGED).unique().collect().sort(_JUDGED)
    decisions, blocked = [], []
    for category, hazard, hazard_kinds, basis in kinds.iter_rows():
        verdict = judge(category, hazard, hazard_kinds or "", basis, policy)
        by_hazard = verdict.rule == "hazards_excluded"
        harmless = judge(category, False, "", basis, policy)
        decisions.append(harmless.eligibility)
        blocked.append(by_hazard)
    return kinds.with_columns(
        pl.Series("_decision", decisions, dtype=pl.String), pl.Series("_blocked", blocked, dtype=pl.Boolean)
    )


def _with_outcomes(table: pl.LazyFrame, source: StudyCalls) -> pl.LazyFrame:
    response = interval_seconds(pl.col("received_at"), pl.col("arrived_at")) / 60
    table = table.with_columns(response.alias("response_minutes"))
    if source.units is None:
        return table.with_columns(
            pl.lit(None, pl.Float64).alias("police_hours"),
            pl.lit(None, pl.Boolean).alias("police_sent"),
            pl.lit(None, pl.Boolean).alias("team_sent"),
        )
    police = police_hours_per_call(source.units, source.cap_hours)
    team = source.units.filter(pl.col("responder").is_in(_TEAM)).select("call_id").unique()
    return (
        table.join(police, on="call_id", how="left", maintain_order="left")
        .join(
            team.with_columns(pl.lit(True).alias("team_sent")),
            on="call_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            # No police: no hours. Police whose time nobody could measure: unknown, not zero.
            pl.when(pl.col("police_sent").is_null())
            .then(0.0)
            .otherwise("police_hours")
            .alias("police_hours"),
            pl.col("police_sent", "team_sent").fill_null(False),
        )
    )


def police_hours_per_call(units: pl.LazyFrame, cap_hours: float = CAP_HOURS) -> pl.LazyFrame:
    """Police unit-hours of every call to which police were sent: call_id, police_hours (Float64), police_sent (true).

    Columns in: calls.schema.UNIT_COLUMNS and category. A span that could not be measured counts as the mean span of
    its category (of all, where the category has fewer than five), as in officer_time's central estimate;
    where nothing at all was measured, police_hours is null.
    """
    spans = police_units(units, cap_hours).select("call_id", "category", "committed_seconds")
    seconds = pl.col("committed_seconds")
    overall = seconds.mean()
    own = pl.when(seconds.count().over("category") >= LEAST_MEASURED).then(seconds.mean().over("category"))
    return (
        spans.with_columns(seconds.cast(pl.Float64).fill_null(own.fill_null(overall)).alias("_seconds"))
        .group_by("call_id")
        .agg(
            pl.when(pl.col("_seconds").is_not_null().all())
            .then(pl.col("_seconds").sum() / 3600)
            .alias("police_hours"),
            pl.lit(True).alias("police_sent"),
        )
    )


def _account(table: pl.LazyFrame) -> pl.DataFrame:
    lost = dict(table.group_by("kept_out").agg(pl.len().cast(pl.Int64)).collect().iter_rows())
    left = sum(lost.values())
    rows = [("all_calls", "all calls", 0, left)]
    for step, label in STEPS.items():
        left -= lost.get(step, 0)
        rows.append((step, label, lost.get(step, 0), left))
    return pl.DataFrame(
        rows,
        schema={"step": pl.String, "label": pl.String, "lost": pl.Int64, "left": pl.Int64},
        orient="row",
    )


def offered(table: pl.LazyFrame, starts: tuple[tuple[str, object], ...]) -> pl.LazyFrame:
    """Adds `offered`: the program worked at the call's place and hour (Boolean). The treatment of intention to treat.

    Columns in: area, day, in_hours. starts: `Program.starts`.
    """
    days = pl.DataFrame(
        {"area": [area for area, _ in starts], "_start": [day for _, day in starts]},
        schema={"area": pl.String, "_start": pl.Date},
    )
    return (
        table.join(days.lazy(), on="area", how="left", maintain_order="left")
        .with_columns(
            ((pl.col("day") >= pl.col("_start")).fill_null(False) & pl.col("in_hours")).alias("offered")
        )
        .drop("_start")
    )
