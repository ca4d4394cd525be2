"""Clean once, ask often: the clean tables as narrow Parquet, from which every later question starts.

Text becomes a small code (an Enum, so that it still reads as text), seconds become 32-bit integers where they
fit, and what needs rows to meet (which unit of a call a row is, what a unit's earlier spans cover) is worked out
once. Call numbers, unit names, coordinates and place keys are left out: what is kept could be published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from calls.ingest import Ingested, Workspace
from calls.schema import INITIATORS, OUTCOMES, RESPONDERS, STAMPS, UNIT_STAMPS
from classifier.assign import distinct_types
from officer_time.cells import POLICE_RESPONDERS
from officer_time.overlaps import add_merged_seconds
from officer_time.person_hours import unit_type
from officer_time.units_sent import add_unit_numbers

CALLS_FILE: Final = "calls.parquet"
UNITS_FILES: Final = "units-*.parquet"
TYPES_FILE: Final = "types.parquet"
FACTS_FILE: Final = "facts.json"
_TEXTS: Final = ("priority", "disposition", "area", "district")
_OF_THE_CALL: Final = ("initiated_by", "initiated_by_basis", "outcome")
# A column with more distinct values than this is free text: no breakdown, and nothing to keep.
MOST_VALUES: Final = 5_000
_BUCKET_ROWS: Final = 3_000_000
_BASES: Final = ("source", "call_type", "on_scene_at_creation", "none")
_KINDS: Final = {
    "initiated_by": pl.Enum(INITIATORS),
    "initiated_by_basis": pl.Enum(_BASES),
    "outcome": pl.Enum(OUTCOMES),
    "responder": pl.Enum(RESPONDERS),
}
_TYPE: Final = ("call_type_code", "call_type")
_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True)
class Canonical:
    """The narrow tables, lazily.

    calls: call_id (Int32: its number here, not the agency's), type_id, final_type_id, started_local, the stamps,
    and texts as Enum. units: the police units' rows with the same, unit_id (a number), unit_type, unit_number,
    repeats_unit, units_assumed, merged_seconds (at the default cap). types: type_id, call_type_code, call_type, calls,
    final_calls. facts: what was said while cleaning (layout, ledger, problems), plain JSON values. folder: where the
    tables lie; workspace: the scratch folder that this is, where nothing is kept.
    """

    calls: pl.LazyFrame
    units: pl.LazyFrame
    types: pl.DataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    workspace: Workspace | None = field(default=None, repr=False)


def open_canonical(folder: Path) -> Canonical:
    """The tables that write_canonical left in `folder`."""
    return Canonical(
        pl.scan_parquet(folder / CALLS_FILE),
        pl.scan_parquet(folder / UNITS_FILES),
        pl.read_parquet(folder / TYPES_FILE),
        json.loads((folder / FACTS_FILE).read_text("utf-8")),
        folder,
    )


def write_canonical(ingested: Ingested, grain: str, facts: Mapping[str, Any], folder: Path) -> Canonical:
    """Write the clean tables into `folder` (which exists and is empty) as narrow Parquet, and open them.

    grain: the layout's (call, unit, agency); of one-row-per-call files each row stands for unit_count units where
    that is known (see units_sent.MULTI_UNIT_RULES). Texts with more than MOST_VALUES values are left out and
    named in facts["not_kept"]. Works part by part; memory does not grow with the number of calls.
    """
    types = (
        distinct_types(ingested.calls)
        .with_row_index("type_id")
        .with_columns(pl.col("type_id").cast(pl.Int32))
    )
    types.write_parquet(folder / TYPES_FILE)
    values, not_kept = _distinct_values(ingested.calls)
    unit_names = ingested.units.select(_unit_name().unique().drop_nulls().sort()).collect().to_series()
    letters = ingested.units.select(
        unit_type(pl.col("unit_id")).alias("t").unique().drop_nulls().sort()
    ).collect()
    stamp = _stamp_type(ingested)
    known_counts = ingested.calls.select(pl.col("unit_count").is_not_null().any()).collect().item()
    rule = "unit" if grain != "call" else "unit_count" if known_counts else "one"
    encode = _Encoder(values, pl.Enum(unit_names), pl.Enum(letters["t"]), types, stamp, rule == "unit_count")
    first, unit_rows, made = 0, 0, []
    for number, (calls, units) in enumerate(_parts(ingested)):
        narrow_calls, narrow_units = encode(calls, units, first)
        first += calls.height
        unit_rows += narrow_units.height
        narrow_calls.write_parquet(folder / f"part-calls-{number:05}.parquet", compression="lz4")
        narrow_units.write_parquet(folder / f"part-units-{number:05}.parquet", compression="lz4")
        made += [folder / f"part-{kind}-{number:05}.parquet" for kind in ("calls", "units")]
    pl.scan_parquet(folder / "part-calls-*.parquet").sink_parquet(folder / CALLS_FILE, compression="lz4")
    # A unit's rows have to meet for what its earlier spans cover: one bucket of units after the other.
    buckets = max(1, -(-unit_rows // _BUCKET_ROWS))
    bucket = pl.coalesce("unit_id", "call_id").cast(pl.Int64) % buckets
    for number in range(buckets):
        rows = pl.scan_parquet(folder / "part-units-*.parquet").filter(bucket == number)
        merged = add_merged_seconds(rows, ("unit_id",)).with_columns(pl.col("merged_seconds").cast(pl.Int32))
        merged.collect().write_parquet(folder / f"units-{number:05}.parquet", compression="lz4")
    for path in made:
        path.unlink()
    more = {"calls": first, "police_unit_rows": unit_rows, "multi_unit_rule": rule, "not_kept": not_kept}
    (folder / FACTS_FILE).write_text(json.dumps({**facts, **more}, ensure_ascii=False), encoding="utf-8")
    return open_canonical(folder)


def _parts(ingested: Ingested) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The clean calls and their units, part by part where ingest made parts: rows of a call stay together."""
    if ingested.workspace is None:
        yield ingested.calls.collect(), ingested.units.collect()
        return
    for path in sorted(ingested.workspace.path.glob("calls-*.parquet")):
        yield pl.read_parquet(path), pl.read_parquet(path.with_name(path.name.replace("calls-", "units-")))


def _distinct_values(calls: pl.LazyFrame) -> tuple[dict[str, pl.Enum], dict[str, int]]:
    """An Enum per text column, and the number of distinct values of those that are free text."""
    kinds: dict[str, pl.Enum] = {}
    not_kept: dict[str, int] = {}
    for name in _TEXTS:
        found = calls.select(pl.col(name).unique().drop_nulls().sort()).collect().to_series()
        if found.len() > MOST_VALUES:
            not_kept[name] = found.len()
        kinds[name] = pl.Enum(found if found.len() <= MOST_VALUES else [])
    return kinds, not_kept


def _stamp_type(ingested: Ingested) -> type[pl.Int32] | type[pl.Int64]:
    """Int32 where every stamp fits with room to subtract, as those of 1970 to 2038 do; else Int64."""
    wide = False
    for rows, stamps in ((ingested.calls, (*STAMPS, "started_local")), (ingested.units, UNIT_STAMPS)):
        ends = rows.select(
            pl.min_horizontal(pl.col(stamps).min()).alias("first"),
            pl.max_horizontal(pl.col(stamps).max()).alias("last"),
        ).collect()
        first, last = ends["first"].item(), ends["last"].item()
        wide = wide or (first is not None and (first < 0 or last >= 2**31))
    return pl.Int64 if wide else pl.Int32


def _unit_name() -> pl.Expr:
    # Two departments may use the same call sign.
    return pl.when(pl.col("unit_id").is_not_null()).then(
        pl.concat_str(pl.col("responder").cast(pl.String), "unit_id", separator=_SEPARATOR)
    )


@dataclass(frozen=True)
class _Encoder:
    """Clean tables of one part → narrow tables; the codes are those of the whole file."""

    values: Mapping[str, pl.Enum]
    unit_names: pl.Enum
    unit_types: pl.Enum
    types: pl.DataFrame
    stamp: type[pl.Int32] | type[pl.Int64]
    units_are_counted: bool

    def __call__(
        self, calls: pl.DataFrame, units: pl.DataFrame, first: int
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        numbered = calls.select(
            "call_id",
            pl.int_range(first, first + calls.height, dtype=pl.Int32).alias("_number"),
            "unit_count",
        )
        narrow_calls = self._with_types(calls).select(
            pl.int_range(first, first + calls.height, dtype=pl.Int32).alias("call_id"),
            *self._shared(),
            *(pl.col(s).cast(self.stamp) for s in (*STAMPS, "started_local")),
        )
        police = units.filter(pl.col("responder").is_in(POLICE_RESPONDERS))
        police = add_unit_numbers(police).join(numbered, on="call_id", how="left", maintain_order="left")
        assumed = (
            pl.col("unit_count").clip(lower_bound=1).fill_null(1) if self.units_are_counted else pl.lit(1)
        )
        narrow_units = self._with_types(police).select(
            pl.col("_number").alias("call_id"),
            _unit_name().cast(self.unit_names).to_physical().cast(pl.Int32).alias("unit_id"),
            unit_type(pl.col("unit_id")).cast(self.unit_types).alias("unit_type"),
            pl.col("unit_number"),
            pl.col("repeats_unit"),
            assumed.cast(pl.Int32).alias("units_assumed"),
            *self._shared(),
            *(pl.col(s).cast(self.stamp) for s in (*UNIT_STAMPS, "started_local")),
        )
        return narrow_calls, narrow_units

    def _with_types(self, rows: pl.DataFrame) -> pl.DataFrame:
        initial = self.types.select("type_id", *_TYPE)
        final = initial.rename(
            {"type_id": "final_type_id", "call_type_code": "final_type_code", "call_type": "final_type"}
        )
        has_final = pl.any_horizontal(pl.col("final_type_code", "final_type").is_not_null())
        options: Any = {"how": "left", "nulls_equal": True, "maintain_order": "left"}
        return (
            rows.join(initial, on=_TYPE, **options)
            .join(final, on=["final_type_code", "final_type"], **options)
            .with_columns(pl.when(has_final).then(pl.col("final_type_id")).alias("final_type_id"))
        )

    def _shared(self) -> list[pl.Expr]:
        return [
            pl.col("type_id"),
            pl.col("final_type_id"),
            pl.col("responder").cast(_KINDS["responder"]),
            *(pl.col(name).cast(_KINDS[name]) for name in _OF_THE_CALL),
            # Free text has an empty Enum: nothing of it is kept.
            *(pl.col(name).cast(kind, strict=False) for name, kind in self.values.items()),
        ]
