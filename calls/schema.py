"""The standard calls table, in prose: every column's meaning, type, unit, null rule and odd cases.

All later steps read these names and no others. Time stamps are whole seconds (Int64) since 1970-01-01 UTC, so
that everything after ingest is integer arithmetic; the local clock time of the call's start stands beside them
because people ask about hours of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl


@dataclass(frozen=True)
class Column:
    """One column of the standard table: its type and what a person must know about it."""

    name: str
    dtype: type[pl.DataType]
    meaning: str
    null_means: str


_STAMP_NULL = "the export has no such stamp for this call, or it could not be read (see data_quality.csv)"

COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "call_id", pl.String, "The agency's number for the call. Where blank, 'row N' of the file.", "never"
    ),
    Column("agency", pl.String, "The agency or department the row belongs to.", "not in the export"),
    Column(
        "call_type_code",
        pl.String,
        "INITIAL type as a code: what the call-taker chose.",
        "no code in the export",
    ),
    Column(
        "call_type",
        pl.String,
        "INITIAL type as text. Eligibility is judged on it, because it is what was known before anyone was "
        "sent. Where the export has one type column only, the layout says whether it is the initial one.",
        "blank in the export: such calls are `unclassified`",
    ),
    Column("final_type_code", pl.String, "FINAL type as a code, after the event.", "no final type"),
    Column(
        "final_type",
        pl.String,
        "FINAL type as text: what the call turned out to be. Never used to decide, only to bound.",
        "no final type",
    ),
    Column("priority", pl.String, "Initial priority as the agency writes it.", "not recorded"),
    Column("final_priority", pl.String, "Final priority as the agency writes it.", "not recorded"),
    Column(
        "source",
        pl.String,
        "How the call came in, as the agency writes it (911, phone, officer ...).",
        "not recorded",
    ),
    Column(
        "initiated_by",
        pl.String,
        "community, officer, alarm (an alarm company or device), agency (another agency) or unknown. "
        "From the source column where the layout maps it; else see `initiated_by_basis`.",
        "never: unknown is a value",
    ),
    Column(
        "initiated_by_basis",
        pl.String,
        "source (the export says so), call_type (the category is police-generated), on_scene_at_creation "
        "(a unit stood there as the call was made) or none.",
        "never",
    ),
    Column("received_at", pl.Int64, "When the call was answered or created. Seconds UTC.", _STAMP_NULL),
    Column("queued_at", pl.Int64, "When the call was ready to be sent out. Seconds UTC.", _STAMP_NULL),
    Column("dispatched_at", pl.Int64, "When the first unit was assigned. Seconds UTC.", _STAMP_NULL),
    Column("enroute_at", pl.Int64, "When the first unit started driving. Seconds UTC.", _STAMP_NULL),
    Column("arrived_at", pl.Int64, "When the first unit arrived. Seconds UTC.", _STAMP_NULL),
    Column(
        "cleared_at",
        pl.Int64,
        "When the unit was free again: of the primary (first cleared) unit in a one-row-per-call export, of "
        "the last unit where unit rows were folded. Seconds UTC.",
        _STAMP_NULL,
    ),
    Column(
        "started_at",
        pl.Int64,
        "The first known of received, queued, dispatched, enroute, arrived. Seconds UTC. Where the zone is "
        "undeclared, local seconds counted as if UTC.",
        "no readable time at all: the call is counted, but in no hour",
    ),
    Column("started_local", pl.Int64, "Local wall-clock seconds of `started_at`.", "as started_at"),
    Column("disposition", pl.String, "How the call was closed, as the agency writes it.", "not recorded"),
    Column(
        "outcome",
        pl.String,
        "handled (a unit was sent), not_dispatched, cancelled, duplicate or unknown (the export cannot tell).",
        "never",
    ),
    Column(
        "responder",
        pl.String,
        "police, community, co_response, ems, fire, other or unknown: who answered. Where units of several "
        "kinds came: co_response if police and community, else police if police.",
        "never: unknown is a value",
    ),
    Column("area", pl.String, "The agency's area: beat, precinct, sector, ward.", "not recorded"),
    Column("district", pl.String, "Council district or the larger area, where recorded.", "not recorded"),
    Column(
        "latitude",
        pl.Float64,
        "Degrees, rounded to 3 decimals (about 100 m): never an address.",
        "not recorded",
    ),
    Column("longitude", pl.Float64, "Degrees, rounded to 3 decimals.", "not recorded"),
    Column(
        "place_key",
        pl.String,
        "A keyed hash of the address, only where asked for; tells repeats at one place, never which place.",
        "not asked for",
    ),
    Column(
        "unit_count", pl.Int64, "Distinct units that were sent.", "one row per call and no count recorded"
    ),
)

_UNITS_OWN: Final[tuple[Column, ...]] = (
    Column("call_id", pl.String, "The call that the unit answered.", "never"),
    Column(
        "unit_id", pl.String, "The unit's name as the agency writes it.", "the primary unit of a call row"
    ),
    Column("responder", pl.String, "Which kind of unit, as in the calls table.", "never"),
    Column("dispatched_at", pl.Int64, "When this unit was assigned. Seconds UTC.", _STAMP_NULL),
    Column("enroute_at", pl.Int64, "When this unit started driving. Seconds UTC.", _STAMP_NULL),
    Column("arrived_at", pl.Int64, "When this unit arrived. Seconds UTC.", _STAMP_NULL),
    Column("cleared_at", pl.Int64, "When this unit was free again. Seconds UTC.", _STAMP_NULL),
)

# What a unit row repeats of its call, so that unit time can be grouped by it without going back to the call.
OF_THE_CALL: Final = (
    "outcome",
    "initiated_by",
    "initiated_by_basis",
    "call_type_code",
    "call_type",
    "final_type_code",
    "final_type",
    "priority",
    "disposition",
    "area",
    "district",
    "started_at",
    "started_local",
)
UNIT_COLUMNS: Final[tuple[Column, ...]] = (
    *_UNITS_OWN,
    Column("call_responder", pl.String, "Who answered the call: `responder` of its row.", "never"),
    *(column for column in COLUMNS if column.name in OF_THE_CALL),
)

STAMPS: Final = ("received_at", "queued_at", "dispatched_at", "enroute_at", "arrived_at", "cleared_at")
UNIT_STAMPS: Final = ("dispatched_at", "enroute_at", "arrived_at", "cleared_at")
INITIATORS: Final = ("community", "officer", "alarm", "agency", "unknown")
OUTCOMES: Final = ("handled", "not_dispatched", "cancelled", "duplicate", "unknown")
RESPONDERS: Final = ("police", "community", "co_response", "ems", "fire", "other", "unknown")

# Columns that a layout may name. `address` and `remark` are absent on purpose: they are read only where a
# person asks for them, and never written out.
MAPPABLE: Final = (
    "call_id",
    "unit_id",
    "agency",
    "call_type_code",
    "call_type",
    "final_type_code",
    "final_type",
    "priority",
    "final_priority",
    "source",
    *STAMPS,
    "disposition",
    "area",
    "district",
    "latitude",
    "longitude",
    "unit_count",
    # The number of the call that this one belongs to. Read to tell linked calls, and not kept.
    "linked_to",
)


def hour_of_week(local_seconds: pl.Expr) -> pl.Expr:
    """Hour of the week (0 = Monday 00:00 … 167 = Sunday 23:00) of local wall-clock seconds.

    1970-01-01 was a Thursday, hence the 72 hours. Null stays null.
    """
    return (local_seconds // 3600 + 72) % 168


def empty(columns: tuple[Column, ...]) -> pl.DataFrame:
    """A table with these columns and no rows."""
    return pl.DataFrame(schema={column.name: column.dtype for column in columns})


def conform(table: pl.DataFrame, columns: tuple[Column, ...]) -> pl.DataFrame:
    """`table` with exactly these columns in this order; what is absent becomes null."""
    return table.select(
        (pl.col(c.name) if c.name in table.columns else pl.lit(None)).cast(c.dtype).alias(c.name)
        for c in columns
    )
