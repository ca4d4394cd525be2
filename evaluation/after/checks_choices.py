"""Would another choice have changed the answer: other windows, other rules of eligibility, other designs."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from evaluation.after.panel import Panel
from evaluation.after.results import Check, Effect
from evaluation.after.versions import (
    Estimate,
    Version,
    agreement,
    detected,
    in_words,
    same_direction,
    version_table,
    without_periods,
)


def windows_check(
    panel: Panel, outcome: str, estimate: Estimate, main: Effect
) -> tuple[Check, tuple[Version, ...]]:
    """The effect without the times of shocks.toml, and without the first periods after the start.

    passed as in `agreement`. A shock that lies outside the study is not tried. Second: the versions.
    """
    name, label = "windows", "Without unusual times (COVID-19, summer of 2020, first period after the start)"
    versions = []
    ends = pl.col("period_start").dt.offset_by(panel.every) - timedelta(days=1)
    for shock in _shocks():
        inside = (pl.col("period_start") <= shock["last"]) & (ends >= shock["first"])
        if panel.used.filter(inside).height:
            versions.append(
                Version(
                    "window", f"without {shock['name']}", estimate(without_periods(panel, inside), outcome)
                )
            )
    settling = pl.col("period").is_in(panel.table["start"].drop_nulls().unique().to_list())
    versions.append(
        Version(
            "window",
            "without the periods in which the program starts",
            estimate(without_periods(panel, settling), outcome),
        )
    )
    passed, sentence = agreement(main, versions)
    return Check(name, label, passed, sentence, version_table(versions)), tuple(versions)


def _shocks() -> list[dict[str, Any]]:
    path = Path(__file__).with_name("shocks.toml")
    shocks: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["shock"]
    return shocks


def eligibility_check(versions: Collection[Version], main: Effect) -> Check:
    """The effect under narrower and wider readings of the policy. passed as in `agreement`."""
    name, label = "eligibility", "Other readings of who is eligible"
    if not versions:
        return Check(
            name,
            label,
            None,
            "The outcome is not counted in eligible calls, so there is no other reading to try.",
        )
    passed, sentence = agreement(main, versions)
    return Check(name, label, passed, sentence, version_table(versions))


def specification_curve(versions: Collection[Version], main: Effect) -> Check:
    """Everything that was tried for the outcome, side by side, sorted by size.

    passed: True where all point the same way, False where a detected effect points the other way, None else.
    """
    name, label = "specification_curve", "Every version side by side (specification curve)"
    done = [one for one in versions if isinstance(one.effect, Effect)]
    effects = [one.effect for one in done if isinstance(one.effect, Effect)]
    if len(effects) < 2:
        return Check(name, label, None, "Only one version could be estimated.")
    same = [effect for effect in effects if same_direction(effect, main)]
    against = [effect for effect in effects if not same_direction(effect, main) and detected(effect)]
    found = sum(detected(effect) is True for effect in effects)
    known = [effect for effect in effects if effect.relative is not None]
    sentence = (
        f"{len(effects)} versions: {len(same)} point the same way as the main one; {found} detect an effect."
    )
    if known:
        low, high = min(known, key=_relative), max(known, key=_relative)
        sentence += f" They run from {in_words(low)} to {in_words(high)}."
    passed = True if len(same) == len(effects) else (False if against else None)
    table = version_table(done).sort("relative", "estimate", nulls_last=True)
    return Check(name, label, passed, sentence, table)


def _relative(effect: Effect) -> float:
    return effect.relative if effect.relative is not None else 0.0
