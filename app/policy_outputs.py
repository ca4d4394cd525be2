"""Writing a comparison of policies: tables in which no small count shows, all files or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from app import wording
from app.outputs import write_csv, write_folder
from call_codes.policy import Policy
from calls.small_counts import mask
from evaluation.before.workbench import Comparison

_FOLLOW = ("unit_hours", "eligible_difference", "unit_hours_difference", "share_points")


def comparison_tables(result: Comparison, smallest_count: int) -> dict[str, pl.DataFrame]:
    """File name → table. In tables by area and category, counts below `smallest_count` are blank and marked."""
    tables = {
        "steps.csv": result.steps,
        "by_area.csv": _masked(result.by_area, smallest_count),
        "by_category.csv": _masked(result.by_category, smallest_count),
        "with_and_without.csv": result.sensitivity,
    }
    if result.by_group is not None:
        tables["by_group.csv"] = result.by_group
    return tables


def write_comparison(tables: Mapping[str, pl.DataFrame], out: Path, *, force: bool = False) -> None:
    """Write the tables into the folder `out`; on any failure `out` stays as it was."""

    def write(folder: Path) -> None:
        for name, table in tables.items():
            write_csv(table, folder / name)

    write_folder(out, list(tables), write, force=force, what="comparison")


def comparison_sentences(result: Comparison, policies: Mapping[str, Policy]) -> list[str]:
    """One sentence per policy, the base first, with its range, its denominator and what makes it differ."""
    sentences = []
    for number, (name, policy) in enumerate(policies.items()):
        mine = result.steps.filter(policy=name, judged_on="initial")
        base = mine.filter(step="community_initiated").row(0, named=True)["calls_policy"]
        last = mine.row(-1, named=True)
        final = result.steps.filter(policy=name, judged_on="final").row(-1, named=True)
        more = last["calls_difference"]
        difference = f" {wording.count(abs(more))} calls {'more' if more >= 0 else 'fewer'} than the first;"
        difference = "" if number == 0 else difference
        sentences.append(
            f"{policy.label}:{difference} {wording.count(last['calls_policy'])} of {wording.count(base)} calls "
            f"({wording.percent(last['share_policy'])}; low {wording.percent(last['share_low'])}, high "
            f"{wording.percent(last['share_high'])}); judged on final types {wording.count(final['calls_policy'])}."
            + ("" if number == 0 else _drivers(result.by_category.filter(policy=name)))
        )
    return sentences


def _drivers(table: pl.DataFrame) -> str:
    """The three categories whose calls differ most from the base's."""
    largest = (
        table.filter(pl.col("eligible_difference").abs() >= 5)
        .sort(pl.col("eligible_difference").abs(), "category", descending=[True, False])
        .head(3)
    )
    if largest.is_empty():
        return ""

    def told(row: dict[str, Any]) -> str:
        return f"{wording.category_label(row['category']).lower()} {row['eligible_difference']:+,}"

    return f" Most: {', '.join(told(row) for row in largest.iter_rows(named=True))}."


def _masked(table: pl.DataFrame, smallest_count: int) -> pl.DataFrame:
    hidden = pl.lit(False)
    for name, values in (
        ("eligible_low", ()),
        ("eligible_high", ()),
        ("eligible", [name for name in _FOLLOW if name in table.columns]),
        ("calls", [name for name in (*_FOLLOW, "eligible") if name in table.columns]),
    ):
        table = mask(table, name, values, smallest_count)
        table = table.rename({"suppressed": f"_{name}"})
        hidden = hidden | pl.col(f"_{name}")
    return table.with_columns(hidden.alias("suppressed")).select(~pl.selectors.starts_with("_"))
