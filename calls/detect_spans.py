"""Recognising spans (minutes, seconds) that a file gives instead of stamps: "travel time", "Dispatch → Arrival".

A span needs the stamp that it starts at, so these are looked for last; its unit and its ends are asked about where
the header does not say them.
"""

from __future__ import annotations

from calls.column_values import span_unit
from calls.detect_times import file_gives_spans, noun_time
from calls.draft import Draft, has
from calls.headers import says_span, words_of
from calls.layouts import Duration
from calls.schema import STAMPS
from calls.times import header_words


def find_spans(draft: Draft) -> None:
    """Durations for the stamps that no column gives, each after the first stamp of its rule that the file has."""
    if _telephone_log(draft):
        draft.ask(
            "Is this a log of telephone calls at the answering point? It then has no units and no officer time."
        )
        draft.drop("cleared_at")
        return
    found: list[tuple[int, float, str, str, tuple[str, ...]]] = []
    for header in draft.left():
        ruled = _span_rule(draft, header)
        if ruled is not None:
            until, since, sure = ruled
            # The earlier stamp first, because later spans may start at it.
            found.append((STAMPS.index(until), -sure, header, until, since))
    for _, negative, header, until, since in sorted(found):
        known = tuple(s for s in since if s in draft.columns or s in draft.durations)
        if until not in draft.columns and until not in draft.durations and known:
            _take_span(draft, header, until, known, -negative)


def _span_rule(draft: Draft, header: str) -> tuple[str, tuple[str, ...], float] | None:
    """(until, since, sureness) of a header that says, or whose values are, a span; else None."""
    words = set(words_of(header))
    spans = header_words()["spans"]
    kind = draft.kind(header).kind
    said = says_span(header) or (kind == "empty" and file_gives_spans(draft) and noun_time(header))
    likely = kind == "span" and has(header, "time", *spans["header"])
    if not (said or likely) or kind not in ("span", "empty") or words & set(spans["never"]):
        return None
    if "to" in words or "between" in words:
        return _from_to(header)
    for rule in spans["rules"]:
        if set(rule["words"]) <= words:
            if rule["words"] == ["response"] and not has(header, "minutes", "seconds"):
                draft.ask(f'From when to when does "{header}" run? It is not used.')
                return None
            return rule["until"], tuple(rule["since"]), float(rule["sure"])
    return None


def _from_to(header: str) -> tuple[str, tuple[str, ...], float] | None:
    """ "Minutes: Dispatch → Arrival": the stamps on both sides of the "to"."""
    before, _, after = " ".join(words_of(header)).partition(" to ")
    moments = header_words()["moments"]

    def stamp(text: str) -> str | None:
        words = text.split()
        named = [s for s in reversed(STAMPS) if set(words) & set(moments[s])]
        return named[0] if named else None

    first, last = stamp(before), stamp(after)
    if first is None or last is None or STAMPS.index(first) >= STAMPS.index(last):
        return None
    return last, (first,), 0.75


def _take_span(draft: Draft, header: str, until: str, since: tuple[str, ...], sure: float) -> None:
    unit, certain = _unit_in_header(header), True
    if unit is None:
        unit, certain = span_unit(draft.sample[header])
    draft.durations[until] = Duration(header, unit, since)
    draft.confidence[until] = round(sure if certain else sure - 0.1, 2)
    draft.reasons[until] = f'"{header}" is a span of {unit} after {since[0]}'
    if not certain:
        draft.ask(f'Is "{header}" in minutes or in seconds? It was read as {unit}.')
    if sure < 0.7:
        draft.ask(f'Does "{header}" run from {since[0]} to {until}? It was read so.')


def _unit_in_header(header: str) -> str | None:
    for unit in ("seconds", "minutes", "hours"):
        if has(header, unit):
            return unit
    return None


def _telephone_log(draft: Draft) -> bool:
    words = {w for h in draft.headers for w in words_of(h)}
    return len(words & set(header_words()["telephone_log"]["words"])) >= 4
