"""Which decisions of a crosswalk count: replaced ones, unsure ones, those that wait for a second person, conflicts.

A crosswalk is a log: nothing in it is ever overwritten. Who changes a decision adds a line that names, in
`replaces`, the reviewers whose earlier lines on that type it takes the place of. Two lines that stand and differ
are a conflict, and a conflict blocks until someone decides it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COUNTS = "counts"
REPLACED = "replaced"
UNSURE = "unsure"
WAITING = "waiting"
CONFLICT = "conflict"

Row = Mapping[str, str]


def reviewer_key(name: str) -> str:
    """One person under one name: "A. Reviewer" and "a.  reviewer" sign once, not twice."""
    return " ".join(name.casefold().split())


def named_reviewers(replaces: str) -> tuple[str, ...]:
    """The reviewers that a cell of `replaces` names, as `reviewer_key` writes them; they are joined by "|"."""
    return tuple(filter(None, (reviewer_key(name) for name in replaces.split("|"))))


def standing(rows: Sequence[Row], signatures: int = 1) -> list[str]:
    """What became of each line, in the order of the file: one of counts, replaced, unsure, waiting, conflict.

    rows: agency, code_key, text_key, category, hazard, basis, reviewer, replaces, confidence. signatures: how many
    different reviewers must agree on category and hazard before a signed line counts. Lines of a code-book give
    way to lines that people signed, whatever these say.
    """
    status = [COUNTS] * len(rows)
    by_type: dict[tuple[str, str, str], list[int]] = {}
    for index, row in enumerate(rows):
        by_type.setdefault((row["agency"], row["code_key"], row["text_key"]), []).append(index)
    for indices in by_type.values():
        signed: list[int] = []
        for index in indices:
            if rows[index]["basis"] != "signed":
                continue
            named = named_reviewers(rows[index]["replaces"])
            for earlier in signed:
                if reviewer_key(rows[earlier]["reviewer"]) in named:
                    status[earlier] = REPLACED
            signed = [i for i in signed if status[i] != REPLACED] + [index]
        for index in signed:
            if rows[index]["confidence"] == "unsure":
                status[index] = UNSURE
        sure = [i for i in signed if status[i] == COUNTS]
        books = [i for i in indices if rows[i]["basis"] != "signed"]
        for index in books if sure else ():
            status[index] = REPLACED
        for group in (sure, [] if sure else books):
            if len({(rows[i]["category"], rows[i]["hazard"]) for i in group}) > 1:
                for index in group:
                    status[index] = CONFLICT
        if sure and status[sure[0]] == COUNTS:
            people = {reviewer_key(rows[i]["reviewer"]) for i in sure}
            if len(people) < signatures:
                for index in sure:
                    status[index] = WAITING
    return status


def misnamed(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """(place in `rows`, reviewer) where `replaces` names someone who signed nothing on that type before."""
    seen: dict[tuple[str, str, str], set[str]] = {}
    faults = []
    for index, row in enumerate(rows):
        people = seen.setdefault((row["agency"], row["code_key"], row["text_key"]), set())
        faults += [(index, name) for name in named_reviewers(row["replaces"]) if name not in people]
        if row["basis"] == "signed":
            people.add(reviewer_key(row["reviewer"]))
    return faults
