"""A roll-out order that makes the later evaluation strong: areas drawn by lot within groups of like volume.

A program can rarely start everywhere at once. If chance decides who starts when, the areas that wait are a fair
comparison; drawing within groups of like volume keeps chance from giving all busy areas to one wave.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from call_codes.errors import UsageError


def drawn_rollout(
    volumes: pl.DataFrame, waves: int, *, treated: int | None = None, never: bool = True, seed: int = 0
) -> pl.DataFrame:
    """Deal areas to waves by lot.

    Columns in: area, calls (their eligible calls; nulls are left out). waves: groups that start one after the other;
    never: one more group does not start during the study. treated: how many areas start at all; without it every
    group is as large as the others. Areas are sorted by volume and each run of like ones is
    dealt at random, one to each group; where `treated` is given, it is cut into so many runs of which one area each
    starts, and these are dealt to the waves likewise. Columns out: area, calls, stratum (1 = busiest run), wave (1 first; null =
    does not start). Sorted by area. The same seed gives the same lot: publish it before drawing. Raises UsageError
    where there are fewer areas than groups.
    """
    table = volumes.filter(pl.col("area").is_not_null()).sort("calls", "area", descending=[True, False])
    groups = waves + never
    if waves < 1 or table.height < groups or groups < 2:
        raise UsageError(
            found=f"{table.height} areas for {waves} waves{' and a group that waits' if never else ''}.",
            expected="at least one area for each group, and two groups or more.",
            action="Use fewer waves or smaller areas.",
        )
    if treated is not None and not waves <= treated < table.height:
        raise UsageError(
            found=f"{treated} of {table.height} areas that start, in {waves} waves.",
            expected="at least one for each wave, and one area or more that waits.",
            action="Correct treated_areas or waves.",
        )
    rng = np.random.default_rng(seed)
    if treated is not None:
        return _dealt_to(table, treated, waves, rng)
    # A last run that is not full gets its groups by lot too.
    dealt = [
        rng.permutation(groups)[: min(groups, table.height - start)]
        for start in range(0, table.height, groups)
    ]
    wave = np.concatenate(dealt) + 1
    return (
        table.with_columns(
            (pl.int_range(pl.len()) // groups + 1).alias("stratum"),
            pl.Series("wave", wave, dtype=pl.Int64),
        )
        .with_columns(pl.when(pl.col("wave") <= waves).then("wave"))
        .select("area", "calls", "stratum", "wave")
        .sort("area")
    )


def _dealt_to(table: pl.DataFrame, treated: int, waves: int, rng: np.random.Generator) -> pl.DataFrame:
    """`treated` areas of `table` (sorted by volume), one of each run of like volume, dealt to the waves."""
    runs = np.array_split(np.arange(table.height), treated)
    starting = np.array([rng.choice(run) for run in runs])
    wave: list[int | None] = [None] * table.height
    for first in range(0, treated, waves):
        group = starting[first : first + waves]
        for row, number in zip(group, rng.permutation(waves)[: len(group)] + 1, strict=True):
            wave[row] = int(number)
    stratum = np.repeat(np.arange(1, treated + 1), [len(run) for run in runs])
    return (
        table.with_columns(pl.Series("stratum", stratum), pl.Series("wave", wave, dtype=pl.Int64))
        .select("area", "calls", "stratum", "wave")
        .sort("area")
    )
