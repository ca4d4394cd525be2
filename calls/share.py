"""A share as people may see it: never bare, always with numerator, denominator, definition, low and high."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """`numerator` of `denominator`, and the range within which the answer lies under other honest readings.

    `low` and `high` are counts in the same unit as `numerator`; `low_share`, `share` and `high_share` are
    between 0 and 1, or None where the denominator is 0.
    """

    numerator: float
    denominator: float
    low: float
    high: float
    definition: str

    def __post_init__(self) -> None:
        if not self.low <= self.numerator <= self.high:
            raise AssertionError(f"{self.low} ≤ {self.numerator} ≤ {self.high} does not hold")

    def _of(self, count: float) -> float | None:
        return count / self.denominator if self.denominator else None

    @property
    def share(self) -> float | None:
        """numerator / denominator."""
        return self._of(self.numerator)

    @property
    def low_share(self) -> float | None:
        """low / denominator."""
        return self._of(self.low)

    @property
    def high_share(self) -> float | None:
        """high / denominator."""
        return self._of(self.high)

    def as_dict(self) -> dict[str, float | str | None]:
        """For JSON: low, policy and high shares with the counts and the definition beside them."""
        return {
            "low": self.low_share,
            "policy": self.share,
            "high": self.high_share,
            "numerator": self.numerator,
            "numerator_low": self.low,
            "numerator_high": self.high,
            "denominator": self.denominator,
            "definition": self.definition,
        }
