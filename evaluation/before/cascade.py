"""The cascade: from all calls to those that a program could take under a policy, each loss with its reason.

A call is followed on what was known before anyone was sent: its initial type. Three readings run side by side.
`policy` is the policy as written. `low` also needs the final type to be eligible and harmless and the type to be
beyond doubt. `high` also lets in what the policy takes on conditions, what could not be classified, and
what turned out eligible in the end. Danger stated in the initial type takes a call out of all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from call_codes.policy import Policy
from calls.share import Share
from classifier.eligibility import blocking_hazards
from evaluation.before.call_paths import PATH_KEYS, path_cells, with_call_responder, with_path_keys
from officer_time.cells import HOURS, POLICE_RESPONDERS, with_hours
from officer_time.spans import CAP_HOURS

READINGS: Final = ("low", "policy", "high")
STEPS: Final = {
    "all_calls": "All calls",
    "handled_by_police": "Handled by police",
    "community_initiated": "Started by the community, or not known",
    "eligible_type": "Eligible call type",
    "no_hazard": "No stated danger",
    "in_hours": "In the program's hours",
}
# The two categories whose treatment decides most estimates.
AMBIGUOUS: Final = ("disturbance", "suspicious_activity")
UNCLASSIFIED_REASON: Final = "type could not be classified"
DENOMINATOR: Final = (
    "calls handled by police that the community started: everything not known to be started by an officer or "
    "another agency (alarm-company calls included)"
)


@dataclass(frozen=True)
class Cascade:
    """The steps, the losses by reason, the shares, and the way of every kind of call.

    - steps: step, label, then calls_… and unit_hours_… for low, policy, high (unit_hours: central estimate,
      with unit_hours_policy_low and unit_hours_policy_high bounding what is missing).
    - losses: step, reason, calls, unit_hours of the policy reading: sums to the drop at each step.
    - sensitivity: treatment, calls, denominator, share: the answer with and without the ambiguous categories.
    - paths: PATH_KEYS, lost_at, reason_not_served (null where the calls pass every step), passes_low,
      passes_policy, passes_high: see add_reasons.
    """

    steps: pl.DataFrame
    losses: pl.DataFrame
    sensitivity: pl.DataFrame
    paths: pl.DataFrame
    eligible: Share
    eligible_in_hours: Share
    eligible_hours: Share | None


def cascade(
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    means: pl.DataFrame,
    policy: Policy,
    cap_hours: float = CAP_HOURS,
) -> Cascade:
    """Follow every call through the steps under `policy`.

    Columns in: calls and units as classifier.assign returns them; means as officer_time.cells.category_means.
    Calls that agree in PATH_KEYS are followed together, so the work does not grow with the number of calls.
    """
    return cascade_of_cells(path_cells(calls, units, policy.hours, cap_hours), means, policy, cap_hours)


def cascade_of_cells(
    cells: pl.DataFrame, means: pl.DataFrame, policy: Policy, cap_hours: float = CAP_HOURS
) -> Cascade:
    """The same from the cells of evaluation.before.call_paths.path_cells for the policy's hours: no call is read."""
    table = _decisions(with_hours(cells, means, cap_hours), policy)
    passes = _passes()
    for reading in READINGS:
        so_far = pl.lit(True)
        columns = []
        for step in STEPS:
            so_far = so_far & passes[step, reading].fill_null(False)
            columns.append(so_far.alias(f"{step}:{reading}"))
        table = table.with_columns(columns)
    table = _reasons(table, policy)
    base = pl.col("community_initiated:policy")
    open_hours = policy.hours.text.rstrip(".")
    return Cascade(
        steps=_step_table(table),
        losses=_losses(table),
        sensitivity=_sensitivity(table),
        paths=table.select(
            *PATH_KEYS,
            "lost_at",
            "reason_not_served",
            *(pl.col(f"in_hours:{r}").alias(f"passes_{r}") for r in READINGS),
        ),
        eligible=_share(
            table,
            "no_hazard",
            base,
            "calls",
            f"Eligible types under {policy.label} with no stated danger, at any hour, among {DENOMINATOR}.",
        ),
        eligible_in_hours=_share(
            table,
            "in_hours",
            base,
            "calls",
            f"Eligible types under {policy.label} with no stated danger, started within its hours "
            f"({open_hours}), among {DENOMINATOR}.",
        ),
        eligible_hours=None
        if table[HOURS[1]].is_null().all()
        else _share(
            table,
            "no_hazard",
            base,
            HOURS[1],
            f"Police unit-hours (recorded call time) of the eligible calls under {policy.label}, at any hour, "
            f"among the unit-hours of {DENOMINATOR}. The range carries the doubt about types, not about missing times.",
        ),
    )


def denominator_calls(calls: pl.LazyFrame) -> pl.LazyFrame:
    """The calls that every share of the cascade is a share of: handled by police, not known to be started by an
    officer or another agency (see DENOMINATOR)."""
    passes = _passes()
    steps = [passes[step, "policy"].fill_null(False) for step in ("handled_by_police", "community_initiated")]
    return with_call_responder(calls).filter(pl.all_horizontal(steps))


def add_reasons(calls: pl.LazyFrame, result: Cascade, policy: Policy) -> pl.LazyFrame:
    """`calls` (or units) with lost_at, reason_not_served and passes_low, passes_policy, passes_high."""
    added = [name for name in ("call_responder", "in_program_hours") if name not in calls.collect_schema()]
    return (
        with_path_keys(calls, policy.hours)
        .join(result.paths.lazy(), on=PATH_KEYS, how="left", nulls_equal=True, maintain_order="left")
        .drop(added)
    )


def _decisions(table: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add decision and final_decision (eligible, conditional, excluded, unclassified), blocked, final_blocked."""
    for prefix in ("", "final_"):
        names = [f"{prefix}{name}" for name in ("category", "hazard", "hazard_kinds")]
        # A call without a final type keeps nulls: nothing is known of it, which is no verdict.
        kinds = table.select(names).drop_nulls().unique().sort(names)
        rules = [policy.rule_for(category).decision for category in kinds[names[0]]]
        verdicts = kinds.with_columns(
            pl.Series(f"{prefix}decision", rules, dtype=pl.String),
            pl.Series(
                f"{prefix}blocked",
                [bool(blocking_hazards(hazard, stated, policy)) for _, hazard, stated in kinds.iter_rows()],
                dtype=pl.Boolean,
            ),
        ).with_columns(
            pl.when(pl.col(names[0]) == "unclassified")
            .then(pl.lit("unclassified"))
            .otherwise(f"{prefix}decision")
            .alias(f"{prefix}decision")
        )
        table = table.join(verdicts, on=names, how="left", nulls_equal=True, maintain_order="left")
    return table


def _passes() -> dict[tuple[str, str], pl.Expr]:
    """For each step and reading, the condition on a call."""
    yes = pl.lit(True)
    police = pl.col("outcome").is_in(["handled", "unknown"]) & pl.col("call_responder").is_in(
        POLICE_RESPONDERS
    )
    community = pl.col("initiated_by").is_in(["officer", "agency"]).not_()
    eligible = pl.col("decision") == "eligible"
    final_agrees = pl.col("final_decision").is_null() | (
        (pl.col("final_decision") == "eligible") & pl.col("final_blocked").not_()
    )
    types = {
        "low": eligible & ~pl.col("needs_review") & final_agrees,
        "policy": eligible,
        "high": pl.col("decision").is_in(["eligible", "conditional", "unclassified"])
        | pl.col("final_decision").is_in(["eligible", "conditional"]).fill_null(False),
    }
    return {
        (step, reading): condition
        for reading in READINGS
        for step, condition in {
            "all_calls": yes,
            "handled_by_police": police,
            "community_initiated": community,
            "eligible_type": types[reading],
            "no_hazard": ~pl.col("blocked"),
            # A call without a known hour may or may not fall in the hours.
            "in_hours": pl.col("in_program_hours").fill_null(reading == "high"),
        }.items()
    }


def _reasons(table: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add lost_at and reason_not_served: the first step of the policy reading that a call does not pass."""
    rules = {
        c: f"{policy.rule_for(c).decision}: {policy.rule_for(c).rationale}"
        for c in set(table["category"].drop_nulls()) - {"unclassified"}
    }
    outcome, responder = pl.col("outcome"), pl.col("call_responder")
    reasons = {
        "handled_by_police": pl.when(outcome == "duplicate").then(pl.lit("closed as a duplicate of another call"))
        .when(outcome.is_in(["not_dispatched", "cancelled"])).then(pl.lit("no unit was sent, or cancelled before"))
        .when(responder == "community").then(pl.lit("answered by a community responder already"))
        .otherwise(pl.lit("answered by fire, medical or other services")),
        "community_initiated": pl.when(pl.col("initiated_by") == "officer").then(pl.lit("started by an officer"))
        .otherwise(pl.lit("started by another agency")),
        "eligible_type": pl.when(pl.col("decision") == "unclassified").then(pl.lit(UNCLASSIFIED_REASON))
        .otherwise(pl.col("category").replace_strict(rules, default="unclassified", return_dtype=pl.String)),
        "no_hazard": pl.lit("danger stated in the call type"),
        "in_hours": pl.when(pl.col("in_program_hours").is_null()).then(pl.lit("hour not known"))
        .otherwise(pl.lit("outside the program's hours")),
    }  # fmt: skip
    lost_at: pl.Expr = pl.lit(None, pl.String)
    reason: pl.Expr = pl.lit(None, pl.String)
    for step in reversed(list(STEPS)[1:]):
        out = ~pl.col(f"{step}:policy")
        lost_at = pl.when(out).then(pl.lit(step)).otherwise(lost_at)
        reason = pl.when(out).then(reasons[step]).otherwise(reason)
    return table.with_columns(lost_at.alias("lost_at"), reason.alias("reason_not_served"))


def _total(name: str, condition: pl.Expr) -> pl.Expr:
    """`name` summed over the paths where `condition` holds; null where the export has no such number at all."""
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).filter(condition).sum())


def _step_table(table: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for number, (step, label) in enumerate(STEPS.items()):
        passed = {r: pl.col(f"{step}:{r}") for r in READINGS}
        rows.append(
            table.select(
                pl.lit(number, pl.Int64).alias("number"),
                pl.lit(step).alias("step"),
                pl.lit(label).alias("label"),
                *(_total("calls", passed[r]).alias(f"calls_{r}") for r in READINGS),
                *(_total(HOURS[1], passed[r]).alias(f"unit_hours_{r}") for r in READINGS),
                _total(HOURS[0], passed["policy"]).alias("unit_hours_policy_low"),
                _total(HOURS[2], passed["policy"]).alias("unit_hours_policy_high"),
            )
        )
    return pl.concat(rows)


def _losses(table: pl.DataFrame) -> pl.DataFrame:
    order = {step: i for i, step in enumerate(STEPS)}
    return (
        table.filter(pl.col("lost_at").is_not_null())
        .group_by(step="lost_at", reason="reason_not_served")
        .agg(pl.col("calls").sum(), _total(HOURS[1], pl.lit(True)).alias("unit_hours"))
        .with_columns(pl.col("step").replace_strict(order, return_dtype=pl.Int64).alias("_order"))
        .sort("_order", "calls", "reason", descending=[False, True, False])
        .drop("_order")
    )


def _sensitivity(table: pl.DataFrame) -> pl.DataFrame:
    """The policy's answer with the two ambiguous categories counted in, and left out."""
    base = table.filter(pl.col("community_initiated:policy"))
    as_written = pl.col("no_hazard:policy")
    ambiguous = pl.col("category").is_in(AMBIGUOUS)
    readings = {
        "as the policy is written": as_written,
        "disturbance and suspicious activity counted in": as_written | (ambiguous & ~pl.col("blocked")),
        "disturbance and suspicious activity left out": as_written & ~ambiguous,
    }
    denominator = base["calls"].sum()
    rows = [
        {"treatment": name, "calls": base.filter(condition)["calls"].sum(), "denominator": denominator}
        for name, condition in readings.items()
    ]
    return pl.DataFrame(
        rows, schema={"treatment": pl.String, "calls": pl.Int64, "denominator": pl.Int64}
    ).with_columns(
        pl.when(pl.col("denominator") > 0).then(pl.col("calls") / pl.col("denominator")).alias("share")
    )


def _share(table: pl.DataFrame, step: str, base: pl.Expr, counted: str, definition: str) -> Share:
    """The share of `base` that passes `step`, in `counted` (calls or a column of hours)."""
    numbers = table.select(
        pl.col(counted).filter(base).sum().alias("denominator"),
        *(pl.col(counted).filter(pl.col(f"{step}:{r}")).sum().alias(r) for r in READINGS),
    ).row(0, named=True)
    return Share(numbers["policy"], numbers["denominator"], numbers["low"], numbers["high"], definition)
