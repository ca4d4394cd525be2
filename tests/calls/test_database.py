"""Calls from a real PostgreSQL: the same texts as from a file, nothing written, no password ever told."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from call_codes.errors import InputError, UsageError
from calls.clean import clean
from calls.database import is_database_url, read_database
from calls.detection import detect_layout
from calls.read import ROW_NUMBER, SOURCE_FILE, read_table

_spec = importlib.util.spec_from_file_location(
    "postgres_server", Path(__file__).with_name("postgres_server.py")
)
assert _spec is not None
assert _spec.loader is not None
postgres_server = importlib.util.module_from_spec(_spec)
sys.modules["postgres_server"] = postgres_server
_spec.loader.exec_module(postgres_server)

SECRET = "s3cret-w0rd"

CALLS = """
create table calls (
  incident_number text, call_type text, time_received timestamptz, time_dispatched timestamp, beat integer,
  units text[], "the ""odd"" one" interval
);
insert into calls values
  ('23-1', 'NOISE, LOUD', '2023-06-13 14:00:00-05', '2023-06-13 14:05:00.25', 12, '{A1,B2}', '1 day'),
  ('23-2', 'WELFARE CHECK', '2023-11-05 01:30:00-06', null, 014, null, null);
create sequence numbers;
"""


@pytest.fixture(scope="module")
def database():
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="the database extra is not installed")
    try:
        with postgres_server.postgres(SECRET) as url:
            with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
                for statement in CALLS.split(";"):
                    if statement.strip():
                        cursor.execute(statement)
            yield url
    except postgres_server.NoPostgres as reason:
        pytest.skip(f"no PostgreSQL here: {reason}")


def test_on_a_machine_of_root_with_postgresql_the_tests_do_run():
    """The others may skip; where everything is at hand a skip would hide a fault of ours."""
    if os.geteuid() != 0 or shutil.which("runuser") is None or not Path("/usr/lib/postgresql").is_dir():
        pytest.skip("no root, no runuser or no PostgreSQL here")
    with postgres_server.postgres(SECRET) as url:
        assert is_database_url(url)


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("postgresql://reader@cad/calls", True),
        ("postgres://reader@cad/calls", True),
        ("calls.csv", False),
        ("postgresql.csv", False),
        ("https://data.city.gov/resource/abcd-1234", False),
    ],
)
def test_a_database_is_told_from_a_file(source, is_one):
    assert is_database_url(source) is is_one


def test_every_column_comes_as_text_and_stamps_as_a_file_would_have_them(database):
    raw = read_database(database, "select * from calls order by incident_number")
    assert set(raw.frame.schema.values()) == {pl.String, pl.Int64}
    assert [raw.frame.schema[c] for c in (ROW_NUMBER, SOURCE_FILE)] == [pl.Int64, pl.String]
    assert raw.frame.drop(ROW_NUMBER, SOURCE_FILE).rows() == [
        ("23-1", "NOISE, LOUD", "2023-06-13T19:00:00+0000", "2023-06-13T14:05:00", "12", "{A1,B2}", "1 day"),
        ("23-2", "WELFARE CHECK", "2023-11-05T07:30:00+0000", None, "14", None, None),
    ]
    assert (raw.rows_read, raw.path.name) == (2, "postgres (database)")


def test_what_comes_from_a_database_is_cleaned_like_a_file(database, write):
    query = (
        "select incident_number, call_type, time_received::timestamp, time_dispatched from calls order by 1"
    )
    from_database = read_database(database, query)
    file = write("calls.csv", from_database.frame.drop(ROW_NUMBER, SOURCE_FILE).write_csv())
    from_file = read_table(file)
    both = [clean([raw], detect_layout(raw).layout).calls for raw in (from_database, from_file)]
    assert both[0].equals(both[1])
    assert both[0]["received_at"].null_count() == 0


def test_the_same_rows_have_the_same_hash(database):
    query = "select * from calls order by 1"
    assert read_database(database, query).sha256 == read_database(database, query + " ;  ").sha256


def test_a_query_may_stand_in_a_file_and_end_in_a_comment(database, write):
    file = write(
        "calls.sql",
        "-- the calls of one beat\nwith c as (select * from calls)\nselect * from c where beat = 12 -- only",
    )
    assert read_database(database, str(file)).rows_read == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from cals", 'relation "cals" does not exist'),
        ("select call_typ from calls", 'column "call_typ" does not exist'),
        ("select * form calls", "syntax error"),
        ("select 1 / (beat - beat) as x from calls", "division by zero"),
        ("select * from calls where beat = 99", "no rows: the query finds nothing"),
        ("select beat, beat from calls", "several columns of the query are called beat"),
    ],
)
def test_a_query_that_does_not_work_gets_a_sentence(database, query, said):
    with pytest.raises(InputError) as error:
        read_database(database, query)
    assert said in str(error.value)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "query",
    ["", "delete from calls", "drop table calls", "insert into calls values ('x')", "no_such_file.sql"],
)
def test_what_is_not_a_select_is_not_even_sent(query):
    with pytest.raises(UsageError):
        read_database("postgresql://reader@127.0.0.1:1/none", query)


def test_nothing_can_be_written_even_from_inside_a_select(database):
    with pytest.raises(InputError, match="data-modifying"):
        read_database(database, "with gone as (delete from calls returning *) select * from gone")
    with pytest.raises(InputError, match="read-only"):
        read_database(database, "select setval('numbers', 5)")
    assert read_database(database, "select * from calls").rows_read == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((SECRET, "wr0ng-w0rd"), "did not accept user and password"),
        (("/postgres", "/nowhere"), "no database of that name"),
        (("reader:", "nobody:"), "did not accept user and password"),
    ],
)
def test_a_server_that_does_not_let_us_in_says_why_without_the_password(database, change, said):
    with pytest.raises(InputError) as error:
        read_database(database.replace(*change), "select 1")
    assert said in str(error.value)
    assert "w0rd" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_server_that_is_not_there_says_so():
    pytest.importorskip("adbc_driver_postgresql", reason="the database extra is not installed")
    with pytest.raises(InputError, match="nothing answers at that address"):
        read_database(f"postgresql://reader:{SECRET}@127.0.0.1:1/cad", "select 1")


@pytest.mark.parametrize("password", ["has@sign", "has/slash", "has space", "has#hash"])
def test_a_password_that_breaks_the_address_is_refused_and_not_told(password):
    with pytest.raises(UsageError, match="%40 %3A %2F") as error:
        read_database(f"postgresql://reader:{password}@127.0.0.1/cad", "select 1")
    assert not any(part in str(error.value) for part in ("has", "sign", "slash", "hash"))


def test_without_the_driver_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(InputError, match=r"pip install 'rightcall\[database\]'"):
        read_database("postgresql://reader@127.0.0.1/cad", "select 1")
