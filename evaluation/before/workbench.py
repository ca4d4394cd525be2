"""The policy workbench: several policies on the same calls, side by side, and what makes them differ.

The first policy is the base. Each other one is told by its own cascade and by its difference from the base: step by
step, by area, by category and, where populations are given, by population group. Every policy is judged on initial
types, as calls are known before anyone is sent, and once more on final types, to show how much hangs on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from call_codes.errors import InputError, UsageError, did_you_mean
from call_codes.policy import Policy
from evaluation.before.cascade import READINGS, Cascade, add_reasons, cascade
from officer_time.cells import HOURS, category_means, time_cells, with_hours
from officer_time.spans import CAP_HOURS

JUDGED_ON = ("initial", "final")
_PASSES = tuple(f"passes_{reading}" for reading in READINGS)


@dataclass(frozen=True)
class Variant:
    """A policy, and the areas in which it would hold (None: everywhere)."""

    policy: Policy
    areas: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Comparison:
    """What the policies make of the same calls. `policy` is the policy's id, the base first, in the order given.

    - steps: policy, judged_on (initial or final types), step, label, calls_low, calls_policy, calls_high, unit_hours,
      calls_difference and unit_hours_difference (policy reading, from the base judged on the same types), share_low,
      share_policy, share_high (of the calls started by the community; null before that step). Last step: in_area.
    - by_area: policy, area, calls (the denominator: started by the community, handled by police), eligible_low,
      eligible, eligible_high, unit_hours, eligible_difference, unit_hours_difference. Initial types, in hours and areas.
    - by_category: policy, category, decision, calls (denominator), eligible_low, eligible, eligible_high, unit_hours,
      share_points (eligible / all calls of the denominator: what the category adds to the share), eligible_difference.
    - by_group: policy, group, population, eligible_per_1000, difference; None without a population table.
    - sensitivity: policy, treatment, calls, denominator, share: with and without disturbance and suspicious activity.
    """

    steps: pl.DataFrame
    by_area: pl.DataFrame
    by_category: pl.DataFrame
    by_group: pl.DataFrame | None
    sensitivity: pl.DataFrame


def compare(
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    variants: Sequence[Variant],
    *,
    populations: pl.DataFrame | None = None,
    cap_hours: float = CAP_HOURS,
) -> Comparison:
    """The policies of `variants` on classified calls and units (classifier.assign), the first as the base.

    populations: area, group, population (people of a group who live in the area). Raises UsageError for no policy, two
    of one id, or an area not in the data; InputError for populations that cannot be.
    """
    _check(calls, variants)
    steps, cells, sensitivity = [], [], []
    for judged_on in JUDGED_ON:
        rows = (calls, units) if judged_on == "initial" else (on_final_types(calls), on_final_types(units))
        means = category_means(time_cells(*rows, ("category",), cap_hours))
        for variant in variants:
            found = cascade(*rows, means, variant.policy, cap_hours)
            table = _cells(*rows, found, variant, means, cap_hours)
            steps.append(_steps(found, table, variant, judged_on))
            if judged_on == "initial":
                cells.append(table.with_columns(pl.lit(variant.policy.id).alias("policy")))
                sensitivity.append(
                    found.sensitivity.select(pl.lit(variant.policy.id).alias("policy"), pl.all())
                )
    both = pl.concat(cells)
    order = {variant.policy.id: number for number, variant in enumerate(variants)}
    by_area = _summed(both, "area", order)
    by_category = _summed(both, "category", order)
    decided = pl.concat(
        variant.policy.decisions().select(pl.lit(variant.policy.id).alias("policy"), "category", "decision")
        for variant in variants
    )
    by_category = by_category.join(
        decided, on=["policy", "category"], how="left", maintain_order="left"
    ).select(
        "policy",
        "category",
        "decision",
        "calls",
        *(f"eligible{end}" for end in ("_low", "", "_high")),
        "unit_hours",
        (pl.col("eligible") / pl.col("calls").sum().over("policy")).alias("share_points"),
        "eligible_difference",
        "unit_hours_difference",
    )
    return Comparison(
        steps=_with_differences(pl.concat(steps), order),
        by_area=by_area,
        by_category=by_category,
        by_group=None if populations is None else by_population_group(by_area, populations),
        sensitivity=pl.concat(sensitivity),
    )


def on_final_types(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` judged on the final type where one is recorded, on the initial one elsewhere; final_… becomes null."""
    names = ("category", "hazard", "hazard_kinds")
    known = pl.col("final_category").is_not_null()
    return rows.with_columns(
        pl.when(known).then(f"final_{name}").otherwise(name).alias(name) for name in names
    ).with_columns(
        # Whoever closed the call knew the type; a doubt about the first wording does not carry over.
        pl.when(known).then(False).otherwise("needs_review").alias("needs_review"),
        *(pl.lit(None).cast(kind).alias(f"final_{name}") for name, kind in zip(
            names, (pl.String, pl.Boolean, pl.String), strict=True)),
    )  # fmt: skip


def by_population_group(by_area: pl.DataFrame, populations: pl.DataFrame) -> pl.DataFrame:
    """Eligible calls per 1,000 people of each group, if all who live in an area share its rate.

    Columns in: Comparison.by_area; area, group, population. The rate of a group is the mean of the areas' rates,
    weighted by where the group's people live: Σ pop(g, a) · eligible(a) / pop(a) / Σ pop(g, a). It tells of places,
    not of who calls. Columns out: policy, group, population, eligible_per_1000, difference (from the first policy).
    Raises InputError for a missing column, a number below 0, a pair that stands twice, or no area in common.
    """
    missing = [name for name in ("area", "group", "population") if name not in populations.columns]
    if missing:
        raise InputError(
            found=f"no {', '.join(missing)} in the table of populations.",
            expected="the columns area, group and population.",
            action="Rename the columns.",
        )
    table = populations.select(
        pl.col("area").cast(pl.String),
        pl.col("group").cast(pl.String),
        pl.col("population").cast(pl.Float64, strict=False),
    ).drop_nulls()
    if (table["population"] < 0).any() or table.select("area", "group").is_duplicated().any():
        raise InputError(
            found="a population below 0, or an area and group that stand twice.",
            expected="one row for each area and group, with a number of people.",
            action="Correct the table.",
        )
    people = table.group_by("area").agg(pl.col("population").sum().alias("_all"))
    rates = by_area.join(
        people.filter(pl.col("_all") > 0), on="area", how="inner", maintain_order="left"
    ).with_columns((1000 * pl.col("eligible") / pl.col("_all")).alias("_rate"))
    if rates.is_empty():
        raise InputError(
            found="no area of the populations that any call has.",
            expected=f"areas such as {', '.join(by_area['area'].drop_nulls().unique().sort().head(6))}.",
            action="Use the names of the areas as the export writes them.",
        )
    order = {name: number for number, name in enumerate(by_area["policy"].unique(maintain_order=True))}
    return (
        rates.join(table, on="area", how="inner")
        .group_by("policy", "group")
        .agg(
            pl.col("population").sum(),
            ((pl.col("population") * pl.col("_rate")).sum() / pl.col("population").sum()).alias(
                "eligible_per_1000"
            ),
        )
        .with_columns(pl.col("policy").replace_strict(order, return_dtype=pl.Int64).alias("_order"))
        .sort("_order", "group")
        .with_columns(
            (pl.col("eligible_per_1000") - pl.col("eligible_per_1000").first().over("group")).alias(
                "difference"
            )
        )
        .drop("_order")
    )


def _check(calls: pl.LazyFrame, variants: Sequence[Variant]) -> None:
    names = [variant.policy.id for variant in variants]
    if not names or len(set(names)) < len(names):
        raise UsageError(
            found="no policy." if not names else f"two policies of one id: {', '.join(names)}.",
            expected="one policy or more, each with an id of its own.",
            action="Name the policies to compare.",
        )
    known = calls.select(pl.col("area").drop_nulls().unique()).collect()["area"].sort().to_list()
    for area in [area for variant in variants for area in variant.areas or ()]:
        if area not in known:
            raise UsageError(
                found=f'the area "{area}", which no call in the data has.{did_you_mean(area, known)}',
                expected=f"areas of the data: {', '.join(known[:12]) or 'there are none in this export'}.",
                action="Correct the area's name.",
            )


def _cells(
    calls: pl.LazyFrame,
    units: pl.LazyFrame,
    found: Cascade,
    variant: Variant,
    means: pl.DataFrame,
    cap_hours: float,
) -> pl.DataFrame:
    """Calls and unit-hours by category, area, whether they are in the denominator and the areas, and what they pass."""
    inside = (
        pl.lit(True) if variant.areas is None else pl.col("area").is_in(list(variant.areas)).fill_null(False)
    )

    def marked(rows: pl.LazyFrame) -> pl.LazyFrame:
        lost_before = pl.col("lost_at").is_in(["handled_by_police", "community_initiated"]).fill_null(False)
        return add_reasons(rows, found, variant.policy).with_columns(
            (~lost_before).alias("counted"), *((pl.col(name) & inside).alias(name) for name in _PASSES)
        )

    keys = ("category", "area", "counted", *_PASSES)
    return with_hours(time_cells(marked(calls), marked(units), keys, cap_hours), means, cap_hours).select(
        *keys, "calls", pl.col(HOURS[1]).alias("unit_hours")
    )


def _steps(found: Cascade, cells: pl.DataFrame, variant: Variant, judged_on: str) -> pl.DataFrame:
    """The cascade's steps and in_area after them."""
    columns = [f"calls_{reading}" for reading in READINGS]
    last = cells.select(
        pl.lit("in_area").alias("step"),
        pl.lit("In the policy's areas").alias("label"),
        *(
            pl.col("calls").filter(name).sum().alias(column)
            for name, column in zip(_PASSES, columns, strict=True)
        ),
        pl.col("unit_hours").filter("passes_policy").sum(),
    )
    before = found.steps.select("step", "label", *columns, pl.col("unit_hours_policy").alias("unit_hours"))
    if before["unit_hours"].null_count():
        last = last.with_columns(pl.lit(None, pl.Float64).alias("unit_hours"))
    table = pl.concat([before, last], how="vertical_relaxed")
    base = table.filter(step="community_initiated")["calls_policy"].item()
    reached = pl.int_range(pl.len()) >= table["step"].to_list().index("community_initiated")
    return table.select(
        pl.lit(variant.policy.id).alias("policy"),
        pl.lit(judged_on).alias("judged_on"),
        pl.all(),
        *(
            pl.when(reached & (base > 0)).then(pl.col(f"calls_{reading}") / base).alias(f"share_{reading}")
            for reading in READINGS
        ),
    )


def _with_differences(steps: pl.DataFrame, order: dict[str, int]) -> pl.DataFrame:
    return steps.with_columns(
        (pl.col(name) - pl.col(name).first().over("judged_on", "step")).alias(f"{new}_difference")
        for name, new in (("calls_policy", "calls"), ("unit_hours", "unit_hours"))
    ).sort(
        pl.col("policy").replace_strict(order, return_dtype=pl.Int64),
        pl.col("judged_on") == "final",
        maintain_order=True,
    )


def _summed(cells: pl.DataFrame, key: str, order: dict[str, int]) -> pl.DataFrame:
    """Denominator and eligible calls by `key` for every policy, with the difference from the first policy."""
    table = (
        cells.filter("counted")
        .group_by("policy", key)
        .agg(
            pl.col("calls").sum(),
            *(
                pl.col("calls").filter(name).sum().alias(f"eligible{end}")
                for name, end in zip(_PASSES, ("_low", "", "_high"), strict=True)
            ),
            pl.when(pl.col("unit_hours").is_not_null().any())
            .then(pl.col("unit_hours").filter("passes_policy").sum())
            .alias("unit_hours"),
        )
    )
    base = next(iter(order))
    first = table.filter(policy=base).select(
        key, pl.col("eligible").alias("_eligible"), pl.col("unit_hours").alias("_hours")
    )
    return (
        table.join(first, on=key, how="left", nulls_equal=True)
        .with_columns(
            (pl.col("eligible") - pl.col("_eligible")).alias("eligible_difference"),
            (pl.col("unit_hours") - pl.col("_hours")).alias("unit_hours_difference"),
            pl.col("policy").replace_strict(order, return_dtype=pl.Int64).alias("_order"),
        )
        .sort("_order", pl.col(key).is_null(), key)
        .drop("_eligible", "_hours", "_order")
    )
