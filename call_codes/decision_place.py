"""Where reviewers' decisions are kept: a file of this machine, or a team's PostgreSQL, and what can go wrong there.

The default is one SQLite file in the user's data folder. Whatever fails is told in sentences, and no message ever
holds a password or a row. Two programs that write at once wait for each other; neither overwrites.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from call_codes.errors import InputError, OutputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

VARIABLE: Final = "RIGHTCALL_DECISIONS"
WAIT_SECONDS: Final = 15
# One number for all of this program's writers; any constant serves that nobody else in the database uses.
_ADVISORY_LOCK: Final = 7_263_401_911
_TEAM: Final = re.compile(r"^postgres(?:ql)?(?:\+pg8000)?://", re.IGNORECASE)
# Each part of one class of characters: an @ or / that is not percent-encoded would put half a password elsewhere.
_WHOLE: Final = re.compile(
    r"^[a-z0-9+]+://[^\s:/@?#]+(?::[^\s:/@?#]*)?@(?:\[[0-9a-fA-F:.]+\]|[^\s:/@?#]+)(?::\d+)?/[^\s?#/@]+"
    r"(?:\?[^\s#@]*)?$",
    re.IGNORECASE,
)
_EXAMPLE: Final = "postgresql://reviewer@db-server:5432/rightcall"
_ENCRYPTION: Final = ("disable", "prefer", "require", "verify-full")
_REFUSALS: Final = (
    (r"28P01|28000|SASL|SCRAM", "the server did not accept user and password"),
    (r"3D000", "the server has no database of that name"),
    (r"42501|permission denied", "this user may not make or write tables there"),
    (r"25006", "the server only lets this connection read"),
    (r"55P03|database is locked|database table is locked", "another program kept it locked for too long"),
    (r"53\d\d\d|disk is full|disk I/O", "it has no room or no connection left"),
    (r"not a database|malformed", "the file there is no store of decisions"),
    (r"readonly database", "the file may be read but not written"),
    (r"unable to open", "the file cannot be opened there"),
    (r"Can't create a connection|timed out|network", "nothing answers at that address and port"),
    (r"SSL|certificate", "the encrypted connection could not be set up"),
)


@dataclass(frozen=True)
class Place:
    """A place for decisions. shown: its name for people, without user and password; engine: how it is reached."""

    shown: str
    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of what is committed. Raises OutputError in sentences."""
        with told(self.shown), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer shares; all of it is on the disk at its end, or none."""
        with told(self.shown), self.engine.connect() as plain:
            connection = plain.execution_options(rightcall_writes=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
                yield connection


def default_place() -> str:
    """What the variable RIGHTCALL_DECISIONS says, else decisions.sqlite in the user's data folder."""
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE]
    from platformdirs import user_data_dir

    return str(Path(user_data_dir("rightcall", appauthor=False)) / "decisions.sqlite")


def find_place(where: str | Path | None = None) -> Place:
    """The place that a path, a sqlite:/// address or a postgresql:// address names; None: `default_place`.

    Nothing is opened yet. Raises UsageError for an address that cannot be used, without quoting it.
    """
    text = str(default_place() if where is None else where)
    if _TEAM.match(text):
        return _team(text)
    scheme, found, rest = text.partition("://")
    if found and scheme.lower() != "sqlite":
        known = ("postgresql", "sqlite")
        raise UsageError(
            found=f'a store of decisions of the kind "{scheme}".{did_you_mean(scheme, known)}',
            expected=f"a path such as decisions.sqlite, or an address such as {_EXAMPLE}.",
            action="Correct the path or the address.",
        )
    path = Path(rest.removeprefix("/") if found else text).expanduser()
    if not path.name or text.strip() == "" or path.is_dir():
        raise UsageError(
            found=f'"{path}" as the file for decisions, which is a folder or nothing.',
            expected="the path of a file, such as decisions.sqlite.",
            action="Add the name of a file to it.",
        )
    return _file(path)


def _file(path: Path) -> Place:
    from sqlalchemy import URL, NullPool, create_engine, event

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"timeout": WAIT_SECONDS},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; _begin does
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode only FULL makes a commit outlast a power cut.
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its turn before it reads: what it decides on cannot change before it has written.
        writes = connection.get_execution_options().get("rightcall_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(str(path), f"its folder cannot be made ({error.strerror})") from error
    return Place(str(path), engine)


def _team(url: str) -> Place:
    from sqlalchemy import URL, create_engine

    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    encryption = options.pop("sslmode", "prefer")
    if not _WHOLE.match(url) or options or encryption not in _ENCRYPTION:
        # The address is not quoted back: it may hold a password.
        raise UsageError(
            found="a database address for decisions that cannot be read.",
            expected=f"an address with user, server and database, such as {_EXAMPLE}, in which @ : / ? # inside a "
            f"password are written as %40 %3A %2F %3F %23; behind it at most ?sslmode={'|'.join(_ENCRYPTION)}.",
            action="Correct the address, or leave the password out of it and set the variable PGPASSWORD.",
        )
    if importlib.util.find_spec("pg8000") is None:
        raise InputError(
            found="a database address for decisions, and no PostgreSQL driver on this machine.",
            expected="the optional part of Rightcall that speaks with databases.",
            action="Install it: pip install 'rightcall[database]'",
        )
    database = unquote(parts.path.strip("/"))
    engine = create_engine(
        URL.create(
            "postgresql+pg8000",
            username=unquote(parts.username or ""),
            password=unquote(parts.password or os.environ.get("PGPASSWORD", "")),
            host=parts.hostname,
            port=parts.port or 5432,
            database=database,
        ),
        pool_pre_ping=True,
        connect_args={"timeout": WAIT_SECONDS, "ssl_context": _ssl(encryption)},
        hide_parameters=True,
    )
    return Place(f"database {database} at {parts.hostname}:{parts.port or 5432}", engine)


def _ssl(encryption: str) -> Any:
    """What the driver takes for each sslmode, in the words of PostgreSQL's own programs; verify-full also checks who
    answers."""
    if encryption == "verify-full":
        import ssl

        return ssl.create_default_context()
    return {"disable": False, "prefer": None, "require": True}[encryption]


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Turn what the database says into OutputError: never its own words, which may hold rows or a password."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        said = str(getattr(error, "orig", None) or error)
        why = next((words for pattern, words in _REFUSALS if re.search(pattern, said, re.IGNORECASE)), None)
        raise _cannot(shown, why or f"{type(getattr(error, 'orig', None) or error).__name__}") from None


def _cannot(shown: str, why: str) -> OutputError:
    return OutputError(
        found=f"the store of decisions ({shown}) cannot be used: {why}",
        expected="a file in a folder that may be written to, or a PostgreSQL server that answers",
        action=f"check the place, the rights and the disk; another place is set by the variable {VARIABLE}. "
        "What was confirmed before is still there",
    )
