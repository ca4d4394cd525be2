"""Which type column is the initial one and which the final, which holds codes and which texts.

Two type columns side by side say more than either alone: beside an "Initial Type" a bare "Type" is the final one;
beside a "Description" a bare "Type" is the code. Where values are at hand they decide between code and text.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from call_codes.errors import InputError
from calls.column_values import filled, looks_like_codes
from calls.draft import Draft, has
from calls.layouts import CodeList
from calls.read import read_table

_CODES = 0.85
_SIDE_BY_SIDE = 0.72
_FINAL_BESIDE = 0.82
_LIST_BYTES = 2_000_000
_COVERED = 0.8


def settle_types(draft: Draft) -> None:
    """Phase (initial, final) and form (code, text) of the type columns, and the priorities likewise."""
    _final_beside_initial(draft, "call_type", "final_type")
    _text_beside_bare(draft, "call_type", "call_type_code")
    _text_beside_bare(draft, "final_type", "final_type_code")
    _final_beside_initial(draft, "call_type_code", "final_type_code")
    _final_beside_initial(draft, "priority", "final_priority")
    for text, code in (("call_type", "call_type_code"), ("final_type", "final_type_code")):
        _codes_by_values(draft, text, code)
    _bare_type_is_source(draft)
    _clearance(draft)


def _final_beside_initial(draft: Draft, initial: str, final: str) -> None:
    """Beside a column that says "initial", the same words without it are the final one."""
    chosen = draft.columns.get(initial, ("",))[0]
    if not chosen or not has(chosen, "initial") or final in draft.columns:
        return
    rivals = [h for h in draft.left() if draft.scores.get((initial, h), 0) > 0.5 and not has(h, "initial")]
    if rivals:
        best = max(rivals, key=lambda h: draft.scores[initial, h])
        reason = f'"{best}" beside the initial one in "{chosen}"'
        draft.take(final, (best,), min(draft.scores[initial, best], _FINAL_BESIDE), reason)


def _text_beside_bare(draft: Draft, text: str, code: str) -> None:
    """A bare type column beside a description holds the code."""
    chosen = draft.columns.get(text, ("",))[0]
    if not chosen or code in draft.columns:
        return
    initial = has(chosen, "initial")

    def score(header: str) -> float:
        return max(draft.scores.get((s, header), 0.0) for s in ("call_type", text))

    rivals = [
        h
        for h in draft.left()
        if score(h) > 0.5
        and not has(h, "category", "group", "class")
        and has(h, "initial") == initial
        and has(h, "final") == has(chosen, "final")
        and has(h, "description", "text") != has(chosen, "description", "text")
    ]
    if not rivals:
        return
    other = max(rivals, key=score)
    if has(other, "description", "text"):
        draft.take(text, (other,), score(other), f'header "{other}"')
        chosen, other = other, chosen
    if has(other, "type", "nature", "signal", "problem", "code", "event"):
        draft.take(code, (other,), _SIDE_BY_SIDE, f'"{other}" beside its description in "{chosen}"')
        draft.ask(f'Does "{other}" hold the codes that "{chosen}" describes?')


def _codes_by_values(draft: Draft, text: str, code: str) -> None:
    """Move codes out of the text column, and texts out of the code column, by what the values look like."""

    def codes(standard: str) -> float | None:
        sources = draft.columns.get(standard)
        return looks_like_codes(draft.sample[sources[0]]) if sources else None

    in_text, in_code = codes(text), codes(code)
    if in_text is not None and in_text >= _CODES and (in_code is None or in_code < 0.5):
        swapped = draft.columns.get(code)
        source, sure = draft.columns[text][0], draft.confidence[text]
        draft.drop(text)
        draft.take(code, (source,), min(sure, 0.85), f'"{source}" holds codes ({in_text:.0%} of its values)')
        if swapped:
            draft.take(text, swapped, 0.8, f'"{swapped[0]}" holds texts, not codes')
    elif in_code is not None and in_code < 0.3 and text not in draft.columns:
        source = draft.columns[code][0]
        draft.drop(code)
        draft.take(
            text, (source,), 0.78, f'"{source}" holds texts, not codes ({1 - in_code:.0%} of its values)'
        )


def _bare_type_is_source(draft: Draft) -> None:
    """Beside an initial and a final type, a bare "Call Type" can only say how the call came in."""
    if "source" in draft.columns or not {"call_type", "final_type"} <= set(draft.columns):
        return
    if not (has(draft.columns["call_type"][0], "initial") and has(draft.columns["final_type"][0], "final")):
        return
    for header in draft.left():
        if draft.scores.get(("call_type", header), 0) > 0.9 and not has(
            header, "initial", "final", "problem"
        ):
            draft.take("source", (header,), 0.5, f'"{header}" beside an initial and a final type')
            draft.ask(f'Does "{header}" say how the call came in? Initial and final type stand beside it.')
            return


def _clearance(draft: Draft) -> None:
    """A clearance description is the final type where there is no other, else how the call was closed."""
    final = draft.columns.get("final_type", ("",))[0]
    disposition = draft.columns.get("disposition", ("",))[0]
    if not final and disposition and has(disposition, "clearance") and has(disposition, "description"):
        draft.drop("disposition")
        draft.take("final_type", (disposition,), 0.7, f'"{disposition}", and no other final type')
        draft.ask(f'Does "{disposition}" say what the call turned out to be, or how it was closed?')


def find_code_lists(draft: Draft, path: Path) -> None:
    """A small table beside the export whose one column holds its type codes and another their texts."""
    for code, text in (("call_type_code", "call_type"), ("final_type_code", "final_type")):
        if code not in draft.columns or text in draft.columns:
            continue
        codes = set(filled(draft.sample[draft.columns[code][0]]).str.to_uppercase())
        found = _code_list(codes, path) if codes else None
        if found is not None:
            draft.code_lists[code] = found
            draft.reasons[code] += f', texts from "{found.files}" beside the file'
        else:
            draft.ask(
                f'What do the codes in "{draft.columns[code][0]}" mean? Put the code list beside the file.'
            )


def _code_list(codes: set[str], path: Path) -> CodeList | None:
    for file in sorted(path.resolve().parent.glob("*")):
        small = file.is_file() and file.stat().st_size < _LIST_BYTES
        if (
            file == path.resolve()
            or not small
            or file.suffix.lower() not in {".csv", ".tsv", ".xlsx", ".txt"}
        ):
            continue
        try:
            raw = read_table(file)
        except InputError:
            continue
        table = raw.frame.select(raw.headers)
        for column in raw.headers[:12]:
            listed = table[column].drop_nulls().str.strip_chars().str.to_uppercase()
            once = listed.n_unique() >= 0.9 * max(len(listed), 1)
            if once and len(codes & set(listed)) >= _COVERED * len(codes):
                text = _longest_text(table, column)
                if text is not None:
                    return CodeList(file.name, column, text)
    return None


def _longest_text(table: pl.DataFrame, code: str) -> str | None:
    lengths = {
        c: float(table[c].drop_nulls().str.len_chars().mean() or 0.0)  # type: ignore[arg-type]
        for c in table.columns
        if c != code and table[c].null_count() < table.height
    }
    longest = max(lengths, key=lambda c: lengths[c], default=None)
    return longest if longest is not None and lengths[longest] >= 4 else None
