"""Which call types a policy lets a community team take, and the one reason that decided.

The category is judged first, then the hazard, and the hazard can only take eligibility away: no text makes an
excluded category eligible. What could not be classified is neither eligible nor excluded and is shown as its
own share.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from call_codes.errors import InputError
from call_codes.policy import Policy
from classifier.hazard import DECISIVE_KINDS

UNCLASSIFIED = "unclassified"
OUTCOMES = ("eligible", "conditional", "excluded", UNCLASSIFIED)

_NEEDED = ("category", "hazard", "hazard_kinds", "basis")
_WHY_UNCLASSIFIED = {
    "blank": "no call type given",
    "bare_code": "bare code without a code-book",
    "model": "no category is likely enough",
}


@dataclass(frozen=True)
class Verdict:
    """What a policy says about one call type. eligibility: one of OUTCOMES. reason: one phrase.

    rule: what decided: "rule 3" (its place in the policy's file), "default", "hazards_excluded", or
    "unclassified".
    """

    eligibility: str
    reason: str
    rule: str


def blocking_hazards(hazard: bool, hazard_kinds: str, policy: Policy) -> tuple[str, ...]:
    """The kinds of danger in one call type that the policy excludes; empty where none does.

    Arguments as the columns of `classify.classify_types`. A hazard that only the model suspects has no kind:
    it counts wherever the policy excludes any decisive kind.
    """
    stated = [kind for kind in hazard_kinds.split("|") if kind]
    blocking = [kind for kind in stated if kind in policy.hazards_excluded]
    suspected = hazard and not set(stated) & set(DECISIVE_KINDS)
    if suspected and set(policy.hazards_excluded) & set(DECISIVE_KINDS):
        blocking.append("suspected by the model")
    return tuple(blocking)


def judge(category: str, hazard: bool, hazard_kinds: str, basis: str, policy: Policy) -> Verdict:
    """The verdict on one call type; the arguments are the columns of `classify.classify_types`.

    A kind in `policy.hazards_excluded` that is stated takes eligibility away. A hazard that only the model
    suspects has no kind: it takes eligibility away wherever the policy excludes any decisive kind.
    """
    rule = None if category == UNCLASSIFIED else policy.rule_for(category)
    place = f"rule {policy.rules.index(rule) + 1}" if rule is not None and rule in policy.rules else "default"
    if rule is not None and rule.decision == "excluded":
        return Verdict("excluded", f"category excluded: {rule.rationale}", place)
    taken_away = blocking_hazards(hazard, hazard_kinds, policy)
    if taken_away:
        return Verdict("excluded", f"hazard: {', '.join(taken_away)}", "hazards_excluded")
    if rule is None:
        return Verdict(UNCLASSIFIED, _WHY_UNCLASSIFIED.get(basis, "signed as unclassified"), UNCLASSIFIED)
    return Verdict(rule.decision, f"category {rule.decision}: {rule.rationale}", place)


def add_eligibility(types: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Adds the policy's verdict to classified types; same rows, same order.

    types: columns category, hazard, hazard_kinds, basis as `classify.classify_types` gives them; further
    columns are kept. Added, never null (columns of these names are replaced): eligibility (eligible,
    conditional, excluded, unclassified), eligibility_reason ("category excluded: safety", "hazard: weapon"),
    eligibility_rule ("rule 3", "default", "hazards_excluded", "unclassified").
    Raises InputError when a column is absent, CodeBookError for a category outside the taxonomy.
    """
    missing = [name for name in _NEEDED if name not in types.columns]
    if missing:
        raise InputError(
            found=f"the table of call types has no column {', '.join(missing)}",
            expected=", ".join(_NEEDED),
            action="classify the types first (classify_types)",
        )
    # Millions of types agree in these four; each combination is judged once.
    known: dict[tuple[str, bool, str, str], Verdict] = {}
    for row in types.select(_NEEDED).unique().iter_rows():
        category, hazard, hazard_kinds, basis = row
        known[row] = judge(category, hazard, hazard_kinds, basis, policy)
    verdicts = [known[row] for row in types.select(_NEEDED).iter_rows()]
    added = pl.DataFrame(
        {
            "eligibility": [v.eligibility for v in verdicts],
            "eligibility_reason": [v.reason for v in verdicts],
            "eligibility_rule": [v.rule for v in verdicts],
        },
        schema={"eligibility": pl.String, "eligibility_reason": pl.String, "eligibility_rule": pl.String},
    )
    return types.drop(added.columns, strict=False).hstack(added)
