"""Errors that a user can act on: what was found, what was expected, what to do.

Every folder raises these classes, and only these, for faults in what the user brought (a file, a policy,
an option). The command line prints the three sentences and leaves with `exit_code`; a traceback is for
faults of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def _sentence(text: str) -> str:
    """`text` stripped, and closed with a full stop unless it already ends like a sentence."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


class RightcallError(Exception):
    """A fault in what the user brought.

    found: what is there, naming the file, row, column or value.
    expected: what should have been there, naming the allowed values.
    action: the next step for the user.
    `str(error)` is the three sentences in that order. `exit_code` is the status the command leaves with.
    """

    exit_code = 1

    def __init__(self, found: str, expected: str, action: str) -> None:
        # All three go to Exception.__init__, so that the error survives pickling between processes.
        super().__init__(found, expected, action)
        self.found = found
        self.expected = expected
        self.action = action

    def __str__(self) -> str:
        return (
            f"Found: {_sentence(self.found)} "
            f"Expected: {_sentence(self.expected)} "
            f"To do: {_sentence(self.action)}"
        )


class UsageError(RightcallError):
    """An option or an argument that cannot be used as given."""

    exit_code = 2


class InputError(RightcallError):
    """A data file that is absent, unreadable, or lacks what the question needs."""

    exit_code = 3


class LayoutError(RightcallError):
    """A layout (their column → our column) that is invalid or does not fit the file."""

    exit_code = 4


class PolicyError(RightcallError):
    """An eligibility policy that is unknown, incomplete or contradicts itself."""

    exit_code = 5


class OutputError(RightcallError):
    """A result that cannot be written where it was asked for."""

    exit_code = 6


class CodeBookError(RightcallError):
    """A taxonomy, code-book or signed crosswalk that is invalid or contradicts itself."""

    exit_code = 7


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """' Did you mean "x"?' for the nearest known word, '' when nothing is near.

    The answer starts with a space, so that it can be appended to a sentence as it is. Upper and lower case
    do not count; the suggestion is spelled as in `known`.
    """
    spelled = {name.casefold(): name for name in known}
    near = get_close_matches(word.strip().casefold(), list(spelled), n=1, cutoff=0.6)
    return f' Did you mean "{spelled[near[0]]}"?' if near else ""
