"""The same study on changed data: what checks estimate again, and how they compare it with the main effect.

A check leaves an area out, moves the start or skips a window; the design stays the one of the main effect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from math import log

import polars as pl

from evaluation.after.panel import Panel
from evaluation.after.results import Effect, Refusal

ALPHA = 0.05
Estimate = Callable[[Panel, str], Effect | Refusal]


@dataclass(frozen=True)
class Version:
    """One way to do the analysis: label in words, the effect, or the refusal where it cannot be done that way."""

    kind: str
    label: str
    effect: Effect | Refusal


def detected(effect: Effect) -> bool | None:
    """Whether the chosen test rejects no effect at 5 %; None where no test is valid."""
    if effect.p_value is None or effect.p_value.value is None:
        return None
    return effect.p_value.value <= ALPHA


def size(effect: Effect) -> float:
    """The effect on a scale on which 0 means none: the estimate, or the logarithm of a rate ratio."""
    if effect.scale == "rate_ratio":
        return log(effect.estimate) if effect.estimate > 0 else float("-inf")
    return effect.estimate


def same_direction(one: Effect, other: Effect) -> bool:
    """Whether both point the same way."""
    return size(one) * size(other) > 0


def without_areas(panel: Panel, areas: Collection[str]) -> Panel:
    """The panel without these areas."""
    return replace(panel, table=panel.table.filter(~pl.col("area").is_in(list(areas))))


def without_periods(panel: Panel, skipped: pl.Expr) -> Panel:
    """The panel with further periods excluded; skipped: a Boolean expression over its columns."""
    return replace(panel, table=panel.table.with_columns((pl.col("excluded") | skipped).alias("excluded")))


def with_starts(panel: Panel, starts: dict[str, int]) -> Panel:
    """The panel as if the program started in these areas in these periods, and nowhere else."""
    start = pl.col("area").replace_strict(starts, default=None, return_dtype=pl.Int64)
    table = panel.table.with_columns(start.alias("start"))
    treated = (pl.col("period") >= pl.col("start")).fill_null(False).cast(pl.Int8)
    return replace(panel, table=table.with_columns(treated.alias("treated")))


def version_table(versions: Collection[Version]) -> pl.DataFrame:
    """kind, version, estimate, low, high, relative, p_value, why_not; one row per version, in their order."""
    rows: list[tuple[str | float | None, ...]] = []
    for version in versions:
        effect = version.effect
        if isinstance(effect, Refusal):
            rows.append((version.kind, version.label, None, None, None, None, None, effect.found))
        else:
            p_value = effect.p_value.value if effect.p_value else None
            numbers = (effect.estimate, effect.low, effect.high, effect.relative, p_value)
            rows.append((version.kind, version.label, *numbers, None))
    number = dict.fromkeys(("estimate", "low", "high", "relative", "p_value"), pl.Float64)
    schema = {"kind": pl.String, "version": pl.String, **number, "why_not": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def agreement(main: Effect, versions: Collection[Version]) -> tuple[bool | None, str]:
    """Whether the other versions tell the same story, and the sentence that says so.

    True: all point the same way, and where the main effect was detected it still is. False: one points the other
    way or is no longer detected. None: none could be estimated, or there was no detected effect to lose.
    """
    done = [one for one in versions if isinstance(one.effect, Effect)]
    if not done:
        return None, "None of these versions could be estimated."
    effects = [one.effect for one in done if isinstance(one.effect, Effect)]
    low, high = min(effects, key=size), max(effects, key=size)
    span = f"{len(done)} version(s): from {in_words(low)} to {in_words(high)}; the main estimate is {in_words(main)}."
    turned = [
        one.label for one, effect in zip(done, effects, strict=True) if not same_direction(effect, main)
    ]
    lost = [one.label for one, effect in zip(done, effects, strict=True) if detected(effect) is False]
    if not detected(main):
        return None, f"{span} The main analysis detects no effect, so no version can take one away."
    if turned:
        return False, f"{span} The direction turns with: {_some(turned)}."
    if lost:
        return False, f"{span} No effect is detected any more with: {_some(lost)}."
    return True, f"{span} The direction and the verdict stay."


def in_words(effect: Effect) -> str:
    """The effect as a person says it: in percent where the baseline allows, else in its own unit."""
    if effect.relative is not None:
        return f"{effect.relative:+.1%}"
    return f"{effect.estimate:+.3g}" if effect.scale == "difference" else f"× {effect.estimate:.3g}"


def _some(labels: list[str], most: int = 4) -> str:
    return ", ".join(labels[:most]) + (f" and {len(labels) - most} more" if len(labels) > most else "")
