"""An error says what was found, what was expected and what to do, and carries the command's exit code."""

from __future__ import annotations

import pickle

import pytest

from call_codes.errors import (
    CodeBookError,
    InputError,
    LayoutError,
    OutputError,
    PolicyError,
    RightcallError,
    UsageError,
    did_you_mean,
)


def test_an_error_reads_as_three_sentences() -> None:
    error = InputError("calls.csv has no column for the time received", "one", "name it in the layout.")
    assert str(error) == (
        "Found: calls.csv has no column for the time received. Expected: one. To do: name it in the layout."
    )


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (RightcallError, 1),
        (UsageError, 2),
        (InputError, 3),
        (LayoutError, 4),
        (PolicyError, 5),
        (OutputError, 6),
        (CodeBookError, 7),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[RightcallError], exit_code: int) -> None:
    assert issubclass(kind, RightcallError)
    assert kind("a", "b", "c").exit_code == exit_code


def test_an_error_survives_the_way_from_another_process() -> None:
    copy = pickle.loads(pickle.dumps(PolicyError("a", "b", "c")))  # noqa: S301
    assert (type(copy), copy.found, copy.expected, copy.action) == (PolicyError, "a", "b", "c")


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert did_you_mean("welfare_chek", ["welfare_check", "weapon"]) == ' Did you mean "welfare_check"?'
    assert did_you_mean("  NOISE ", ["noise"]) == ' Did you mean "noise"?'
    assert did_you_mean("zebra", ["welfare_check", "weapon"]) == ""
    assert did_you_mean("anything", []) == ""
