"""A roll-out order that makes the later evaluation strong: areas drawn by lot within groups of like volume.

A program can rarely start everywhere at once. If chance decides who starts when, the areas that wait are a fair
comparison; drawing within groups of like volume keeps chance from giving all busy areas to one wave.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from call_codes.errors import UsageError


def drawn_rollout(volumes: pl.DataFrame, waves: int, *, never: bool = True, seed: int = 0) -> pl.DataFrame:
    """Deal areas to waves by lot.

    Columns in: area, calls (their eligible calls; nulls are left out). waves: groups that start one after the other;
    never: one more group does not start during the study. Areas are sorted by volume and each run of like ones is
    dealt at random, one to each group. Columns out: area, calls, stratum (1 = busiest run), wave (1 first; null =
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
    rng = np.random.default_rng(seed)
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
