"""The policy workbench: several policies on the same calls, side by side, and what makes them differ.

The first policy is the base. Each other one is told by its own cascade and by its difference from the base: step by
step, by area, by category and, where populations are given, by population group. Every policy is judged on initial
types, as calls are known before anyone is sent, and once more on final types, to show how much hangs on that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from call_codes.errors import UsageError, did_you_mean
from call_codes.hours import Hours
from call_codes.policy import Policy
from evaluation.before.call_kinds import CallKinds, on_final_types
from evaluation.before.call_paths import PATH_KEYS, path_cells
from evaluation.before.cascade import READINGS, Cascade, cascade_of_cells
from evaluation.before.population_groups import by_population_group
from officer_time.cells import HOURS, category_means, roll_up, time_cells, with_hours
from officer_time.spans import CAP_HOURS

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
    - cascades: the policy's id → its cascade on initial types, in the whole city.
    """

    steps: pl.DataFrame
    by_area: pl.DataFrame
    by_category: pl.DataFrame
    by_group: pl.DataFrame | None
    sensitivity: pl.DataFrame
    cascades: dict[str, Cascade]


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
    _check(variants, calls.select(pl.col("area").drop_nulls().unique()).collect()["area"].sort().to_list())

    def judged(calls: pl.LazyFrame, units: pl.LazyFrame) -> _Judged:
        means = category_means(time_cells(calls, units, ("category",), cap_hours))
        return _Judged(means, lambda hours: path_cells(calls, units, hours, cap_hours, "area"))

    final = judged(on_final_types(calls), on_final_types(units))
    return _compared({"initial": judged(calls, units), "final": final}, variants, populations, cap_hours)


def compare_kinds(
    kinds: CallKinds, variants: Sequence[Variant], *, populations: pl.DataFrame | None = None
) -> Comparison:
    """The same numbers from calls that were counted before (evaluation.before.call_kinds.call_kinds)."""
    _check(variants, kinds.areas)
    final = kinds.on_final_types()
    judged = {name: _Judged(k.means(), k.cells) for name, k in (("initial", kinds), ("final", final))}
    return _compared(judged, variants, populations, kinds.cap_hours)


@dataclass(frozen=True)
class _Judged:
    """Calls judged on one kind of type: mean minutes per category, and the cells for a program's hours."""

    means: pl.DataFrame
    cells: Callable[[Hours], pl.DataFrame]


def _compared(
    judged: Mapping[str, _Judged],
    variants: Sequence[Variant],
    populations: pl.DataFrame | None,
    cap_hours: float,
) -> Comparison:
    steps, tables, cascades = [], [], {}
    for judged_on, rows in judged.items():
        # Most variants keep the base's hours.
        by_hours = {hours: rows.cells(hours) for hours in dict.fromkeys(v.policy.hours for v in variants)}
        for variant in variants:
            cells = by_hours[variant.policy.hours]
            found = cascade_of_cells(roll_up(cells, PATH_KEYS), rows.means, variant.policy, cap_hours)
            table = _summed_paths(cells, found, variant, rows.means, cap_hours)
            steps.append(_steps(found, table, variant, judged_on))
            if judged_on == "initial":
                cascades[variant.policy.id] = found
                tables.append(table.with_columns(pl.lit(variant.policy.id).alias("policy")))
    both = pl.concat(tables)
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
        sensitivity=pl.concat(
            found.sensitivity.select(pl.lit(policy).alias("policy"), pl.all())
            for policy, found in cascades.items()
        ),
        cascades=cascades,
    )


def _check(variants: Sequence[Variant], known: Sequence[str]) -> None:
    names = [variant.policy.id for variant in variants]
    if not names or len(set(names)) < len(names):
        raise UsageError(
            found="no policy." if not names else f"two policies of one id: {', '.join(names)}.",
            expected="one policy or more, each with an id of its own.",
            action="Name the policies to compare.",
        )
    for area in [area for variant in variants for area in variant.areas or ()]:
        if area not in known:
            raise UsageError(
                found=f'the area "{area}", which no call in the data has.{did_you_mean(area, known)}',
                expected=f"areas of the data: {', '.join(known[:12]) or 'there are none in this export'}.",
                action="Correct the area's name.",
            )


def _summed_paths(
    cells: pl.DataFrame, found: Cascade, variant: Variant, means: pl.DataFrame, cap_hours: float
) -> pl.DataFrame:
    """Calls and unit-hours by category, area, whether they are in the denominator and the areas, and what they pass."""
    inside = (
        pl.lit(True) if variant.areas is None else pl.col("area").is_in(list(variant.areas)).fill_null(False)
    )
    lost_before = pl.col("lost_at").is_in(["handled_by_police", "community_initiated"]).fill_null(False)
    marked = cells.join(found.paths, on=PATH_KEYS, how="left", nulls_equal=True).with_columns(
        (~lost_before).alias("counted"), *((pl.col(name) & inside).alias(name) for name in _PASSES)
    )
    keys = ("category", "area", "counted", *_PASSES)
    return with_hours(roll_up(marked, keys), means, cap_hours).select(
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
