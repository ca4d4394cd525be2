"""The review of call types as its people meet it: decide, undo, a second reviewer, files, and when numbers change."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from app import session
from app.review_edits import DANGER, OWN, edits_of
from app.review_files import decisions_in, file_stem, log_bytes, sheet_bytes
from app.review_state import open_review
from app.review_words import kappa_words, likelihood
from call_codes.crosswalk import load_crosswalk
from call_codes.decision_log import crosswalk_bytes
from call_codes.decision_store import DecisionStore, open_store
from call_codes.errors import CodeBookError
from call_codes.signing import Decision

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("pages")
ODD = "<b>ODD</b> :red[JOB] **NOW** $x$"
CALLS = {
    "WELFARE CHECK": 20,
    "DISTURBANCE": 12,
    "NOISE COMPLAINT": 8,
    ODD: 6,
    "MENTAL PERSON ARMED": 5,
    "SHOTS FIRED": 2,
}
TABLE, ONE, TOGETHER = "All call types", "Review one by one", "Agreement and files"


def town(calls: dict[str, int] | None = None) -> str:
    """Calls of half an hour each, one after another, all from the public."""
    start, lines = datetime(2024, 3, 4), ["Incident,Call Type,Call Source,Received,Dispatched,Cleared"]
    kinds = [kind for kind, many in (calls or CALLS).items() for _ in range(many)]
    for i, kind in enumerate(kinds):
        at = start + timedelta(hours=i)
        stamps = (at, at + timedelta(minutes=5), at + timedelta(minutes=35))
        lines.append(
            ",".join([f"24-{i:04}", f'"{kind}"', "911", *(f"{s:%m/%d/%Y %H:%M:%S}" for s in stamps)])
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for decisions that is this test's own."""
    path = tmp_path / "decisions.sqlite"
    monkeypatch.setenv("RIGHTCALL_DECISIONS", str(path))
    return path


@pytest.fixture
def file(write: Callable[..., Path]) -> Path:
    return write("town.csv", town())


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch, place: Path, file: Path) -> Callable[..., AppTest]:
    """Open the page of call types on one of its parts, as a reviewer of that name."""

    def _visit(part: str = ONE, reviewer: str = "") -> AppTest:
        monkeypatch.setattr(sys, "argv", ["home.py", str(file)])
        visitor = AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180).run()
        visitor.query_params["part"] = part
        visitor.switch_page("views/call_types.py").run()
        if reviewer:
            visitor.text_input(key="who_name").set_value(reviewer)
            visitor.button(key="begin").click().run()
        assert not visitor.exception
        return visitor

    return _visit


def words(visitor: AppTest) -> str:
    """Everything that a page says, but for the cells of st.dataframe."""
    kinds = (
        "title",
        "header",
        "subheader",
        "text",
        "markdown",
        "caption",
        "info",
        "warning",
        "error",
        "html",
    )
    elements: list[Any] = [element for kind in kinds for element in getattr(visitor, kind, visitor.get(kind))]
    return "\n".join(str(getattr(e, "value", None) or getattr(e.proto, "body", "")) for e in elements)


def shown_type(visitor: AppTest) -> str:
    """The call type that is put to the reviewer."""
    bodies = [element.proto.body for element in visitor.get("html")]
    return next(body.split(">", 1)[1].rsplit("<", 1)[0] for body in bodies if 'class="range"' in body)


def form(visitor: AppTest, kind: str, ending: str) -> Any:
    """The widget of the decision form whose key ends so."""
    return next(
        w for w in getattr(visitor, kind) if w.key and "decide_" in w.key and w.key.endswith(f"_{ending}")
    )


def press(visitor: AppTest, ending: str) -> AppTest:
    form(visitor, "button", ending).click().run()
    assert not visitor.exception
    return visitor


def decide(visitor: AppTest, category: str, button: str = "sign") -> str:
    """Choose a category in the list, judge the danger and press the button; returns the type that was decided."""
    kind = shown_type(visitor)
    fill_in(visitor, category)
    press(visitor, button)
    return kind


def fill_in(visitor: AppTest, category: str) -> None:
    if [w for w in visitor.radio if w.key and w.key.endswith("_category")]:
        form(visitor, "radio", "category").set_value("another")
    form(visitor, "selectbox", "other").set_value(category)
    if not form(visitor, "multiselect", "hazard").value:
        form(visitor, "multiselect", "hazard").set_value(["none"])


def kept(place: Path, file: Path) -> tuple[DecisionStore, str]:
    """The store as another program finds it, and the name of the review of the file."""
    return open_store(place), session.review_name(session.source_of_file(file))


def log_of(place: Path, file: Path) -> list[tuple[str, str, str, str]]:
    store, name = kept(place, file)
    return [(r["text"], r["category"], r["verdict"], r["reviewer"]) for r in store.log(name)]


def sign_elsewhere(place: Path, file: Path, text: str, category: str, reviewer: str) -> None:
    """Someone else decides, on another machine."""
    store, name = kept(place, file)
    done = Decision(category, reviewer, "2024-04-01", text=text, hazard="none")
    store.record(name, [done], by=reviewer, moment=datetime.now(UTC))


def test_the_reviewer_is_asked_and_never_guessed(visit: Callable[..., AppTest]) -> None:
    visitor = visit()
    assert visitor.text_input(key="who_name").value == ""
    assert not [b for b in visitor.button if b.key and b.key.endswith("_sign")]
    visitor.text_input(key="who_name").set_value("A|B")
    visitor.button(key="begin").click().run()
    assert "cannot stand in one" in words(visitor)
    visitor.text_input(key="who_name").set_value("  Records   unit ")
    visitor.button(key="begin").click().run()
    assert "Reviewing as Records unit" in words(visitor)


def test_to_sign_keeps_the_decision_at_once_and_brings_the_next(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(reviewer="AB")
    assert "0 decided of 6 call types" in words(visitor)
    first = decide(visitor, "disturbance")
    ((text, category, verdict, reviewer),) = log_of(place, file)
    assert (category, verdict, reviewer) == ("disturbance", "signed", "AB")
    assert shown_type(visitor) != first
    said = words(visitor)
    assert f"Signed: {text}: Disturbance" in said
    assert "1 decided of 6 call types whose category nobody had signed before; this one holds" in said
    store, name = kept(place, file)
    assert '"policy": "behavioral_health_plus"' in store.log(name)[0]["saw"]


def test_nothing_is_chosen_beforehand_and_nothing_is_signed_without_a_choice(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(reviewer="AB")
    assert form(visitor, "radio", "category").value is None
    before = shown_type(visitor)
    press(visitor, "sign")
    assert "No category is chosen yet" in words(visitor)
    fill_in(visitor, "noise")
    form(visitor, "multiselect", "hazard").set_value([])
    press(visitor, "sign")
    assert "The danger is not judged yet" in words(visitor)
    assert shown_type(visitor) == before
    # One of the likely ones, and another from the list: which of them?
    likely = form(visitor, "radio", "category").options
    assert "%" in likely[0]
    press(visitor, "number_1")
    form(visitor, "selectbox", "other").set_value("noise")
    press(visitor, "sign")
    assert "Two categories are chosen" in words(visitor)
    assert log_of(place, file) == []


def test_danger_that_was_found_stands_in_the_form_and_none_stated_excludes_it(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(reviewer="AB")
    while shown_type(visitor) != "MENTAL PERSON ARMED":
        press(visitor, "skip")
    hazard = form(visitor, "multiselect", "hazard")
    assert hazard.value == ["weapon"]
    press(visitor, "number_1")
    form(visitor, "multiselect", "hazard").set_value(["weapon", "none"])
    press(visitor, "sign")
    assert "stands beside a danger" in words(visitor)
    form(visitor, "multiselect", "hazard").set_value(["weapon", "threat"])
    press(visitor, "sign")
    store, name = kept(place, file)
    assert store.log(name)[0]["hazard"] == "weapon|threat"


def test_unsure_is_kept_and_does_not_count_and_skip_writes_nothing(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(reviewer="AB")
    first = shown_type(visitor)
    press(visitor, "unsure")
    assert [row[2] for row in log_of(place, file)] == ["unsure"]
    assert shown_type(visitor) != first
    assert "0 decided of 6" in words(visitor)
    for _ in range(5):
        press(visitor, "skip")
    assert "Only skipped call types are left: 5" in words(visitor)
    assert len(log_of(place, file)) == 1
    visitor.button(key="again").click().run()
    assert shown_type(visitor) != first


def test_undo_takes_back_the_last_and_shows_it_again(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(reviewer="AB")
    first = decide(visitor, "noise")
    second = decide(visitor, "disturbance")
    visitor.button(key="undo").click().run()
    assert "Taken back" in words(visitor)
    assert shown_type(visitor) == second
    assert form(visitor, "selectbox", "other").value is None
    visitor.button(key="undo").click().run()
    assert shown_type(visitor) == first
    assert [row[2] for row in log_of(place, file)] == ["signed", "signed", "withdrawn", "withdrawn"]
    assert "undo" not in [b.key for b in visitor.button]


def test_text_of_the_export_is_never_markup_and_small_counts_are_not_shown(
    visit: Callable[..., AppTest],
) -> None:
    visitor = visit(reviewer="AB")
    seen = {}
    for _ in range(6):
        seen[shown_type(visitor)] = words(visitor)
        for kind in ("markdown", "caption", "info", "error", "header"):
            assert not any(ODD in element.value for element in getattr(visitor, kind))
        assert not any(ODD in label for w in visitor.radio for label in (w.label, *w.options))
        press(visitor, "skip")
    escaped = ODD.replace("<", "&lt;").replace(">", "&gt;")
    assert escaped in seen
    assert "fewer than 5 calls" in seen["SHOTS FIRED"]
    assert "2 calls" not in seen["SHOTS FIRED"]
    assert "6 calls" in seen[escaped]
    visitor.button(key="again").click().run()
    while shown_type(visitor) != "SHOTS FIRED":
        press(visitor, "skip")
    decide(visitor, "weapon")
    assert "this one holds 0.0% of the calls (0 of 51 calls)" in words(visitor)


def test_who_has_a_type_open_that_someone_else_decides_is_told_and_may_sign_all_the_same(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(reviewer="AB")
    while shown_type(visitor) != "DISTURBANCE":
        press(visitor, "skip")
    sign_elsewhere(place, file, "DISTURBANCE", "noise", "CD")
    assert decide(visitor, "disturbance") == "DISTURBANCE"
    assert 'CD signed "DISTURBANCE" (noise)' in words(visitor)
    assert "after you opened it" in words(visitor)
    assert shown_type(visitor) == "DISTURBANCE"
    assert [row[3] for row in log_of(place, file)] == ["CD"]
    press(visitor, "sign")
    assert log_of(place, file)[1] == ("DISTURBANCE", "disturbance", "signed", "AB")
    assert shown_type(visitor) != "DISTURBANCE"


def test_a_second_reviewer_disagrees_and_it_is_seen_measured_and_settled(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    for kind in ("DISTURBANCE", "NOISE COMPLAINT"):
        sign_elsewhere(place, file, kind, "noise", "CD")
    visitor = visit(reviewer="AB")
    everything = set()
    for _ in range(4):
        everything.add(shown_type(visitor))
        press(visitor, "skip")
    assert not everything & {"DISTURBANCE", "NOISE COMPLAINT"}
    # A second opinion does not see the first.
    visitor.radio(key="which").set_value("not_i").run()
    for _ in range(2):
        assert shown_type(visitor) in ("DISTURBANCE", "NOISE COMPLAINT")
        assert "(CD)" not in words(visitor)
        decide(visitor, "noise" if "NOISE" in shown_type(visitor) else "disturbance")
    visitor.button_group(key="part").set_value("together").run()
    assert not visitor.exception
    said = words(visitor)
    assert "2 reviewers agree on 1 of 2 call types that at least two of them judged (50.0%)" in said
    assert "1 call type on which reviewers differ" in said
    settle = [w for w in visitor.radio if w.key and w.key.startswith("settle_")]
    settle[0].set_value("disturbance")
    danger = next(w for w in visitor.multiselect if w.key and w.key.startswith("settle_"))
    assert danger.value == []  # whoever settles it judges the danger anew
    danger.set_value(["none"])
    next(
        b for b in visitor.button if b.key and b.key.startswith("settle_") and b.key.endswith("_sign")
    ).click().run()
    assert not visitor.exception
    assert "Settled: DISTURBANCE: Disturbance" in words(visitor)
    assert "There are none." in words(visitor)
    store, name = kept(place, file)
    assert store.log(name)[-1]["replaces"] == "CD|AB"
    assert set(store.crosswalk(name).rows.select("text", "category").rows()) == {
        ("NOISE COMPLAINT", "noise"),
        ("DISTURBANCE", "disturbance"),
    }


def test_where_two_must_agree_one_signature_waits_on_every_part(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(TOGETHER, "AB")
    sign_elsewhere(place, file, "DISTURBANCE", "noise", "CD")
    visitor.run()
    visitor.checkbox(key="two_signatures").check().run()
    assert "waits for a second signature" in words(visitor)
    visitor.button_group(key="part").set_value("one").run()
    assert "0 decided of 6" in words(visitor)
    sign_elsewhere(place, file, "DISTURBANCE", "noise", "EF")
    visitor.run()
    assert "1 decided of 6" in words(visitor)


def test_the_other_pages_change_only_when_the_reviewer_says_so_and_change_back(
    visit: Callable[..., AppTest],
) -> None:
    visitor = visit(reviewer="AB")
    before = words(visitor.switch_page("views/overview.py").run())
    visitor.switch_page("views/call_types.py").run()
    visitor.button_group(key="part").set_value("one").run()
    while shown_type(visitor) != "NOISE COMPLAINT":
        press(visitor, "skip")
    decide(visitor, "mental_health_crisis")
    assert words(visitor.switch_page("views/overview.py").run()) == before
    visitor.switch_page("views/call_types.py").run()
    visitor.button_group(key="part").set_value("one").run()
    visitor.button(key="use").click().run()
    assert "All pages use these decisions: 1" in words(visitor)
    assert "1 decided of 6" in words(visitor)  # the same six as before
    after = words(visitor.switch_page("views/overview.py").run())
    assert not visitor.exception
    assert after != before
    visitor.switch_page("views/call_types.py").run()
    visitor.button_group(key="part").set_value("one").run()
    visitor.button(key="unuse").click().run()
    assert words(visitor.switch_page("views/overview.py").run()) == before


def test_a_type_of_the_table_can_be_decided_in_a_form_and_taken_back(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(TABLE)
    visitor.toggle(key="edit").set_value(True).run()
    visitor.text_input(key="who_name").set_value("AB")
    visitor.button(key="begin").click().run()
    visitor.text_input(key="text").set_value("odd").run()
    chooser = visitor.selectbox(key="form_type")
    assert chooser.options == [ODD]
    chooser.select_index(0).run()
    fill_in(visitor, "welfare_check")
    press(visitor, "sign")
    assert log_of(place, file) == [(ODD, "welfare_check", "signed", "AB")]
    visitor.toggle(key="edit").set_value(False).run()
    assert visitor.dataframe[0].value["decided_here"][0].endswith("(AB): signed")
    visitor.toggle(key="edit").set_value(True).run()
    visitor.button(key="undo_table").click().run()
    assert [row[2] for row in log_of(place, file)] == ["signed", "withdrawn"]


def test_changes_in_the_table_are_decisions_only_where_something_changed() -> None:
    types = pl.DataFrame(
        {
            "call_type_code": [None, None, "N", None, None, None, None],
            "call_type": ["A", "B", "NOISE", "D", "E", "KNIFE", "ODD"],
            "hazard": [False, False, False, False, False, True, True],
            "hazard_kinds": ["", "", "", "", "", "weapon", ""],
        },
        schema_overrides={"call_type_code": pl.String},
    )

    def table(own: list[str | None], danger: list[list[str] | None]) -> pl.DataFrame:
        return pl.DataFrame({OWN: own, DANGER: danger}, schema={OWN: pl.String, DANGER: pl.List(pl.String)})

    before = table([None, "noise", None, "noise", None, None, None], [[], ["none"], [], [], [], [], []])
    after = table(
        [None, None, "noise", "noise", None, "assault", "assault"],
        [None, ["none"], ["violence", "weapon"], [], ["threat"], [], []],
    )
    edits = edits_of(types, before, after, "AB", "2024-04-01")
    assert [(d.code, d.text, d.category, d.hazard) for d in edits.decisions] == [
        ("N", "NOISE", "noise", "weapon|violence"),
        ("", "KNIFE", "assault", "weapon"),
    ]
    assert [row["call_type"] for row in edits.taken_back] == ["B"]
    assert edits.faults == (
        "E: a danger without a category. Choose a category as well.",
        "ODD: the model suspects a danger. Choose what the wording states, or that none is.",
    )
    assert edits_of(types, before, before, "AB", "2024-04-01").decisions == ()


def test_decisions_go_out_as_a_crosswalk_and_come_in_again(
    visit: Callable[..., AppTest], place: Path, file: Path, tmp_path: Path
) -> None:
    sign_elsewhere(place, file, "DISTURBANCE", "noise", "CD")
    sign_elsewhere(place, file, ODD, "welfare_check", "CD")
    store, name = kept(place, file)
    content = crosswalk_bytes(store.log(name))
    out = tmp_path / "signed.csv"
    out.write_bytes(content)
    assert load_crosswalk(out).rows.height == 2
    # Another review, as on another machine: brought in there, it is the same.
    visitor = visit(TOGETHER, "EF")
    visitor.text_input[0].set_value("the team's review")
    next(b for b in visitor.button if b.label == "Go to this review").click().run()
    assert "Nobody has decided anything in this review yet" in words(visitor)
    visitor.file_uploader[0].set_value(("signed.csv", content, "text/csv")).run()
    assert "2 decisions in the file" in words(visitor)
    assert store.log("the team's review") == []
    visitor.button(key="import_sign").click().run()
    assert not visitor.exception
    assert crosswalk_bytes(store.log("the team's review")) == content
    visitor.button(key="undo").click().run()
    assert store.crosswalk("the team's review").rows.height == 0


def test_a_faulty_file_is_answered_in_sentences_and_nothing_is_signed(
    visit: Callable[..., AppTest], place: Path, file: Path
) -> None:
    visitor = visit(TOGETHER, "AB")
    for content in (b"\x89PNG\x00", b"a,b\n1,2\n", b"code,text,category\n,PARTY,<b>noize</b>\n"):
        visitor.file_uploader[0].set_value(("town.csv", content, "text/csv")).run()
        assert not visitor.exception
        assert "What to do" in words(visitor)
        assert not any("noize" in element.value for element in visitor.markdown)
    assert log_of(place, file) == []


def test_the_sheet_that_goes_out_comes_back_filled_in(place: Path, file: Path) -> None:
    opened = session.open_source(session.source_of_file(file))
    review = open_review(opened)
    lines = sheet_bytes(review).decode("utf-8-sig").splitlines()
    header = lines[0].split(",")
    assert next(line for line in lines if "SHOTS FIRED" in line).split(",")[header.index("calls")] == ""
    text = "\n".join([lines[0], *(line for line in lines[1:] if "DISTURBANCE" in line)])
    cells = text.splitlines()[1].split(",")
    cells[header.index("category")] = "noise"
    decisions, _ = decisions_in("sheet.csv", f"{lines[0]}\n{','.join(cells)}\n".encode(), "AB")
    assert [(d.text, d.category, d.reviewer) for d in decisions] == [("DISTURBANCE", "noise", "AB")]
    cells[header.index("category")] = "noize"
    with pytest.raises(CodeBookError, match="noize"):
        decisions_in("sheet.csv", f"{lines[0]}\n{','.join(cells)}\n".encode(), "AB")


def test_the_history_is_safe_for_a_spreadsheet(place: Path, file: Path) -> None:
    opened = session.open_source(session.source_of_file(file))
    sign_elsewhere(place, file, "=HYPERLINK(1)", "noise", "+CD")
    text = log_bytes(open_review(opened)).decode("utf-8-sig")
    assert text.startswith("number,action,verdict,withdraws,decided_at,recorded_by,")
    assert "'=HYPERLINK(1)" in text
    assert ",'+CD," in text


def test_a_store_that_cannot_be_used_leaves_the_table_and_says_why(
    visit: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "closed").write_text("a file where a folder should be")
    monkeypatch.setenv("RIGHTCALL_DECISIONS", str(tmp_path / "closed" / "decisions.sqlite"))
    visitor = visit(ONE)
    assert "the store of decisions" in words(visitor)
    assert "What to do" in words(visitor)
    assert len(visitor.dataframe[0].value) == 6
    monkeypatch.setenv("RIGHTCALL_DECISIONS", "postgresql://reviewer:s3cret-w0rd@127.0.0.1:9/rightcall")
    visitor = visit(ONE)
    assert "nothing answers at that address and port" in words(visitor)
    assert "w0rd" not in words(visitor)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.999, "very likely, over\u00a099%"), (0.7, "likely, 70%"), (0.4, "possible, 40%"), (0.2, "unlikely, 20%"), (0.001, "very unlikely, under 1%")],
)  # fmt: skip
def test_a_probability_is_said_in_a_word_and_a_number(probability: float, said: str) -> None:
    assert likelihood(probability) == said


@pytest.mark.parametrize(
    ("kappa", "word"),
    [(1.0, "almost perfect"), (0.81, "almost perfect"), (0.8, "substantial"), (0.41, "moderate"), (0.3, "fair"), (0.1, "slight"), (-0.2, "poor")],
)  # fmt: skip
def test_kappa_is_named_by_the_published_scale(kappa: float, word: str) -> None:
    assert kappa_words(kappa).startswith(word)


def test_the_name_of_a_file_makes_a_plain_file_name() -> None:
    assert file_stem("no *times* :red[x].csv") == "no_times_red_x"
    assert file_stem("...") == "calls"
