"""Police unit-hours that the team's visits saved, net of joint responses: expected without the program, minus spent.

What a call would have taken is the mean of its category among eligible calls in hours where and while there was no
program. That is an accounting of the served calls; the causal estimate comes from the designs, and the two should
agree. The interval resamples whole area-months, because calls of one place and time resemble each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from call_codes.errors import InputError

_DRAWS = 1000


@dataclass(frozen=True)
class HoursSaved:
    """table: one row per who_sent and for "all": who_sent, calls, expected_hours, spent_hours, saved_hours,
    saved_low, saved_high (95 %). draws: the resampled total, for costs. upper_total: the total if police would have
    gone to every one of these calls. offered_calls: eligible calls that the program was open for.
    """

    table: pl.DataFrame
    draws: np.ndarray
    upper_total: float
    offered_calls: int
    definition: str

    @property
    def total(self) -> float:
        """Unit-hours saved over all served calls."""
        return float(self.table.filter(pl.col("who_sent") == "all")["saved_hours"][0])


def hours_saved(calls: pl.DataFrame, visits: pl.DataFrame, *, seed: int) -> HoursSaved:
    """Saved unit-hours by who sent the team.

    calls: the cohort's table with `offered`; columns call_id, area, day, category, eligible, in_hours, offered,
    police_sent, team_sent, police_hours. visits: `Visits.table`, for who sent the team; a served call that no visit
    names is "unknown". Raises InputError where there is nothing to compare with.
    """
    who = (
        visits.filter(pl.col("call_id").is_not_null())
        .select("call_id", "who_sent")
        .unique("call_id", keep="first")
    )
    base = (
        calls.filter(
            pl.col("eligible"), pl.col("in_hours").fill_null(False), pl.col("police_hours").is_not_null()
        )
        .join(who, on="call_id", how="left", maintain_order="left")
        .with_columns(
            pl.concat_str("area", pl.col("day").dt.strftime("%Y-%m"), separator=" ").alias("_block"),
            pl.when("team_sent").then(pl.col("who_sent").fill_null("unknown")).alias("who_sent"),
        )
    )
    served, without = (
        base.filter("team_sent"),
        base.filter(~pl.col("offered").fill_null(False), ~pl.col("team_sent")),
    )
    if served.is_empty() or without.is_empty():
        raise InputError(
            found=f"{served.height} served calls and {without.height} eligible calls without the program",
            expected="both, in one export: units of the team, and the same kind of calls before or elsewhere",
            action="check that the export holds the team's units (responder community)",
        )
    kinds = sorted(set(base["category"]))
    senders = [*sorted(set(served["who_sent"])), "all"]
    blocks = sorted(set(base["_block"]))
    counts, hours, went = _sums(without, "category", kinds, blocks)
    served_counts, spent = _served_sums(served, senders[:-1], kinds, blocks)
    weights = np.ones((1, len(blocks)))
    point = _saved(weights, counts, hours, served_counts, spent)[0]
    random = np.random.default_rng(seed)
    resampled = random.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=_DRAWS).astype(
        float
    )
    draws = _saved(resampled, counts, hours, served_counts, spent)
    expected_upper = _saved(weights, went, hours, served_counts, spent)[0].sum()
    rows = []
    for number, sender in enumerate(senders):
        is_all = sender == "all"
        of = served if is_all else served.filter(pl.col("who_sent") == sender)
        saved = point.sum() if is_all else point[number]
        drawn = draws.sum(axis=1) if is_all else draws[:, number]
        low, high = np.quantile(drawn, [0.025, 0.975])
        used = float(of["police_hours"].sum())
        rows.append((sender, of.height, saved + used, used, float(saved), float(low), float(high)))
    names = ("who_sent", "calls", "expected_hours", "spent_hours", "saved_hours", "saved_low", "saved_high")
    return HoursSaved(
        pl.DataFrame(rows, schema=list(names), orient="row"),
        draws.sum(axis=1),
        float(expected_upper),
        base.filter(pl.col("offered").fill_null(False)).height,
        "police unit-hours that calls of the same category take where and while there is no program (0 where police do "
        "not go) minus those spent on the calls that the team served; joint responses count with what police spent",
    )


def _sums(
    rows: pl.DataFrame, by: str, kinds: list[str], blocks: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Calls, police hours and calls with police: arrays of blocks × kinds."""
    table = rows.group_by("_block", by).agg(
        pl.len().alias("n"),
        # Rounded, because a sum of fractions depends on the order of rows in its last digits.
        pl.col("police_hours").sum().round(9).alias("h"),
        pl.col("police_sent").sum().alias("w"),
    )
    place = {block: i for i, block in enumerate(blocks)}
    column = {kind: i for i, kind in enumerate(kinds)}
    arrays = [np.zeros((len(blocks), len(kinds))) for _ in range(3)]
    for block, kind, *values in table.iter_rows():
        for array, value in zip(arrays, values, strict=True):
            array[place[block], column[kind]] = value
    return arrays[0], arrays[1], arrays[2]


def _served_sums(
    served: pl.DataFrame, senders: list[str], kinds: list[str], blocks: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Served calls (senders × blocks × kinds) and the hours that police spent on them (senders × blocks)."""
    parts = [_sums(served.filter(pl.col("who_sent") == s), "category", kinds, blocks) for s in senders]
    return np.stack([n for n, _, _ in parts]), np.stack([h.sum(axis=1) for _, h, _ in parts])


def _saved(
    weights: np.ndarray, counts: np.ndarray, hours: np.ndarray, served: np.ndarray, spent: np.ndarray
) -> np.ndarray:
    """Saved hours, draws × senders: Σ served × mean hours of the category − spent, under block weights."""
    n, h = weights @ counts, weights @ hours
    overall = h.sum(axis=1, keepdims=True) / np.maximum(n.sum(axis=1, keepdims=True), 1)
    # A category that no call without the program has takes the mean over all categories.
    mean = np.where(n > 0, h / np.maximum(n, 1), overall)
    expected = np.einsum("db,sbk,dk->ds", weights, served, mean)
    return expected - weights @ spent.T
