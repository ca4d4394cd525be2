"""Calls straight from a PostgreSQL database: a query in, the same table of texts out as from a file.

Nothing is ever written: the query runs inside a read-only transaction, as a sub-query, so that only a SELECT
fits. Every column is turned into text by the database itself, which knows its own types best; time stamps
with a zone come in UTC with their offset. A password is never printed, whatever goes wrong.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import polars as pl

from call_codes.errors import InputError, UsageError
from calls.read import ROW_NUMBER, SOURCE_FILE, RawTable, no_ragged_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

_ADDRESS: Final = re.compile(r"^(postgres|postgresql)://", re.IGNORECASE)
# User, password, host and port of one character class each: an @ or / that is not percent-encoded would end
# up in another part, and from there in an error message.
_WHOLE: Final = re.compile(
    r"^postgres(?:ql)?://(?:[^\s:/@?#]+(?::[^\s:/@?#]*)?@)?(?:\[[0-9a-fA-F:.]+\]|[^\s:/@?#]*)(?::\d+)?"
    r"(?:/[^\s?#/@]*)?(?:\?[^\s#@]*)?$",
    re.IGNORECASE,
)
_EXAMPLE: Final = "postgresql://reader@cad-server:5432/cad"
_REFUSALS: Final = (
    (r"password authentication failed|no password supplied", "the server did not accept user and password"),
    (r"could not translate host name|Name or service not known", "no server of that name is known here"),
    (r"Connection refused", "nothing answers at that address and port"),
    (r"database \"[^\"]*\" does not exist", "the server has no database of that name"),
    (r"role \"[^\"]*\" does not exist", "the server has no user of that name"),
    (r"timeout|timed out", "the server did not answer in time"),
    (r"no pg_hba.conf entry", "the server does not let this machine or user in"),
    (r"SSL|certificate", "the encrypted connection could not be set up"),
    (r"No such file or directory", "there is no server socket at that place"),
)
_COUNT_OF_SECRET: Final = 3  # shorter passwords are not searched for in messages: nothing is quoted then


def is_database_url(source: str) -> bool:
    """Whether a source names a PostgreSQL database rather than a file."""
    return _ADDRESS.match(source) is not None


def read_database(url: str, query: str) -> RawTable:
    """The rows of `query`, all columns String, as `read_table` would give them for a file.

    `query` is one SELECT, or the path of a .sql file that holds one. Raises UsageError for an address or a query
    that cannot be used as given, InputError where the server refuses, the query fails or finds no rows.
    """
    if not _WHOLE.match(url):
        # The address is not quoted back: it may hold a password.
        raise UsageError(
            found="a database address that cannot be read.",
            expected=f"an address such as {_EXAMPLE}, in which @ : / ? # inside a password are written as "
            "%40 %3A %2F %3F %23.",
            action="Correct the address, or leave the password out of it and set the variable PGPASSWORD.",
        )
    query = _one_select(query)
    frame = _all_text(url, query)
    name = urlsplit(url).path.strip("/") or "database"
    if frame.is_empty():
        raise InputError(
            found=f"no rows: the query finds nothing in the database {name}.",
            expected="at least one call.",
            action="Check the condition of the query, and that its dates lie within the data.",
        )
    digest = hashlib.sha256(frame.write_csv().encode()).hexdigest()
    source = f"{name} (database)"
    frame = frame.with_row_index(ROW_NUMBER, offset=1).with_columns(
        pl.col(ROW_NUMBER).cast(pl.Int64), pl.lit(source).alias(SOURCE_FILE)
    )
    # A folder that does not exist, so that no file lying about is taken for this database's code list.
    return RawTable(frame, no_ragged_rows(), Path("postgresql:") / source, digest, "", "")


def _one_select(query: str) -> str:
    path = Path(query)
    if query.endswith(".sql"):
        try:
            query = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                found=f"no readable query file {query}.",
                expected="a text file with one SELECT.",
                action="Check its path, or write the query itself behind --query.",
            ) from error
    query = query.strip().rstrip(";").strip()
    if not re.match(r"(?is)^(--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with|table|values)\b", query):
        raise UsageError(
            found="a query that does not begin with SELECT or WITH." if query else "an empty query.",
            expected="one SELECT, such as --query \"select * from calls where received_at >= '2023-01-01'\".",
            action="Write the query that finds the calls; Rightcall only ever reads.",
        )
    return query


def _all_text(url: str, query: str) -> pl.DataFrame:
    try:
        from adbc_driver_manager import Error as DatabaseError
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise InputError(
            found="a database address, and no PostgreSQL driver on this machine.",
            expected="the optional part of Rightcall that reads databases.",
            action="Install it: pip install 'rightcall[database]'",
        ) from error
    try:
        connection = dbapi.connect(url)
    except DatabaseError as error:
        raise _cannot_connect(url, str(error)) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            # Newlines around the query, because it may end in a comment.
            cursor.execute(f"SELECT * FROM (\n{query}\n) AS calls LIMIT 0")
            columns = [(str(column[0]), str(column[1])) for column in cursor.description or ()]
        _check_names([name for name, _ in columns])
        texts = ", ".join(_as_text(name, kind) for name, kind in columns)
        frame = pl.read_database(f"SELECT {texts} FROM (\n{query}\n) AS calls", connection)
        return frame.select(pl.all().cast(pl.String))
    except (DatabaseError, pl.exceptions.PolarsError) as error:  # a fault of a later row comes through polars
        raise InputError(
            found=f"the database cannot run the query: {_plain(str(error), url)}.",
            expected="one SELECT that runs as it stands.",
            action="Try it in the database's own client first, then give it to --query.",
        ) from None
    finally:
        _close(connection)


def _close(connection: Any) -> None:
    connection.rollback()
    connection.close()


def _check_names(names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(
            found=f"several columns of the query are called {', '.join(repeated)}.",
            expected="a name of its own for every column.",
            action='Name them in the query, as in: select c.id as call_id, u.id as "unit_id" ...',
        )


def _as_text(name: str, kind: str) -> str:
    """One column as text, in SQL. `kind` is the column's Arrow type in words."""
    column = '"' + name.replace('"', '""') + '"'
    zoned = kind.startswith("timestamp[") and "tz=" in kind
    if zoned:
        text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') || '+0000'"
    elif kind.startswith("timestamp["):
        text = f"to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    else:
        text = f"{column}::text"
    return f"{text} AS {column}"


def _cannot_connect(url: str, message: str) -> InputError:
    reason = next((words for sign, words in _REFUSALS if re.search(sign, message, re.IGNORECASE)), None)
    host = urlsplit(url).hostname or "this machine"
    return InputError(
        found=f"no connection to the database on {host}: "
        f"{reason or 'the server or the address does not allow it'}.",
        expected="a PostgreSQL server that lets you read.",
        action="Check server, port, database and user; a password is best set as the variable PGPASSWORD.",
    )


def _plain(message: str, url: str) -> str:
    """The server's own words about the query, in one line, without the driver's frame and without secrets."""
    found = re.search(r"ERROR:\s*(.+?)(?:\n|$)", message)
    line = " ".join((found.group(1) if found else message.splitlines()[0]).split())
    for secret in {urlsplit(url).password or "", unquote(urlsplit(url).password or "")}:
        if secret and len(secret) < _COUNT_OF_SECRET:
            return "the server gives an error"
        if secret:
            line = line.replace(secret, "…")
    return line
