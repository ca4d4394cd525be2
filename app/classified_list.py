"""Classifying a list of call types of any length: answers to a CSV file batch by batch, and a summary of them all.

Only what the summary needs is kept of each row (a few numbers), so memory does not grow with the texts.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from app.agency_rows import AgencyRows
from app.outputs import spreadsheet_safe
from app.type_list import TypeList
from call_codes.errors import OutputError
from call_codes.policy import Policy
from classifier.batches import BATCH, UnrepeatedModel, answered_batches
from classifier.eligible_share import EligibleShare, eligible_share

COLUMNS: Final = (
    "category", "probability", "alternatives", "hazard", "hazard_kinds", "hazard_reason", "eligible",
    "eligible_because", "question", "deciding_rule", "basis", "needs_review",
)  # fmt: skip
"""What every row of the output has, after call_type and those of code and agency that the input has."""

WEIGHTS: Final = ("calls", "hours")
_CHANCES: Final = ("eligible_chance", "conditional_chance", "certain", "unsigned", "never_guessed")


@dataclass
class Counts:
    """What is kept of all rows: how many of each answer, and the chances of each type with its weights."""

    rows: int = 0
    eligible: Counter[str] = field(default_factory=Counter)
    basis: Counter[str] = field(default_factory=Counter)
    needs_review: int = 0
    hazards: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    chances: list[pl.DataFrame] = field(default_factory=list)


def classify_list(
    types: TypeList,
    policy: Policy,
    rows: AgencyRows,
    out: Path | None,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Write the answers to `out` (None: nowhere) and return the summary, ready for JSON.

    The file has as many rows as the list, in its order; it is moved into place when it is whole. Raises OutputError
    where it cannot be written.
    """
    model, counts = UnrepeatedModel(), Counts()
    batches = (_with_agency(batch, rows.agency) for batch in types.batches(BATCH))
    draft: Path | None = None
    if out is not None:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{out.name}.unfinished-", dir=out.parent)
        except OSError as error:
            raise _not_written(out, error) from error
        os.close(handle)
        draft = Path(name)
        # Also at the end of the process, when a run is stopped.
        atexit.register(draft.unlink, missing_ok=True)
    try:
        for answered in answered_batches(batches, policy, crosswalk=rows.crosswalk, model=model):
            if draft is not None:
                with draft.open("ab") as file:
                    spreadsheet_safe(_output(answered, types)).write_csv(
                        file, include_header=counts.rows == 0, float_precision=4
                    )
            _count(counts, answered)
            progress(counts.rows, None)
        if draft is not None and out is not None:
            # A temporary file is for its owner alone; a result gets the rights that any new file gets here.
            mask = os.umask(0)
            os.umask(mask)
            draft.chmod(0o666 & ~mask)
            os.replace(draft, out)
    except OSError as error:
        raise _not_written(out or types.path, error) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    return _summary(types, policy, rows, model, counts)


def _not_written(out: Path, error: OSError) -> OutputError:
    return OutputError(
        found=f"the answers cannot be written to {out} ({error.strerror}).",
        expected="a file in a folder that may be written to, with enough space.",
        action="Choose another --out, or free some space.",
    )


def _with_agency(batch: pl.DataFrame, agency: str | None) -> pl.DataFrame:
    """The named agency for every row that names none of its own."""
    if agency is None:
        return batch
    own = pl.col("agency") if "agency" in batch.columns else pl.lit(None, pl.String)
    return batch.with_columns(pl.coalesce(own, pl.lit(agency)).alias("agency"))


def _output(answered: pl.DataFrame, types: TypeList) -> pl.DataFrame:
    named = answered.rename({"eligibility_rule": "deciding_rule"})
    given = {"call_type": "call_type", "call_type_code": "code", "agency": "agency"}
    return named.select(
        *(pl.col(ours).alias(theirs) for ours, theirs in given.items() if ours in types.columns), *COLUMNS
    )


def _count(counts: Counts, answered: pl.DataFrame) -> None:
    counts.rows += answered.height
    counts.eligible.update(answered["eligible"].to_list())
    counts.basis.update(answered["basis"].to_list())
    counts.needs_review += int(answered["needs_review"].sum())
    counts.hazards += int(answered["hazard"].sum())
    weights = []
    for name in WEIGHTS:
        if name in answered.columns:
            number = pl.col(name).str.replace_all(r"[,\s]", "").cast(pl.Float64, strict=False)
            number = pl.when(number.is_finite() & (number >= 0)).then(number)
            read = answered.select(number)[name]
            counts.unreadable[name] += read.null_count()
            weights.append(read.fill_null(0.0))
    keys = [name for name in ("agency", "call_type_code", "call_type") if name in answered.columns]
    # The same type in several rows is one type: it is right or wrong in all of them.
    counts.chances.append(
        answered.select(
            pl.struct(keys).hash().alias("_type"), pl.lit(1.0).alias("types"), *_CHANCES
        ).with_columns(weights)
    )


def _summary(
    types: TypeList, policy: Policy, rows: AgencyRows, model: UnrepeatedModel, counts: Counts
) -> dict[str, Any]:
    table = pl.concat(counts.chances)
    weights = [name for name in WEIGHTS if name in table.columns]
    table = (
        table.group_by("_type")
        .agg(pl.col(_CHANCES).first(), pl.col(weights).sum(), pl.col("types").first())
        .sort("_type")
    )
    by: list[str] = [name for name in weights if table[name].sum() > 0] or ["types"]
    unreadable = {name: count for name, count in counts.unreadable.items() if count}
    notices = [
        *rows.notices,
        *(model.warnings_ if model.loaded else ()),
        *(
            f"{n:,} rows have no readable number of {name}; they weigh nothing."
            for name, n in unreadable.items()
        ),
    ]
    return {
        "file": types.path.name,
        "sha256": types.sha256,
        "rows": counts.rows,
        "distinct_types": table.height,
        "policy": policy.id,
        "policy_sha256": policy.digest,
        "agency": rows.agency,
        "code_books": list(rows.books),
        "rows_by_answer": {name: counts.eligible[name] for name in ("yes", "screen", "no")},
        "rows_by_basis": dict(sorted(counts.basis.items())),
        "rows_needing_review": counts.needs_review,
        "rows_with_hazard": counts.hazards,
        "eligible_share": {name: _share(eligible_share(table, name, policy)) for name in by},
        "notices": notices,
    }


def _share(found: EligibleShare) -> dict[str, Any]:
    return {
        **found.eligible.as_dict(),
        "conditional": found.conditional,
        "on_unsigned_types": found.unsigned,
        "on_unsigned_types_share": found.unsigned_share,
        "never_guessed": found.unknown,
    }
