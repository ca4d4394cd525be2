"""Recognising the stamps of a call: moments, dates with clock times beside them, one date for several clock times.

Values decide where there are any; a header alone is believed less, and what could be read two ways is asked.
"""

from __future__ import annotations

import polars as pl

from calls.draft import Draft, has
from calls.headers import header_form, header_score, says_span, words_of
from calls.schema import MAPPABLE, STAMPS
from calls.times import FormatGuess, guess_formats, header_words, join_date_and_time

_TIME_WORDS = {"date", "time", "timestamp", "hour", "local", "at", "and", "of"}
_ANY_CALL = {"call", "incident", "event", "cad", "cfs", "911", "dispatched", "created", "received"}
_PAIR_BONUS = 0.14
_LONE_DATE = 0.12
_NO_TIME_WORD = 0.12
_ENOUGH_READ = 0.8
_SHARED_DATE = 0.65
_DATE_ONLY = 0.75
_CUT_HALVES = 0.4


def is_date(draft: Draft, header: str) -> bool:
    """A date without a clock time, by its values or, without any, by its header."""
    kind = draft.kind(header).kind
    return kind == "date" or (
        kind == "empty" and has(header, "date") and not has(header, "time", "timestamp", "load", "update")
    )


def _is_moment(draft: Draft, header: str) -> bool:
    kind = draft.kind(header).kind
    named = has(header, "timestamp") or (has(header, "date") and has(header, "time"))
    return kind == "moment" or (kind == "empty" and named)


def _is_clock(draft: Draft, header: str) -> bool:
    kind = draft.kind(header).kind
    return kind == "clock" or (
        kind == "empty"
        and has(header, "time", "hour")
        and not has(header, "date", "timestamp")
        and not says_span(header)
    )


def _stem(header: str) -> set[str]:
    return set(words_of(header)) - _TIME_WORDS


def own_clock(draft: Draft, date: str) -> str | None:
    """The clock-time column that goes with this date: the same words with time for date, or a bare "Time"."""
    clocks = [h for h in draft.headers if h != date and _is_clock(draft, h)]
    same = [h for h in clocks if _stem(h) == _stem(date)]
    bare = [h for h in clocks if not _stem(h) and has(h, "time")]
    return next(iter(same or bare), None)


def stamp_order(draft: Draft, standard: str, header: str, score: float) -> float:
    """The header's score, better where a clock completes a date, worse for a bare date where others have one."""
    if standard not in STAMPS or not is_date(draft, header):
        return score
    rivals = [h for (s, h) in draft.scores if s == standard and h != header]
    if own_clock(draft, header):
        whole = any(_is_moment(draft, h) and _stem(h) == _stem(header) for h in rivals)
        return score - _LONE_DATE if whole else score + _PAIR_BONUS
    better = any(is_date(draft, h) and own_clock(draft, h) for h in rivals)
    return score - _LONE_DATE if better else score


def take_stamp(draft: Draft, standard: str, header: str, score: float) -> None:
    """Decide for this header as this stamp, if its values (or its words alone) are times."""
    kind = draft.kind(header)
    if kind.kind in ("span", "none") or (says_span(header) and kind.kind != "moment"):
        return
    if kind.kind == "empty" and file_gives_spans(draft) and noun_time(header):
        return
    if kind.kind == "empty" and not has(header, "date", "time", "timestamp"):
        score -= _NO_TIME_WORD
    sources: tuple[str, ...] = (header,)
    reason = f'header "{header}"'
    if is_date(draft, header):
        clock = own_clock(draft, header)
        if clock is not None and clock not in draft.taken():
            sources = (header, clock)
            reason += f' with the clock time in "{clock}"'
    draft.take(standard, sources, score, reason)
    if kind.kind == "moment":
        _note_formats(draft, standard, header, kind.formats, kind.share_read, kind.ambiguous)
    elif len(sources) == 2:
        _read_pair(draft, standard, sources)


def _note_formats(
    draft: Draft, standard: str, header: str, formats: tuple[str, ...], share: float, ambiguous: bool
) -> None:
    draft.formats += [f for f in formats if f not in draft.formats]
    how = f"{len(formats)} formats: " if len(formats) > 1 else ""
    draft.reasons[standard] += f", {share:.0%} of its values read as times ({how}{', '.join(formats)})"
    if ambiguous:
        draft.ask(f'Are the dates in "{header}" month-first, as read, or day-first?')


def _read_pair(draft: Draft, standard: str, sources: tuple[str, ...]) -> bool:
    """Note how a date and its clock are written; False where the two together do not read as times."""
    if not all(draft.has_values(s) for s in sources):
        return True
    joined = join_date_and_time(draft.sample.select(pl.col(list(sources))), sources, "_joined")["_joined"]
    guess = guess_formats(joined)
    if guess.half_cut_off:
        return _settle_cut_halves(draft, standard, sources, guess)
    if guess.share_read < _ENOUGH_READ:
        return False
    _note_formats(draft, standard, sources[0], guess.formats, guess.share_read, guess.ambiguous)
    return True


def _settle_cut_halves(draft: Draft, standard: str, sources: tuple[str, ...], guess: FormatGuess) -> bool:
    """Clock times of which some lost their AM or PM: a moment in another column says the same, or a person must."""
    named = " + ".join(f'"{s}"' for s in sources)
    rivals = [
        h for h in draft.left() if draft.scores.get((standard, h), 0) > 0 and draft.kind(h).kind == "moment"
    ]
    cut = f"{guess.half_cut_off:.0%} of the times in {named} lack the AM or PM that the others have"
    if rivals:
        kind = draft.kind(rivals[0])
        draft.take(
            standard, (rivals[0],), draft.scores[standard, rivals[0]], f'header "{rivals[0]}", because {cut}'
        )
        draft.lower(standard, _SHARED_DATE)
        _note_formats(draft, standard, rivals[0], kind.formats, kind.share_read, kind.ambiguous)
        draft.ask(f'{cut}: is "{rivals[0]}", as taken, the same moment?')
    else:
        draft.lower(standard, _CUT_HALVES)
        _note_formats(draft, standard, sources[0], guess.formats, guess.share_read, guess.ambiguous)
        draft.ask(f"{cut}: can the agency export them whole? They are not read as times.")
    return True


def file_gives_spans(draft: Draft) -> bool:
    """Whether the headers alone say that this file gives spans: two or more that can be nothing else, and no
    later stamp that is named as a moment in the same way (without the word date)."""
    spans = [h for h in draft.headers if says_span(h) and not has(h, "to")]
    moments = [
        h
        for h in draft.headers
        if any(header_score(s, h) > 0.7 for s in STAMPS[2:])
        and not (says_span(h) or noun_time(h) or has(h, "date", "timestamp"))
        and not any(header_score(s, h) > 0.7 for s in MAPPABLE if s not in STAMPS)
    ]
    return len(spans) >= 2 and not moments


def noun_time(header: str) -> bool:
    """ "dispatch time", "time on scene": a moment or a span. "time dispatched" and "dispatch date" are moments."""
    words = set(words_of(header))
    moment = any(w.endswith("ed") for w in header_form(header).split()) or has(header, "date", "timestamp")
    spanned = any(set(rule["words"]) <= words for rule in header_words()["spans"]["rules"])
    return has(header, "time") and spanned and not moment


def settle_start(draft: Draft) -> None:
    """Without any other start of the call, a "response date" or an "entry time" is it, and a person is asked."""
    if "received_at" in draft.columns:
        return
    for standard, word in (("enroute_at", "response"), ("queued_at", "entered")):
        sources = draft.columns.get(standard)
        if sources and (has(sources[0], word) or (word == "entered" and has(sources[0], "entry"))):
            draft.drop(standard)
            draft.take("received_at", sources, 0.68, f'header "{sources[0]}", and no other start of the call')
            draft.ask(f'Is "{sources[0]}" when the call came in, as taken, or a later moment?')
            return


def settle_clocks(draft: Draft) -> None:
    """Give every clock time its date, and say what a bare date lacks."""
    date = _shared_date(draft)
    for standard in [s for s in STAMPS if s in draft.columns]:
        sources = draft.columns[standard]
        if len(sources) == 2:
            continue
        header = sources[0]
        kind = draft.kind(header).kind
        if kind == "date":
            draft.formats += [f for f in draft.kind(header).formats if f not in draft.formats]
            draft.lower(standard, _DATE_ONLY)
            draft.ask(f'"{header}" holds dates without a clock time. Which column has the time of day?')
        bare_clock = kind == "clock" or (
            kind == "empty" and not has(header, "date", "timestamp") and _by_clock(draft, date)
        )
        if not bare_clock or date is None or date == header:
            if kind == "clock":
                draft.drop(standard)
                draft.ask(f'"{header}" holds clock times without a date. Which column has the date?')
            continue
        pair = (date, header)
        draft.columns[standard] = pair
        draft.reasons[standard] += f', a clock time on the date in "{date}"'
        if not _read_pair(draft, standard, pair):
            draft.drop(standard)
            draft.ask(
                f'How are the times in "{header}" written? They do not read with the dates in "{date}".'
            )
            continue
        if standard != "received_at" or kind == "empty":
            draft.lower(standard, _SHARED_DATE if kind == "empty" else 0.85)


def _by_clock(draft: Draft, date: str | None) -> bool:
    """Header alone: the received stamp is a clock time beside a general date, or lacks a date itself."""
    if date is None:
        return False
    received = draft.columns.get("received_at")
    return received is None or received[0] == date or not has(received[0], "date", "timestamp")


def _shared_date(draft: Draft) -> str | None:
    """The one date that clock times belong to: the received stamp's, or the file's general date column."""
    received = draft.columns.get("received_at", ())
    if received and (len(received) == 2 or draft.kind(received[0]).kind in ("moment", "date")):
        return received[0]
    general = [
        h
        for h in draft.headers
        if (is_date(draft, h) or draft.kind(h).kind == "moment")
        and _stem(h) <= _ANY_CALL
        and not any(h in draft.columns.get(s, ()) for s in STAMPS[1:])
    ]
    return next(iter(general), None)
