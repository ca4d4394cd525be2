"""Agreement against published and hand-counted values."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from call_codes.agreement import _fleiss, agreement, pending
from call_codes.crosswalk import empty_crosswalk, read_crosswalk
from call_codes.signing import Decision, append_decisions


def _table(pairs: list[tuple[str, str]]) -> pl.DataFrame:
    rows = [
        {
            "agency": "",
            "code_key": "",
            "text_key": str(n),
            "basis": "signed",
            "reviewer": who,
            "category": said,
        }
        for n, both in enumerate(pairs)
        for who, said in zip(("A", "B"), both, strict=True)
    ]
    return pl.DataFrame(rows)


def test_cohens_kappa_of_the_standard_example() -> None:
    """Two readers of 50 proposals: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed .70, chance .50, kappa .40."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = agreement(_table(pairs))
    assert (found.numerator, found.denominator, found.reviewers, found.method) == (35, 50, 2, "cohen")
    assert (found.observed, found.by_chance, found.kappa) == pytest.approx((0.7, 0.5, 0.4))


def test_fleiss_kappa_of_the_standard_example() -> None:
    """Fourteen raters, ten subjects, five values: observed .378, chance .213, kappa .210."""
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    observed, chance = _fleiss([[v for v, n in enumerate(row) for _ in range(n)] for row in counts])
    assert observed is not None
    assert chance is not None
    assert (observed, chance) == pytest.approx((0.378, 0.213), abs=0.0005)
    assert (observed - chance) / (1 - chance) == pytest.approx(0.210, abs=0.0005)


def test_nothing_judged_twice_has_no_kappa() -> None:
    found = agreement(empty_crosswalk().decisions)
    assert (found.share, found.kappa, found.denominator) == (None, None, 0)


def test_full_agreement_on_one_value_has_a_share_and_no_kappa() -> None:
    found = agreement(_table([("y", "y")] * 3))
    assert (found.share, found.kappa) == (1.0, None)


def test_a_settled_conflict_stays_a_disagreement_and_the_latest_view_counts(tmp_path: Path) -> None:
    path = tmp_path / "city.csv"

    def sign(text: str, who: str, category: str, **more: str) -> None:
        append_decisions(path, [Decision(category, who, "2026-11-21", text=text, **more)])

    sign("PARTY", "A", "noise")
    sign("PARTY", "B", "disturbance")
    sign("MUSIC", "A", "disturbance")
    sign("MUSIC", "A", "noise")
    sign("MUSIC", "B", "noise")
    assert pending(read_crosswalk(path).decisions)["text"].to_list() == ["PARTY", "PARTY"]
    sign("PARTY", "C", "noise", replaces="A|B")
    decisions = read_crosswalk(path).decisions
    assert pending(decisions).height == 0
    found = agreement(decisions)
    assert (found.numerator, found.denominator, found.reviewers, found.method) == (1, 2, 3, "fleiss")
