"""Could we ever tell? The plan's part of it: the lot for its roll-out, and the power of the very roll-out drawn.

Power is measured on the eligible calls by area and month, since each call that a team takes is one that police do not
answer. What the data do not allow is left out with its reason.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from call_codes.errors import InputError, RightcallError
from evaluation.before.demand import EVERYWHERE, Demand
from evaluation.before.plan_settings import PlanSettings
from evaluation.before.power import Power, power_on_history
from evaluation.before.rollout import drawn_rollout


def power_and_lot(
    demand: Demand, settings: PlanSettings, left_out: dict[str, str]
) -> tuple[Power | None, pl.DataFrame | None]:
    """Power on monthly eligible calls by area, and the lot for the roll-out."""
    monthly = area_months(demand)
    wanted = settings.rollout
    volumes = demand.calls.filter(pl.col("area") != EVERYWHERE).group_by("area").agg(pl.len().alias("calls"))
    rollout = or_reason(
        left_out,
        "roll-out by lot",
        lambda: drawn_rollout(volumes, wanted.waves, treated=wanted.treated_areas, seed=settings.seed),
    )
    # The power of the very roll-out that is proposed: as many areas as the lot lets start.
    treated = max(1, len(monthly) // 2) if rollout is None else rollout["wave"].count()

    def measured() -> Power:
        if len(monthly) < 2 or monthly.shape[1] < 6:
            raise InputError(
                found=f"{len(monthly)} areas and {monthly.shape[1] if monthly.ndim > 1 else 0} whole months of eligible calls.",
                expected="2 areas or more and 6 months or more.",
                action="Use an export with areas and a longer period.",
            )
        return power_on_history(
            monthly,
            treated,
            wanted.months_before,
            wanted.months_after,
            waves=wanted.waves,
            seed=settings.seed,
            outcome="the eligible calls that police answer in a month",
            period="month",
        )

    return or_reason(left_out, "power", measured), rollout


def area_months(demand: Demand) -> np.ndarray:
    """Eligible calls per area and whole calendar month: areas × months, areas sorted, unknown areas left out.

    A month that lacks some days of the export is told as if all its days were like those it has; one that has less
    than half of them is left out.
    """
    local = pl.from_epoch("arrival_local", "s").dt
    table = demand.calls.filter(pl.col("area") != EVERYWHERE).with_columns(
        local.truncate("1mo").alias("month"), local.day().alias("day")
    )
    if table.is_empty():
        return np.empty((0, 0))
    months = table["month"].unique().sort()
    # A first month that starts late and a last one that ends early are no whole months.
    first_day = table.filter(pl.col("month") == months[0])["day"].min()
    last = table.filter(pl.col("month") == months[-1])["arrival_local"].max()
    next_day_month = pl.Series([last]).cast(pl.Int64) + 86_400
    ends_early = pl.from_epoch(next_day_month, "s").dt.truncate("1mo")[0] == months[-1]
    whole = months[(1 if first_day != 1 else 0) : (len(months) - 1 if ends_early else len(months))]
    grid = pl.DataFrame({"area": table["area"].unique().sort()}).join(
        pl.DataFrame({"month": whole}), how="cross"
    )
    counts = table.group_by("area", "month").agg(pl.len().alias("calls"))
    found = (
        grid.join(counts, on=["area", "month"], how="left", maintain_order="left")["calls"]
        .fill_null(0)
        .to_numpy()
        .reshape(table["area"].n_unique(), len(whole))
    )
    if not demand.days.gaps:
        return found
    gaps = pl.from_epoch(pl.Series(demand.days.gaps), "d").cast(pl.Datetime("us")).dt.truncate("1mo")
    lacking = np.array([(gaps == month).sum() for month in whole])
    length = whole.dt.month_end().dt.day().to_numpy()
    kept = lacking <= length / 2
    return found[:, kept] * (length / np.maximum(length - lacking, 1))[kept]


def or_reason(left_out: dict[str, str], name: str, make: Any) -> Any:
    """What `make` returns; where the data do not allow it, None and the reason."""
    try:
        return make()
    except RightcallError as error:
        left_out[name] = str(error)
        return None
