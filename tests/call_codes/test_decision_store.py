"""The store of decisions, on SQLite and on a PostgreSQL of the tests' own: the same promises on both."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from call_codes.agreement import agreement
from call_codes.crosswalk import load_crosswalk, read_crosswalk
from call_codes.decision_log import (
    WITHDRAWN,
    before_others,
    crosswalk_bytes,
    crosswalk_of_log,
    decisions_of_crosswalk,
    is_crosswalk,
    last_action,
)
from call_codes.decision_place import VARIABLE, default_place
from call_codes.decision_store import DecidedMeanwhile, DecisionStore, open_store
from call_codes.errors import CodeBookError, InputError, OutputError, RightcallError, UsageError
from call_codes.signing import Decision, append_decisions

_spec = importlib.util.spec_from_file_location(
    "postgres_server", Path(__file__).parents[1] / "calls" / "postgres_server.py"
)
assert _spec is not None
assert _spec.loader is not None
postgres_server = importlib.util.module_from_spec(_spec)
sys.modules["postgres_server"] = postgres_server
_spec.loader.exec_module(postgres_server)

SECRET = "s3cret-w0rd"
NOW = datetime(2026, 11, 22, 4, 12, 22, tzinfo=UTC)
pytestmark = pytest.mark.xdist_group("decisions")
_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("pg8000", reason="the database extra is not installed")
    try:
        with postgres_server.postgres(SECRET) as url:
            yield url
    except postgres_server.NoPostgres as reason:
        pytest.skip(f"no PostgreSQL here: {reason}")


def in_server(server: str, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
    """Run one statement as a team's database administrator would."""
    import pg8000.native
    from sqlalchemy.engine import make_url

    url = make_url(server)
    connection = pg8000.native.Connection(
        url.username, host=url.host, port=url.port, password=SECRET, database=database
    )
    try:
        return [tuple(row) for row in connection.run(statement) or []]
    finally:
        connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty place for decisions: a new file, or a new database of the server."""
    if request.param == "sqlite":
        yield str(tmp_path / "new" / "decisions.sqlite")
        return
    server = request.getfixturevalue("server")
    name = f"review_{next(_numbers)}"
    in_server(server, f"create database {name}")
    yield server.removesuffix("/postgres") + f"/{name}"


@pytest.fixture
def store(place: str) -> Iterator[DecisionStore]:
    opened = open_store(place)
    yield opened
    opened.close()


def decision(text: str, category: str = "noise", reviewer: str = "AB", **more: str) -> Decision:
    return Decision(category, reviewer, "2026-11-21", text=text, **{"hazard": "none", **more})


def record(store: DecisionStore, *decisions: Decision, by: str | None = None, review: str = "city") -> None:
    store.record(review, decisions, by=by or decisions[0].reviewer, moment=NOW)


def standing(store: DecisionStore) -> list[tuple[str, ...]]:
    return store.crosswalk("city").decisions.select("reviewer", "text", "category", "standing").rows()


def test_a_decision_is_there_when_the_store_is_opened_again(place: str) -> None:
    first = open_store(place)
    done = first.record("city", [decision("LOUD MUSIC")], by="AB", moment=NOW, saw='{"rank": 1}')
    assert done.numbers == (1,)
    first.close()
    again = open_store(place)
    (row,) = again.log("city")
    assert (row["text"], row["category"], row["verdict"]) == ("LOUD MUSIC", "noise", "signed")
    assert (row["decided_at"], row["recorded_by"], row["saw"]) == (
        "2026-11-22T04:12:22Z",
        "AB",
        '{"rank": 1}',
    )
    book = again.crosswalk("city")
    assert book.rows.select("text", "category", "hazard", "basis", "reviewer").rows() == [
        ("LOUD MUSIC", "noise", "none", "signed", "AB")
    ]
    assert (book.name, book.path) == ("city", None)
    again.close()


def test_only_those_meet_whose_review_has_the_same_name(store: DecisionStore) -> None:
    record(store, decision("LOUD MUSIC"), review="one file")
    record(store, decision("PARTY"), review="another file")
    assert store.crosswalk("one file").rows["text"].to_list() == ["LOUD MUSIC"]
    assert store.crosswalk("a third").rows.height == 0


def test_an_unsure_decision_is_kept_and_does_not_count(store: DecisionStore) -> None:
    record(store, decision("PARTY", confidence="unsure"))
    assert store.log("city")[0]["verdict"] == "unsure"
    assert standing(store) == [("AB", "PARTY", "noise", "unsure")]
    assert store.crosswalk("city").rows.height == 0


def test_to_undo_adds_a_row_and_what_stood_before_stands_again(store: DecisionStore) -> None:
    record(store, decision("PARTY", "noise"))
    record(store, decision("PARTY", "disturbance"))
    assert store.crosswalk("city").rows["category"].to_list() == ["disturbance"]
    before = store.log("city")
    store.withdraw("city", last_action(before, "ab"), by="ab", moment=NOW)
    after = store.log("city")
    assert after[:2] == before
    assert (after[2]["verdict"], after[2]["withdraws"]) == (WITHDRAWN, 2)
    assert store.crosswalk("city").rows["category"].to_list() == ["noise"]
    store.withdraw("city", last_action(after, "AB"), by="AB", moment=NOW)
    assert store.crosswalk("city").rows.height == 0
    assert last_action(store.log("city"), "AB") == ()


def test_several_decisions_in_one_step_are_undone_in_one_step(store: DecisionStore) -> None:
    record(store, decision("ALARM", "burglary"))
    record(store, decision("PARTY"), decision("MUSIC"))
    numbers = last_action(store.log("city"), "AB")
    assert numbers == (2, 3)
    store.withdraw("city", numbers, by="AB", moment=NOW)
    assert store.crosswalk("city").rows["text"].to_list() == ["ALARM"]


def test_nobody_takes_back_what_someone_else_signed_or_what_is_gone(store: DecisionStore) -> None:
    record(store, decision("PARTY"))
    with pytest.raises(UsageError, match="is not yours"):
        store.withdraw("city", [1], by="CD", moment=NOW)
    store.withdraw("city", [1], by="AB", moment=NOW)
    for number in (1, 2, 99):
        with pytest.raises(UsageError, match="not there any more"):
            store.withdraw("city", [number], by="AB", moment=NOW)
    assert len(store.log("city")) == 2


def test_two_reviewers_who_differ_leave_the_type_out_until_one_decision_settles_it(
    store: DecisionStore,
) -> None:
    record(store, decision("PARTY", "noise"), decision("MUSIC", "noise"))
    record(store, decision("PARTY", "disturbance", "CD"), decision("MUSIC", "noise", "CD"))
    assert store.crosswalk("city").rows["text"].to_list() == ["MUSIC"]
    found = agreement(store.crosswalk("city").decisions)
    assert (found.numerator, found.denominator) == (1, 2)
    record(store, decision("PARTY", "disturbance", "CHIEF", replaces="AB|CD"))
    assert store.crosswalk("city").rows.select("text", "reviewer").rows() == [
        ("MUSIC", "CD"),
        ("PARTY", "CHIEF"),
    ]
    # Taken back, the disagreement is open again; and without AB the decision of CD stands by itself.
    store.withdraw("city", last_action(store.log("city"), "CHIEF"), by="CHIEF", moment=NOW)
    assert {row[3] for row in standing(store) if row[1] == "PARTY"} == {"conflict"}
    store.withdraw("city", [1], by="AB", moment=NOW)
    assert ("CD", "PARTY", "disturbance", "counts") in standing(store)


def test_a_decision_that_replaced_someone_outlives_that_one_s_withdrawal(store: DecisionStore) -> None:
    record(store, decision("PARTY", "noise"))
    record(store, decision("PARTY", "disturbance", "CHIEF", replaces="AB"))
    store.withdraw("city", [1], by="AB", moment=NOW)
    assert standing(store) == [("CHIEF", "PARTY", "disturbance", "counts")]


def test_where_two_must_agree_one_signature_waits(store: DecisionStore) -> None:
    record(store, decision("PARTY"))
    assert store.crosswalk("city", signatures=2).rows.height == 0
    record(store, decision("PARTY", reviewer="CD"))
    assert store.crosswalk("city", signatures=2).rows.height == 1


def test_whoever_opened_a_type_before_someone_else_decided_it_is_told_so(store: DecisionStore) -> None:
    record(store, decision("MUSIC"))
    opened_at = store.log("city")[-1]["number"]
    record(store, decision("PARTY", "disturbance", "CD"))
    with pytest.raises(DecidedMeanwhile) as told:
        store.record("city", [decision("party!", "noise", "AB")], by="AB", moment=NOW, opened_at=opened_at)
    assert 'CD signed "PARTY" (disturbance) at 2026-11-22T04:12:22Z, after you opened it' in str(told.value)
    assert len(store.log("city")) == 2
    # Other types, and the same one by a reviewer who knows by now, go through.
    store.record("city", [decision("ALARM")], by="AB", moment=NOW, opened_at=opened_at)
    store.record("city", [decision("PARTY")], by="AB", moment=NOW, opened_at=2)
    assert [row[3] for row in standing(store)] == ["counts", "conflict", "counts", "conflict"]


def test_a_faulty_decision_or_name_writes_nothing(store: DecisionStore) -> None:
    for wrong, sentence in (
        (decision("PARTY", "noize"), 'no category is called "noize"'),
        (decision("PARTY", hazard="knife"), '"knife" is no hazard'),
        (decision("", code="  "), "neither code nor text"),
        (decision("PARTY", replaces="ZZ"), "who signed nothing on this type"),
        (decision("PARTY", reviewer="A|B"), "reviewer's name"),
    ):
        with pytest.raises(RightcallError, match=sentence):
            record(store, decision("MUSIC"), wrong, by="AB")
    with pytest.raises(UsageError, match="reviewer's name"):
        record(store, decision("PARTY"), by=" ")
    with pytest.raises(UsageError, match="review without a name"):
        record(store, decision("PARTY"), review=" ")
    assert store.log("city") == []


def test_the_file_that_comes_out_is_the_one_that_signing_writes(store: DecisionStore, tmp_path: Path) -> None:
    path = tmp_path / "city.csv"
    steps = [
        decision("LOUD MUSIC", reason="heard, not seen"),
        decision('=CMD "X", Y', code="0415"),
        decision("LOUD MUSIC", "disturbance", reason="changed my mind"),
        decision("LOUD MUSIC", "noise", "CD", confidence="unsure"),
        decision("Café\x00 ; música", code="1-10", since="2020-01-01", note="old"),
    ]
    for step in steps:
        record(store, step)
        append_decisions(path, [Decision(**{**vars(step), "text": step.text.replace("\x00", " ")})])
    assert crosswalk_bytes(store.log("city")) == path.read_bytes()


def test_out_and_in_again_gives_the_same_decisions_also_those_that_differ(store: DecisionStore) -> None:
    record(
        store,
        decision("PARTY"),
        decision("MUSIC"),
        decision("21", category="unclassified", basis="code_book"),
    )
    record(store, decision("PARTY", "disturbance", "CD"))
    record(store, decision("MUSIC", "disturbance"))
    record(store, decision("FIGHT", "assault", hazard="weapon|violence", confidence="unsure"))
    store.withdraw("city", [1], by="AB", moment=NOW)
    content = crosswalk_bytes(store.log("city"))
    assert is_crosswalk(content, "city.csv")
    decisions, notices = decisions_of_crosswalk(content, "city.csv")
    store.record("copy", decisions, by="CHIEF", moment=NOW)
    assert notices == ()
    assert crosswalk_bytes(store.log("copy")) == content
    assert store.crosswalk("copy").decisions.equals(store.crosswalk("city").decisions)
    assert store.crosswalk("copy").rows.equals(store.crosswalk("city").rows)
    # Who imported can undo the import, though others' names stand in it.
    assert len(last_action(store.log("copy"), "CHIEF")) == len(decisions)
    # A second time it adds nothing but what was replaced on the way.
    before = store.crosswalk("copy").rows
    store.record("copy", decisions, by="CHIEF", moment=NOW)
    assert store.crosswalk("copy").rows.equals(before)


def test_what_was_signed_earlier_in_a_file_stays_where_the_review_says_nothing(
    store: DecisionStore, tmp_path: Path
) -> None:
    path = tmp_path / "earlier.csv"
    append_decisions(path, [decision("PARTY", "noise", "OLD"), decision("MUSIC", "noise", "OLD")])
    earlier = load_crosswalk(path)
    record(store, decision("PARTY", "disturbance"))
    book = store.crosswalk("city")
    both = before_others(book, earlier)
    assert both.rows.select("text", "category", "reviewer").rows() == [
        ("PARTY", "disturbance", "AB"),
        ("MUSIC", "noise", "OLD"),
    ]
    assert both.digest not in (book.digest, earlier.digest)
    assert before_others(book, None) is book


def test_a_file_of_decisions_is_told_from_a_sheet(tmp_path: Path) -> None:
    assert not is_crosswalk(b"rank,code,text,category\n", "sheet.csv")
    assert not is_crosswalk(b"\xff\xfe\x00", "photo.csv")
    with pytest.raises(CodeBookError):
        decisions_of_crosswalk(
            b"agency,code,text,category,hazard,basis,reviewer,since,note\n,,A,nope,,signed,A,,\n", "x.csv"
        )


REVIEWERS = ("AB", "CD", "Chief")
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("decide"),
            st.sampled_from(("PARTY", "MUSIC", "0415")),
            st.sampled_from(("noise", "disturbance", "welfare_check")),
            st.sampled_from(("none", "weapon", "")),
            st.sampled_from(REVIEWERS),
            st.sampled_from(("sure", "unsure")),
        ),
        st.tuples(st.just("undo"), st.sampled_from(REVIEWERS)),
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_what_was_signed_and_not_taken_back_is_what_stands(
    store: DecisionStore, steps: list[tuple[str, ...]]
) -> None:
    """The law, against the plainest model of it: each reviewer has a pile of decisions on each type."""
    review = f"run {next(_numbers)}"
    done: dict[str, list[tuple[str, str]]] = {name: [] for name in REVIEWERS}
    piles: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    length = 0
    for step in steps:
        if step[0] == "decide":
            _, text, category, hazard, reviewer, confidence = step
            said = (category, hazard, confidence)
            store.record(
                review,
                [decision(text, category, reviewer, hazard=hazard, confidence=confidence)],
                by=reviewer,
                moment=NOW,
            )
            pile = piles.setdefault((text, reviewer), [])
            if not pile or pile[-1] != said:
                pile.append(said)
                done[reviewer].append((text, reviewer))
        else:
            reviewer = step[1]
            store.withdraw(review, last_action(store.log(review), reviewer), by=reviewer, moment=NOW)
            if done[reviewer]:
                piles[done[reviewer].pop()].pop()
        log = store.log(review)
        assert len(log) >= length  # the log only grows
        length = len(log)
    expected = set()
    for text in {kind[0] for kind in piles}:
        tops = [piles[text, who][-1] for who in REVIEWERS if piles.get((text, who))]
        sure = {top[:2] for top in tops if top[2] == "sure"}
        if len(sure) == 1:
            expected.add((text, *next(iter(sure))))
    book = store.crosswalk(review)
    assert set(book.rows.select("text", "category", "hazard").rows()) == expected
    # The same through the file.
    decisions, _ = decisions_of_crosswalk(crosswalk_bytes(store.log(review)), "x.csv")
    again = crosswalk_of_log(store.log(review), "x")
    assert again.rows.equals(book.rows)
    assert len(decisions) == book.decisions.height


WRITER = """
import sys
from datetime import UTC, datetime
from call_codes.decision_store import open_store
from call_codes.signing import Decision
place, name, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(place)
for number in range(many):
    done = [Decision("noise", name, "2026-11-21", text=f"TYPE {name} {number}.{part}", reason="x" * 400)
            for part in range(3)]
    store.record("city", done, by=name, moment=datetime.now(UTC))
    print(number, flush=True)
store.close()
"""


def _writer(place: str, name: str, many: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, place, name, str(many)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_killed_in_the_middle_no_confirmed_decision_is_lost_and_none_is_half_there(place: str) -> None:
    confirmed: set[str] = set()
    for run in range(2):
        writer = _writer(place, f"W{run}", 10_000)
        assert writer.stdout is not None
        for _ in range(6):
            assert writer.stdout.readline()
        time.sleep(0.05)
        os.kill(writer.pid, signal.SIGKILL)
        said = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
        confirmed |= {
            f"TYPE W{run} {number}.{part}" for number in [*range(6), *map(int, said)] for part in range(3)
        }
    store = open_store(place)
    record(store, decision("AFTERWARDS"))
    there = {row["text"] for row in store.log("city")}
    store.close()
    assert confirmed | {"AFTERWARDS"} <= there
    assert (len(there) - 1) % 3 == 0
    assert len(there) <= len(confirmed) + 1 + 2 * 3


def test_two_processes_that_sign_at_once_lose_nothing_even_where_they_make_the_store(place: str) -> None:
    writers = [_writer(place, name, 8) for name in ("ONE", "TWO")]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    store = open_store(place)
    log = store.log("city")
    assert [row["number"] for row in log] == list(range(1, 49))
    assert store.crosswalk("city").rows.height == 48
    store.close()


def test_of_two_who_decide_the_same_type_at_the_same_moment_one_is_told(store: DecisionStore) -> None:
    """The check and the writing are one transaction: it cannot be that neither hears of the other."""
    start = threading.Barrier(2)
    told: list[str] = []

    def decide(reviewer: str) -> None:
        start.wait()
        try:
            store.record("city", [decision("PARTY", reviewer=reviewer)], by=reviewer, moment=NOW, opened_at=0)
        except DecidedMeanwhile:
            told.append(reviewer)

    people = [threading.Thread(target=decide, args=(name,)) for name in ("AB", "CD")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(told) == 1
    assert [row["reviewer"] for row in store.log("city")] == [{"AB": "CD", "CD": "AB"}[told[0]]]


def test_a_store_of_a_newer_rightcall_is_refused_and_left_alone(place: str) -> None:
    from sqlalchemy import text

    store = open_store(place)
    record(store, decision("PARTY"))
    with store._place.writing() as connection:
        connection.execute(text("update rightcall_store set value = '2' where name = 'form'"))
    store.close()
    with pytest.raises(InputError, match="has the form 2, made by a newer Rightcall"):
        open_store(place)


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("mysql://reviewer:s3cret-w0rd@db/rightcall", 'of the kind "mysql"'),
        ("postgre://reviewer:s3cret-w0rd@db/rightcall", 'Did you mean "postgresql"'),
        ("postgresql://reviewer:s3cret-w0rd@p@db/rightcall", "cannot be read"),
        ("postgresql://reviewer:s3cret/w0rd@db/rightcall", "cannot be read"),
        ("postgresql://reviewer:s3cret-w0rd@db", "cannot be read"),
        ("postgresql://reviewer:s3cret-w0rd@db/rightcall?sslmode=perhaps", "cannot be read"),
        ("sqlite://", "a folder or nothing"),
        (".", "a folder or nothing"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(where: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        open_store(where)
    assert sentence in str(error.value)
    assert "w0rd" not in str(error.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+pg8000"])
def test_a_server_that_does_not_answer_is_told_without_the_password(scheme: str) -> None:
    pytest.importorskip("pg8000", reason="the database extra is not installed")
    with pytest.raises(OutputError) as error:
        open_store(f"{scheme}://reviewer:{SECRET}@127.0.0.1:9/rightcall")
    assert "database rightcall at 127.0.0.1:9" in str(error.value)
    assert "nothing answers at that address and port" in str(error.value)
    assert SECRET not in str(error.value)


# The driver leaves the socket of a refused login to the collector of garbage, which says so.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_wrong_password_a_missing_database_and_missing_rights_are_told_in_words(server: str) -> None:
    in_server(server, "create role guest login password 'guest-w0rd'")

    def said(url: str) -> str:
        with pytest.raises(OutputError) as error:
            open_store(url)
        return str(error.value)

    for url, sentence in (
        (server.replace(SECRET, "wrong-w0rd"), "did not accept user and password"),
        (server.removesuffix("postgres") + "nothing", "no database of that name"),
        (server.replace(f"reader:{SECRET}", "guest:guest-w0rd"), "may not make or write tables"),
    ):
        told = said(url)
        assert sentence in told
        assert "w0rd" not in told
    gc.collect()


def test_the_password_may_come_from_the_environment(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_server(server, "create database by_environment")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    url = server.replace(f":{SECRET}", "").removesuffix("/postgres") + "/by_environment?sslmode=disable"
    store = open_store(url)
    record(store, decision("PARTY"))
    assert len(store.log("city")) == 1
    assert SECRET not in store.place
    store.close()


def test_a_file_that_is_no_store_and_a_folder_that_cannot_be_made_are_told(
    write: Callable[..., Path],
) -> None:
    photo = write("photo.sqlite", b"\x89PNG\r\n" * 400)
    with pytest.raises(OutputError, match="is no store of decisions"):
        open_store(photo)
    assert photo.read_bytes() == b"\x89PNG\r\n" * 400
    with pytest.raises(OutputError, match="its folder cannot be made"):
        open_store(photo / "decisions.sqlite")


def test_a_folder_that_may_only_be_read_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot be used"):
        open_store(folder / "decisions.sqlite")


def test_the_default_place_is_the_user_s_data_folder_unless_the_variable_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_place() == str(tmp_path / "rightcall" / "decisions.sqlite")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "team.sqlite"))
    store = open_store()
    record(store, decision("PARTY"))
    store.close()
    assert (tmp_path / "team.sqlite").is_file()


def test_a_crosswalk_from_the_store_can_be_run_with(store: DecisionStore, tmp_path: Path) -> None:
    record(store, decision("PARTY"))
    path = tmp_path / "city.csv"
    path.write_bytes(crosswalk_bytes(store.log("city")))
    assert load_crosswalk(path).rows.equals(store.crosswalk("city").rows)
    assert read_crosswalk(path).digest == store.crosswalk("city").digest
