"""Adding decisions to a crosswalk file: all of them or none, never two writers at once, nothing lost in a crash.

A line is added at the end of the file in one write under a lock, and the call returns only when the disk has it.
Earlier lines are never changed; a decision that changes one names it in `replaces`. Several lines at once, and a
file whose header lacks the decision columns, are written as a new file that takes the old one's place in one step.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from call_codes.crosswalk import normalise, ordered_hazard, read_crosswalk, row_faults
from call_codes.crosswalk_file import COLUMNS, DECISION_COLUMNS, decode, header_of, separator_of, split_torn
from call_codes.errors import CodeBookError, OutputError
from call_codes.spreadsheet import escape_cell
from call_codes.standing import REPLACED, named_reviewers, reviewer_key

FILE_COLUMNS = (*COLUMNS, *DECISION_COLUMNS)
# Read again in whatever form a spreadsheet saves them, so they need no apostrophe.
_DATES = ("since", "date")


@dataclass(frozen=True)
class Decision:
    """What one reviewer decided about one type. The fields are columns of the crosswalk file.

    hazard: kinds joined by "|", "none" = states no hazard, "" = not judged. date: the day of signing. since: the
    day from which the meaning holds. replaces: reviewers whose earlier decisions this one takes the place of,
    joined by "|". confidence: sure or unsure; an unsure decision is kept and does not count.
    """

    category: str
    reviewer: str
    date: str
    agency: str = ""
    code: str = ""
    text: str = ""
    hazard: str = ""
    basis: str = "signed"
    since: str = ""
    note: str = ""
    reason: str = ""
    replaces: str = ""
    confidence: str = "sure"


@dataclass(frozen=True)
class Signed:
    """What became of the decisions: written, already there word for word, and notices about the file."""

    written: int
    already_there: int
    notices: tuple[str, ...]


def append_decisions(path: Path, decisions: Sequence[Decision]) -> Signed:
    """Add the decisions at the end of the crosswalk at `path`; the file is made where there is none.

    A reviewer who signs a type again replaces the own earlier decision: `replaces` is filled in. A decision that
    stands word for word is not written twice. A last line that was cut off in an earlier crash is moved to
    `NAME.unfinished.txt` beside the file. Raises CodeBookError, and writes nothing, when one of the decisions or
    the file is faulty; OutputError when the file cannot be written.
    """
    check_decisions(decisions)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path) as file:
            notices = _prepare(path, file)
            lines, already = _lines(path, decisions)
            if len(lines) == 1:
                os.lseek(file, 0, os.SEEK_END)
                _write_all(file, lines[0].encode())
            elif lines:
                # Several lines belong together: a crash must not leave the first half of an import signed.
                _put(path, file, decode(path.read_bytes(), path) + "".join(lines))
            return Signed(len(lines), already, notices)
    except OSError as error:
        raise OutputError(
            found=f"the crosswalk {path} cannot be written ({error.strerror})",
            expected="a file that may be written to, on a disk with space",
            action="check the path; what was signed before is still there",
        ) from error


def check_decisions(decisions: Sequence[Decision]) -> None:
    """Raise CodeBookError with what is wrong with the decisions, by their number; nothing where all are right."""
    faults = [
        f"Decision {number}: {fault}"
        for number, decision in enumerate(decisions, 1)
        for fault in row_faults(_row(decision))
    ]
    if faults:
        raise CodeBookError(
            found=f"{len(faults)} fault(s): {' '.join(faults[:5])}",
            expected="decisions without faults; nothing was written",
            action="correct them and sign again",
        )


def _row(decision: Decision) -> dict[str, str]:
    return {
        **{name: " ".join(value.split()) for name, value in asdict(decision).items()},
        "hazard": ordered_hazard(decision.hazard.lower()),
        "code_key": normalise(decision.code),
        "text_key": normalise(decision.text),
    }


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, open for reading and adding, that no other writer holds; it is made where there is none."""
    import fcntl

    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(file, fcntl.LOCK_EX)
        # Another writer may have put a new file in its place while this one waited for the old one.
        if path.exists() and os.fstat(file).st_ino == path.stat().st_ino:
            break
        os.close(file)
    try:
        yield file
    finally:
        os.close(file)


def _prepare(path: Path, file: int) -> tuple[str, ...]:
    """Make the open file ready for another line: header, all columns, no fragment, a line end at the end."""
    content = path.read_bytes()
    text = decode(content, path)
    if not text.strip():
        os.ftruncate(file, 0)
        _write_all(file, (",".join(FILE_COLUMNS) + "\n").encode())
        _sync_folder(path.parent)
        return ()
    whole, torn = split_torn(text)
    notices: tuple[str, ...] = ()
    if torn:
        beside = path.with_name(f"{path.stem}.unfinished.txt")
        with beside.open("a", encoding="utf-8") as kept:
            kept.write(f"{torn}\n")
            os.fsync(kept.fileno())
        notices = (f"The last line of {path.name} was unfinished; it was moved to {beside.name}.",)
    header = header_of(text)
    if torn or header[-1] != "confidence" or not set(FILE_COLUMNS) <= set(header):
        _put(path, file, _with_all_columns(path, whole, header))
    elif not text.endswith("\n"):
        os.lseek(file, 0, os.SEEK_END)
        _write_all(file, b"\n")
    return notices


def _with_all_columns(path: Path, whole: str, header: list[str]) -> str:
    """The same lines in a table that has the decision columns, confidence last; blank lines are left out."""
    separator = separator_of(whole)
    table = list(csv.reader(io.StringIO(whole), delimiter=separator))[1:]
    names = [name for name in header if name != "confidence"]
    names += [name for name in FILE_COLUMNS if name not in names and name != "confidence"]
    names.append("confidence")
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise CodeBookError(
            found=f"the crosswalk {path} lacks the column(s) {', '.join(missing)}",
            expected=f"the columns {', '.join(COLUMNS)}; cells may be blank, columns may not be absent",
            action="add the columns to the header line",
        )
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(names)
    for cells in table:
        row = dict(zip(header, cells, strict=False))
        if any(row.values()):
            writer.writerow([row.get(name, "") for name in names])
    return out.getvalue()


def _put(path: Path, file: int, text: str) -> None:
    """Put a file with this text in the place of `path` in one step; the lock moves on to it."""
    import fcntl

    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        _write_all(number, text.encode())
        os.fchmod(number, os.fstat(file).st_mode & 0o777)
        fcntl.flock(number, fcntl.LOCK_EX)
        os.replace(name, path)
        _sync_folder(path.parent)
        # From here on `file` is the new file: another writer that waits for it waits for this lock.
        os.dup2(number, file)
    finally:
        os.close(number)
        Path(name).unlink(missing_ok=True)


def _lines(path: Path, decisions: Sequence[Decision]) -> tuple[list[str], int]:
    """The lines to add, in the columns and with the separator of the file; and how many are there already."""
    text = decode(path.read_bytes(), path)
    header, separator = header_of(text), separator_of(text)
    rows, already = rows_to_add(read_crosswalk(path).decisions.to_dicts(), decisions)
    lines = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, delimiter=separator, lineterminator="\n").writerow(
            [row.get(n, "") if n in _DATES else escape_cell(row.get(n, "")) for n in header]
        )
        lines.append(out.getvalue())
    return lines, already


def rows_to_add(
    present: Sequence[Mapping[str, str]], decisions: Sequence[Decision]
) -> tuple[list[dict[str, str]], int]:
    """The decisions as rows of a crosswalk that holds `present` (`Crosswalk.decisions`), and how many it has already.

    A reviewer's own earlier decision on a type is named in `replaces`. Raises CodeBookError where `replaces` names
    someone who signed nothing on the type.
    """
    known = [dict(row) for row in present]
    added: list[dict[str, str]] = []
    already = 0
    for decision in decisions:
        row = _row(decision)
        own = [old for old in known if _same_type(old, row) and old["standing"] != REPLACED]
        mine = [old for old in own if reviewer_key(old["reviewer"]) == reviewer_key(row["reviewer"])]
        if any(_says_the_same(old, row) for old in mine):
            already += 1
            continue
        people = named_reviewers(row["replaces"])
        if mine and reviewer_key(row["reviewer"]) not in people:
            row["replaces"] = "|".join(filter(None, (row["replaces"], row["reviewer"])))
        unknown = set(people) - {reviewer_key(old["reviewer"]) for old in known if _same_type(old, row)}
        if unknown:
            raise CodeBookError(
                found=f"replaces names {', '.join(sorted(unknown))}, who signed nothing on this type",
                expected="reviewers who signed this agency, code and text before",
                action="correct the names, or leave replaces blank; nothing was written",
            )
        for old in own:
            if reviewer_key(old["reviewer"]) in named_reviewers(row["replaces"]):
                old["standing"] = REPLACED
        added.append(row)
        known.append({**row, "standing": ""})
    return added, already


def _same_type(one: dict[str, str], other: dict[str, str]) -> bool:
    return all(one[name] == other[name] for name in ("agency", "code_key", "text_key"))


def _says_the_same(old: dict[str, str], new: dict[str, str]) -> bool:
    names = ("category", "hazard", "basis")
    same_doubt = (old["confidence"] == "unsure") == (new["confidence"] == "unsure")
    return same_doubt and all(old[name] == new[name] for name in names) and not new["replaces"]


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
    os.fsync(file)


def _sync_folder(folder: Path) -> None:
    """A new name in a folder is on the disk only when the folder is."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
