"""The settings of a run: the command's options over the lines of a rightcall.toml over the defaults.

A city keeps its choices in `rightcall.toml` beside its export, so that a run can be repeated next year by
someone else. Paths in it are relative to the file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from call_codes.code_books import check_book_names
from call_codes.errors import UsageError, did_you_mean
from calls.chosen_layout import check_zone_setting
from calls.small_counts import SMALLEST_COUNT
from officer_time.spans import CAP_HOURS

DEFAULT_POLICY = "behavioral_health_plus"


@dataclass(frozen=True)
class Settings:
    """Everything that a run depends on besides the code and the data."""

    files: tuple[Path, ...] = ()
    database: str | None = None
    query: str | None = None
    layout: str | None = None
    policy: str = DEFAULT_POLICY
    crosswalk: Path | None = None
    code_books: tuple[str, ...] = ()
    two_signatures: bool = False
    cap_hours: float = CAP_HOURS
    smallest_count: int = SMALLEST_COUNT
    time_zone: str | None = None
    repair_half_day_slips: bool = False
    place_columns: tuple[str, ...] = ()
    place_key: Path | None = None
    areas: Path | None = None
    populations: Path | None = None

    def __post_init__(self) -> None:
        check_book_names(self.code_books)
        if self.time_zone is not None:
            check_zone_setting(self.time_zone)
        if not 0.5 <= self.cap_hours <= 72:
            raise UsageError(
                found=f"a cap of {self.cap_hours} hours on one unit's time on one call.",
                expected="between 0.5 and 72 hours; 12 (one long shift) is the default.",
                action="Correct cap_hours in the settings.",
            )
        if bool(self.place_columns) != (self.place_key is not None):
            raise UsageError(
                found="place_columns without place_key."
                if self.place_columns
                else "place_key without place_columns.",
                expected="both: the columns that hold the address, and the file with the secret key.",
                action="Add the other one, or leave both away: without them no address is read.",
            )
        if self.smallest_count < 0:
            raise UsageError(
                found=f"smallest_count = {self.smallest_count}.",
                expected="0 or 1 (show every count) or a number such as 5 (hide cells below it).",
                action="Correct smallest_count in the settings.",
            )


_TYPES: dict[str, type | tuple[type, ...]] = {
    "files": list,
    "database": str,
    "query": str,
    "layout": str,
    "policy": str,
    "crosswalk": str,
    "code_books": list,
    "two_signatures": bool,
    "cap_hours": (int, float),
    "smallest_count": int,
    "time_zone": str,
    "repair_half_day_slips": bool,
    "place_columns": list,
    "place_key": str,
    "areas": str,
    "populations": str,
}
_LISTS = {"files": "calls.csv", "code_books": "louisiana_signals", "place_columns": "Address"}


def read_settings(path: Path) -> Settings:
    """The settings in a rightcall.toml. Raises UsageError in a sentence for anything that is not one."""
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            found=f"no settings file {path} ({error.strerror}).",
            expected="the path of a rightcall.toml.",
            action="Check the path, or leave --config away.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            found=f"{path.name} is not valid TOML ({error}).",
            expected='lines such as policy = "denver_star".',
            action="Correct the line named.",
        ) from error
    names = [field.name for field in fields(Settings)]
    for key, value in data.items():
        if key not in _TYPES:
            raise UsageError(
                found=f'the setting "{key}" in {path.name}, which does not exist.' + did_you_mean(key, names),
                expected=f"one of: {', '.join(names)}.",
                action="Correct the spelling.",
            )
        if not isinstance(value, _TYPES[key]) or (isinstance(value, bool) and _TYPES[key] is not bool):
            raise UsageError(
                found=f"{key} = {value!r} in {path.name}.",
                expected=f'a list of names, as in {key} = ["{_LISTS[key]}"].'
                if key in _LISTS
                else "text in quotes for names and files, true or false for a choice, a plain number for the rest.",
                action="Correct the value.",
            )
    here = path.resolve().parent
    if "files" in data:
        data["files"] = tuple(here / name for name in data["files"])
    if data.get("query", "").endswith(".sql"):
        data["query"] = str(here / data["query"])
    if "place_columns" in data:
        data["place_columns"] = tuple(str(name) for name in data["place_columns"])
    for key in ("place_key", "crosswalk", "areas", "populations"):
        if key in data:
            data[key] = here / data[key]
    if "code_books" in data:
        # A bundled book stays a name; a file of the city's own is looked for beside the settings.
        books = (str(name) for name in data["code_books"])
        data["code_books"] = tuple(str(here / b) if b.lower().endswith(".csv") else b for b in books)
    for key in ("layout", "policy"):
        # A name stays a name; a file is looked for beside the settings.
        if key in data and data[key].endswith(".toml"):
            data[key] = str(here / data[key])
    return Settings(**data)


def with_options(settings: Settings, **options: Any) -> Settings:
    """`settings` with every option that was given (is not None) in place of its setting."""
    return replace(settings, **{key: value for key, value in options.items() if value is not None})
