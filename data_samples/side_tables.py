"""The two tables that come beside the dispatch export: the team's own visits and the monthly crime reports.

The visits carry the faults that such lists have: requests noted on a 12-hour clock, incident
numbers left out. The reports have a targeted series with a known effect and an untargeted one without
(a placebo outcome).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from data_samples.city import City, area_noise, citywide, local_time, months_of, wave_of_beat


def visits_table(city: City, visits: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """The team's own list as it would be handed over (local times to the minute), and its built-in faults."""
    program, stream = city.settings["program"], city.random("visits table")
    category = dict(city.call_mix.select("code", "category").iter_rows())
    slipped = np.zeros(visits.height, dtype=np.int64)
    own = (visits["who_sent"] == "self-initiated").to_numpy()
    chosen = stream.choice(np.flatnonzero(~own), size=program["service"]["clock_slips"], replace=False)
    slipped[chosen] = 12 * 3600  # a 12-hour clock: the request seems to come after the visit
    table = visits.with_columns(requested=pl.col("requested") + pl.Series(slipped)).sort("dispatched", "beat")

    def minute(column: str) -> pl.Expr:
        return local_time(column, city).dt.strftime("%Y-%m-%d %H:%M")

    reason = pl.col("code").replace_strict(category).replace_strict(program["visit_reasons"])
    backed = pl.when("back_up").then(pl.lit("Police called")).otherwise(pl.col("outcome"))
    out = table.select(
        visit_id=pl.format("V{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5)),
        incident_number=pl.when("linked").then("incident").fill_null(""),
        beat="beat",
        team="unit",
        who_sent="who_sent",
        requested_at=minute("requested"),
        dispatched_at=minute("dispatched"),
        arrived_at=minute("arrived"),
        departed_at=minute("cleared"),
        reason=reason,
        outcome=backed,
    )
    linked_to_call = visits.filter(pl.col("call").is_not_null())
    return out, {"not_linked": int((~linked_to_call["linked"]).sum()), "request_clock_slips": len(chosen)}


def reports_table(city: City) -> pl.DataFrame:
    """Monthly crime reports per beat: beat, month (YYYY-MM), targeted_reports, untargeted_reports."""
    reports, months = city.settings["program"]["reports"], city.settings["months"]
    stream, starts = city.random("reports"), wave_of_beat(city)
    labels = months_of(city)[:-1]
    treated = np.array(
        [[label >= starts.get(beat, "9999")[:7] for label in labels] for beat in city.beats["code"]]
    )
    level = city.beats["core"].to_numpy() * 0.6 + city.beats["home"].to_numpy() * 0.4
    table: dict[str, Any] = {
        "beat": np.repeat(city.beats["code"].to_numpy(), months),
        "month": labels * len(treated),
    }
    for name in ("targeted", "untargeted"):
        noise = area_noise(city, city.settings["noise"]["reports_sd"], f"{name} reports noise")
        mean = reports[f"{name}_mean"] * (level / level.mean())[:, None] * citywide(city, "reports") * noise
        table[f"{name}_reports"] = stream.poisson(
            mean * np.where(treated, reports[f"{name}_ratio"], 1.0)
        ).ravel()
    return pl.DataFrame(table)
