"""Two crosswalks side by side: what was added, taken out or changed, and what that does to the eligible calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from call_codes.crosswalk import KEY, Crosswalk
from call_codes.errors import InputError
from call_codes.policy import Policy
from classifier.classify import classify_types
from classifier.eligibility import add_eligibility
from classifier.signed import SignedRows

_SHOWN: Final = 50


@dataclass(frozen=True)
class Difference:
    """changes: one row per type that differs: KEY, change (added, removed, changed), category_before, …_after,
    hazard_before, hazard_after. effect: None without counts; else calls, eligible_before, eligible_after (counts of
    calls), not_counted (types whose number of calls is withheld) and policy."""

    changes: pl.DataFrame
    effect: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"changes": self.changes.to_dicts(), "effect": self.effect}

    def sentences(self) -> Iterator[str]:
        """For people."""
        counts = dict(self.changes["change"].value_counts().iter_rows())
        yield ", ".join(f"{counts.get(what, 0):,} {what}" for what in ("added", "removed", "changed")) + "."
        for row in self.changes.head(_SHOWN).iter_rows(named=True):
            named = " / ".join(part for part in (row["code_key"], row["text_key"]) if part)
            was, now = (
                f"{row[f'category_{w}']} (hazard {row[f'hazard_{w}'] or 'not judged'})"
                for w in ("before", "after")
            )
            said = {"added": f"now {now}", "removed": f"was {was}", "changed": f"{was} → {now}"}[
                row["change"]
            ]
            yield f"  {row['change']}: {named}: {said}"
        if self.changes.height > _SHOWN:
            yield f"  … and {self.changes.height - _SHOWN:,} more (--json lists all)."
        if self.effect:
            effect = self.effect
            before, after, calls = effect["eligible_before"], effect["eligible_after"], effect["calls"]
            yield (
                f"Eligible under {effect['policy']}: {before:,} → {after:,} of {calls:,} calls = "
                f"{before / calls:.1%} → {after / calls:.1%} ({after - before:+,} calls)."
                if calls
                else "No calls are counted."
            )
            if effect["not_counted"]:
                yield f"  {effect['not_counted']:,} types have too few calls to be shown and are left out."


def compare(before: Crosswalk, after: Crosswalk, policy: Policy, counts: Path | None) -> Difference:
    """What differs between the lines that count, by agency, code and text.

    counts: call_types.csv of a run (call_type_code, call_type, calls, eligibility). A type that a crosswalk does not
    name keeps the eligibility of that file. Raises InputError where the file lacks a column.
    """
    names = ("category", "hazard")
    sides = [
        book.rows.select(*KEY, *(pl.col(n).alias(f"{n}_{when}") for n in names))
        for book, when in ((before, "before"), (after, "after"))
    ]
    both = sides[0].join(sides[1], on=KEY, how="full", coalesce=True).sort(KEY)
    change = (
        pl.when(pl.col("category_before").is_null()).then(pl.lit("added"))
        .when(pl.col("category_after").is_null()).then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
    )  # fmt: skip
    differs = pl.any_horizontal(pl.col(f"{n}_before").ne_missing(pl.col(f"{n}_after")) for n in names)
    changes = both.with_columns(change.alias("change")).filter(differs)
    return Difference(changes, _effect(before, after, policy, counts) if counts else None)


def _effect(before: Crosswalk, after: Crosswalk, policy: Policy, counts: Path) -> dict[str, Any]:
    try:
        table = pl.read_csv(counts, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            found=f"{counts} cannot be read ({str(error).partition(chr(10))[0]})",
            expected="call_types.csv of a run",
            action="check the path",
        ) from error
    missing = [n for n in ("call_type_code", "call_type", "calls", "eligibility") if n not in table.columns]
    if missing:
        raise InputError(
            found=f"{counts.name} has no column {', '.join(missing)}",
            expected="call_types.csv of a run: call_type_code, call_type, calls, eligibility",
            action="give the file that rightcall run wrote",
        )
    table = table.with_columns(pl.col("calls").cast(pl.Int64, strict=False))
    withheld = table["calls"].is_null().sum()
    table = table.filter(pl.col("calls").is_not_null())
    eligible = [_eligible_calls(table, book, policy) for book in (before, after)]
    return {
        "policy": policy.id,
        "calls": int(table["calls"].sum()),
        "eligible_before": eligible[0],
        "eligible_after": eligible[1],
        "not_counted": int(withheld),
    }


def _eligible_calls(table: pl.DataFrame, book: Crosswalk, policy: Policy) -> int:
    """Calls of eligible types: as the crosswalk decides where it names the type, as the file says elsewhere."""
    rows = SignedRows(book)
    named = [
        rows.find(None, code, text) is not None
        for code, text in table.select("call_type_code", "call_type").iter_rows()
    ]
    known = table.filter(pl.Series(named, dtype=pl.Boolean)).select("call_type_code", "call_type", "calls")
    judged = add_eligibility(classify_types(known, crosswalk=book), policy)
    rest = table.filter(~pl.Series(named, dtype=pl.Boolean))
    return sum(int(t.filter(pl.col("eligibility") == "eligible")["calls"].sum()) for t in (judged, rest))
