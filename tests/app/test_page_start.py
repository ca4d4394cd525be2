"""The first page: what can be opened, how a person corrects what was recognised, and what the data can answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import source_chooser
from app.source_choice import source_of_paths, source_of_uploads
from call_codes.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("pages")
Open = Callable[..., AppTest]


def rows(
    number: int = 40, header: str = "Incident,Nature,Received,Cleared", kind: str = "WELFARE CHECK"
) -> str:
    start = datetime(2024, 3, 4)
    lines = [header]
    for i in range(number):
        at = start + timedelta(hours=i)
        lines.append(
            f"24-{i:04},{kind},{at:%m/%d/%Y %H:%M:%S},{at + timedelta(minutes=30):%m/%d/%Y %H:%M:%S}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Open:
    """The first page, opened as `rightcall app PATH...` does."""

    def _start(*paths: Path) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["home.py", *map(str, paths)])
        return AppTest.from_file(str(ROOT / "app" / "home.py"), default_timeout=180).run()

    return _start


def said(visitor: AppTest) -> str:
    kinds: list[Any] = [*visitor.text, *visitor.markdown, *visitor.header, *visitor.get("html")]
    return "\n".join(str(getattr(e, "value", None) or getattr(e.proto, "body", "")) for e in kinds)


def test_a_folder_of_exports_is_opened_as_one_city_and_a_file_can_be_left_out(
    start: Open, tmp_path: Path
) -> None:
    (tmp_path / "january.csv").write_text(rows(40))
    (tmp_path / "february.csv").write_text(rows(25).replace("24-", "25-"))
    (tmp_path / "notes.md").write_text("not an export")
    visitor = start(tmp_path)
    assert not visitor.exception
    assert "65 rows read = 65 kept" in said(visitor)
    visitor.multiselect(key="files").set_value(["january.csv"]).run()
    assert "40 rows read = 40 kept" in said(visitor)


def test_a_settings_file_brings_its_files_and_its_policy(start: Open, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(rows())
    (tmp_path / "rightcall.toml").write_text(
        'files = ["calls.csv"]\npolicy = "civilian_admin"\ntime_zone = "America/Denver"\n'
    )
    for given in (tmp_path, tmp_path / "rightcall.toml"):
        visitor = start(given)
        assert not visitor.exception
        assert visitor.selectbox(key="policy").value == "civilian_admin"
        assert "Time zone: America/Denver" in said(visitor)


def test_several_uploads_are_read_as_one_city(start: Open, tmp_path: Path) -> None:
    (tmp_path / "given.csv").write_text(rows())
    visitor = start(tmp_path / "given.csv")
    visitor.radio(key="open").set_value(source_chooser.UPLOAD_LABEL).run()
    sent = [
        ("calls.csv", rows(30).encode(), "text/csv"),
        ("calls.csv", rows(20).replace("24-", "25-").encode(), "text/csv"),  # the same name twice
    ]
    visitor.file_uploader(key="upload").set_value(sent).run()
    assert not visitor.exception
    assert "50 rows read = 50 kept" in said(visitor)


def test_an_export_without_a_known_type_column_is_opened_by_choosing_the_column(
    start: Open, tmp_path: Path
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(rows(header="Incident,Blurb,Received,Cleared"))
    visitor = start(file)
    assert not visitor.exception
    assert "no column for the call type" in said(visitor)
    box = next(box for box in visitor.selectbox if box.key and box.key.startswith("column-call_type-"))
    box.set_value("Blurb")
    next(b for b in visitor.button if b.label.startswith("Read the files again")).click().run()
    assert not visitor.exception
    assert "40 rows read = 40 kept" in said(visitor)
    # Back to what was recognised: the same refusal as at first.
    next(b for b in visitor.button if b.label == "Back to what was recognised").click().run()
    assert "no column for the call type" in said(visitor)


def test_a_wrong_column_for_a_time_is_refused_and_the_answer_stands(start: Open, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(rows())
    visitor = start(file)
    before = said(visitor)
    box = next(box for box in visitor.multiselect if box.key and box.key.startswith("column-arrived_at-"))
    box.set_value(["Nature"])
    next(b for b in visitor.button if b.label.startswith("Read the files again")).click().run()
    assert not visitor.exception
    assert "read as a date with a time" in said(visitor)
    assert "40 rows read = 40 kept" in before
    assert "40 rows read = 40 kept" in said(visitor)


def test_a_chosen_time_zone_is_used_and_its_question_goes_away(start: Open, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(rows())
    visitor = start(file)
    assert "In which time zone are the stamps?" in said(visitor)
    box = next(box for box in visitor.selectbox if box.key and box.key.startswith("zone-"))
    box.set_value("America/Chicago")
    next(b for b in visitor.button if b.label.startswith("Read the files again")).click().run()
    assert "In which time zone are the stamps?" not in said(visitor)
    assert "Time zone: America/Chicago" in said(visitor)


def test_the_page_says_what_the_data_can_answer_as_the_command_does(start: Open, tmp_path: Path) -> None:
    from app.commands.check import check_files
    from app.settings import Settings

    file = tmp_path / "calls.csv"
    file.write_text(rows())
    page = said(start(file))
    for ability in check_files(Settings(files=(file,))).quality.abilities:
        assert ability.question in page


def test_the_same_bytes_are_the_same_source_and_other_bytes_another(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows())
    on_disk = source_of_paths([tmp_path / "a.csv"], "given")
    (tmp_path / "a.csv").write_text(rows(kind="FIGHT"))
    assert source_of_paths([tmp_path / "a.csv"], "given").sha256 != on_disk.sha256
    sent = source_of_uploads([("C:\\calls\\..\\a.csv", on_disk.sha256, rows().encode)])
    assert sent.sha256 == on_disk.sha256
    assert sent.files[0].name == "a.csv"  # a browser may send a path


def test_an_upload_lies_on_the_disk_only_while_it_is_read() -> None:
    sent = source_of_uploads([("a.csv", "0" * 64, rows().encode)])
    with sent.on_disk(layout="id = 'x'") as settings:
        assert settings.files[0].read_text() == rows()
        assert settings.layout is not None
        lying = [settings.files[0], Path(settings.layout)]
    assert not any(path.exists() for path in lying)


def test_an_empty_folder_and_settings_without_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no export in the folder"):
        source_of_paths([tmp_path], "given")
    (tmp_path / "rightcall.toml").write_text('policy = "civilian_admin"\n')
    with pytest.raises(InputError, match=r"no export in rightcall\.toml"):
        source_of_paths([tmp_path / "rightcall.toml"], "given")
