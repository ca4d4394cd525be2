"""Each call type → its category, how sure, how risky, and on what ground: `classify_types`.

In this order: what a person signed; what a code-book says; the model. A blank text and a bare code without a
code-book are never guessed. The hazard is judged on its own, so that the topic cannot hide it. Nothing heavy
is imported unless a type has to be guessed: a city that signed all its types never loads the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from call_codes.crosswalk import Crosswalk
from call_codes.errors import InputError
from call_codes.taxonomy import HAZARD_KINDS, load_taxonomy
from classifier.hazard import (
    DECISIVE_KINDS,
    INHERENT_KINDS,
    Finding,
    find_hazards,
    is_denied,
    is_hazard,
    stated_kinds,
)
from classifier.protocol_suffixes import suffix_hazards
from classifier.signed import SignedRow, SignedRows
from classifier.text import is_bare_code, is_blank, model_text

if TYPE_CHECKING:
    from classifier.model import TypeModel

UNCLASSIFIED = "unclassified"
PROBABILITY_FLOOR = 0.30
"""Below this most best guesses are wrong on held-out styles: the type stays unclassified."""

REVIEW_BELOW = 0.7
"""Below this a person should look. On held-out styles (right: the label or its alternative) 84 % of the types reach it
and 95.1 % of these are right, 94.5 % where the text itself stood in no other style; see `calibration.toml`."""

PLAUSIBLE_FLOOR = 0.05
"""From here on a category counts as plausible. On held-out styles the plausible set holds a right category for 95.8 %
of the types, 95.3 % where the text stood in no other style, with 1.5 categories on average; see `calibration.toml`."""

VIOLENT_SHARE = 0.15
"""From here on the probabilities of the violent categories together make a hazard, whatever the best guess is. On
held-out styles this finds more than a lower threshold of the hazard model does for the same false alarms."""

REVIEW_SUSPICION = 0.7
"""From this share of the hazard model's threshold on a person should look, though no hazard is said."""

ALTERNATIVES = 3
ALTERNATIVE_FLOOR = 0.03

COLUMNS: dict[str, pl.DataType] = {
    "category": pl.String(),
    "group": pl.String(),
    "probability": pl.Float64(),
    "alternatives": pl.String(),
    "plausible": pl.String(),
    "hazard": pl.Boolean(),
    "hazard_kinds": pl.String(),
    "hazard_reason": pl.String(),
    "basis": pl.String(),
    "needs_review": pl.Boolean(),
}
"""The columns that `classify_types` adds."""


@dataclass(frozen=True)
class TypeResult:
    """One call type's answer; the fields are the columns that `classify_types` adds, but for `group`."""

    category: str
    probability: float
    alternatives: str
    plausible: str
    hazard: bool
    hazard_kinds: str
    hazard_reason: str
    basis: str
    needs_review: bool


def classify_types(
    types: pl.DataFrame, *, crosswalk: Crosswalk | None, model: TypeModel | None = None
) -> pl.DataFrame:
    """Adds category, certainty and hazard to a table of call types; same rows, same order.

    types: columns call_type_code and call_type (String, nulls allowed); `agency` is used for the crosswalk
    where present; further columns are kept. One row per distinct type is usual, repeated rows are allowed.
    model: the shipped one by default, read only if a type has to be guessed (may warn: ClassifierWarning).

    Added, never null (columns of these names are replaced):
    category, group: ids of the taxonomy; "unclassified" for blank, bare codes and guesses below
        PROBABILITY_FLOOR. probability: 0–1, calibrated on held-out naming styles; 1 for a signed or code-book
        row, 0 for blank and bare codes; of the best guess even where that stays unclassified.
    alternatives: the next guesses, "trespass:0.21|disturbance:0.08", or "".
    plausible: every category that may be right, the best guess first, "noise:0.88|disturbance:0.09": those of
        PLAUSIBLE_FLOOR or more and the best; the one category for a signed or code-book row; "" where not guessed.
    hazard: the text states a weapon, violence, a threat to a person or an officer emergency, or the category
        does so by definition, or, unless the text denies it, the hazard model suspects it or violent categories
        have VIOLENT_SHARE. hazard_kinds: the kinds stated, joined by "|" (also those that do not make a hazard by themselves: minor, domestic, medical_emergency); may be ""
        where only the model suspects. hazard_reason: who says so, with the phrase.
    basis: signed, code_book, model, bare_code, blank.
    needs_review: a guess below REVIEW_BELOW, a bare code, a hazard that does not go with the topic, or a hazard
        model that is near its threshold (REVIEW_SUSPICION).

    Raises InputError when one of the two columns is absent.
    """
    missing = [name for name in ("call_type_code", "call_type") if name not in types.columns]
    if missing:
        raise InputError(
            found=f"the table of call types has no column {' and '.join(missing)}",
            expected="call_type_code and call_type; either may be empty",
            action="check the layout: which column of the export names the call type?",
        )
    keys = [name for name in ("agency", "call_type_code", "call_type") if name in types.columns]
    distinct = types.select(pl.col(keys).cast(pl.String)).unique(maintain_order=True)
    rows = [{"agency": None, **row} for row in distinct.iter_rows(named=True)]
    results = _classify_rows(rows, SignedRows(crosswalk), model)
    groups = {category.id: category.group for category in load_taxonomy().categories.values()}
    added = pl.DataFrame(
        [[*(getattr(r, n) if n != "group" else groups[r.category] for n in COLUMNS)] for r in results],
        schema=COLUMNS,
        orient="row",
    )
    # Joined on a row number: call types hold nulls, and a join on nulls is easily got wrong.
    numbered = distinct.with_row_index("_type").join(
        types.select(pl.col(keys).cast(pl.String)),
        on=keys,
        how="right",
        nulls_equal=True,
        maintain_order="right",
    )
    return types.drop(list(COLUMNS), strict=False).hstack(added[numbered["_type"]])


def guessed_text(code: str | None, text: str | None) -> str | None:
    """What the model reads of a type: its text, its code where only that is a word, None where neither is."""
    return next((t for t in (text, code) if not is_blank(t) and not is_bare_code(t)), None)


def _classify_rows(
    rows: Sequence[dict[str, str | None]], signed_rows: SignedRows, model: TypeModel | None
) -> list[TypeResult]:
    """The answer for each distinct type, in order. Only the rows left to the model are encoded."""
    results: dict[int, TypeResult] = {}
    texts: dict[int, str] = {}
    for number, row in enumerate(rows):
        code, text = row["call_type_code"], row["call_type"]
        signed = signed_rows.find(row["agency"], code, text)
        wordy = guessed_text(code, text)
        if signed is not None:
            results[number] = _signed_result(signed, _findings(text, signed.text, code))
        elif wordy is not None:
            texts[number] = wordy
        else:
            result = _not_guessed(blank=is_blank(text) and is_blank(code))
            results[number] = _with_hazard(result, _findings(text, code), (), "")
    if texts:
        if model is None:
            from classifier.store import default_model

            model = default_model()
        probabilities, hazards = model.predict([model_text(text) for text in texts.values()])
        classes = [str(category) for category in model.classes_]
        for index, number in enumerate(texts):
            findings = _findings(rows[number]["call_type"], rows[number]["call_type_code"])
            results[number] = _guessed(
                classes,
                probabilities[index].tolist(),
                float(hazards[index]),
                model.hazard_threshold_,
                findings,
                (rows[number]["call_type"], rows[number]["call_type_code"]),
            )
    return [results[number] for number in range(len(rows))]


def _findings(*sources: str | None) -> tuple[Finding, ...]:
    """The hazards in any of the sources (the text, and the code where the code is a word such as "GUN")."""
    found: dict[str, Finding] = {}
    for source in sources:
        if is_blank(source):
            continue
        worded = () if is_bare_code(source) else find_hazards(source)
        for finding in (*worded, *suffix_hazards(source)):
            if finding.kind not in found or (finding.level, found[finding.kind].level) == (
                "stated",
                "implied",
            ):
                found[finding.kind] = finding
    return tuple(found[kind] for kind in HAZARD_KINDS if kind in found)


def _not_guessed(*, blank: bool) -> TypeResult:
    return TypeResult(UNCLASSIFIED, 0.0, "", "", False, "", "", "blank" if blank else "bare_code", not blank)


def _signed_result(signed: SignedRow, findings: tuple[Finding, ...]) -> TypeResult:
    certain = f"{signed.category}:1.00"
    result = TypeResult(signed.category, 1.0, "", certain, False, "", "", signed.basis, False)
    if signed.hazard_denied:
        return replace(result, hazard_reason="signed: no hazard")
    return _with_hazard(result, findings, signed.hazard_kinds, "")


def _guessed(
    classes: Sequence[str],
    probabilities: Sequence[float],
    hazard_probability: float,
    hazard_threshold: float,
    findings: tuple[Finding, ...],
    sources: tuple[str | None, ...],
) -> TypeResult:
    # Four decimals, so that the last bits of the arithmetic cannot change an answer between two machines.
    ranked = sorted(
        ((round(p, 4), c) for c, p in zip(classes, probabilities, strict=True)), key=lambda x: (-x[0], x[1])
    )
    best, category = ranked[0]
    others = ranked[1:]
    if best < PROBABILITY_FLOOR:
        category, others = UNCLASSIFIED, ranked
    listed = [f"{c}:{p:.2f}" for p, c in others[:ALTERNATIVES] if p >= ALTERNATIVE_FLOOR and c != category]
    plausible = [f"{c}:{p:.2f}" for place, (p, c) in enumerate(ranked) if p >= PLAUSIBLE_FLOOR or place == 0]
    result = TypeResult(
        category, best, "|".join(listed), "|".join(plausible), False, "", "", "model", best < REVIEW_BELOW
    )
    violent = sum(p for p, c in ranked if c in INHERENT_KINDS)
    suspicion, doubt = "", False
    if hazard_probability >= hazard_threshold:
        suspicion = f"model: {hazard_probability:.2f}"
    elif violent >= VIOLENT_SHARE:
        suspicion = f"violent categories: {violent:.2f}"
    else:
        doubt = hazard_probability >= REVIEW_SUSPICION * hazard_threshold
    if (suspicion or doubt) and any(is_denied(source) for source in sources):
        # "NO WEAPONS", "VERBAL ONLY": the model sees the word and not that it is denied; the patterns see both.
        suspicion, doubt = "", False
    result = _with_hazard(result, findings, (), suspicion)
    unsure = result.needs_review or category == UNCLASSIFIED or (doubt and not result.hazard)
    return replace(result, needs_review=unsure or _conflict(result, findings))


def _with_hazard(
    result: TypeResult, findings: tuple[Finding, ...], signed_kinds: tuple[str, ...], suspicion: str
) -> TypeResult:
    """The result with its hazard: patterns, signed kinds, category and hazard model can each only add one."""
    inherent = INHERENT_KINDS.get(result.category)
    kinds = {*stated_kinds(findings), *signed_kinds, *((inherent,) if inherent else ())}
    reasons = [f"signed: {kind}" for kind in signed_kinds]
    reasons += [f'{f.kind} stated: "{f.phrase}"' for f in findings if f.level == "stated"]
    reasons += ["category"] if inherent else []
    reasons += [suspicion] if suspicion else []
    reasons += [f'{f.kind} implied: "{f.phrase}"' for f in findings if f.level == "implied"]
    return replace(
        result,
        hazard=is_hazard(findings) or bool(kinds & set(DECISIVE_KINDS)) or bool(suspicion),
        hazard_kinds="|".join(kind for kind in HAZARD_KINDS if kind in kinds),
        hazard_reason="; ".join(reasons),
    )


def _conflict(result: TypeResult, findings: tuple[Finding, ...]) -> bool:
    """A hazard that the topic does not expect, or a violent topic in a text that states nothing violent."""
    if not result.hazard:
        return False
    if result.category in INHERENT_KINDS:
        return False
    return load_taxonomy().get(result.category).default_response != "police" or not is_hazard(findings)
