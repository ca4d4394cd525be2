"""How strong would something unrecorded have to be to explain the effect away: E-value and robustness value.

Neither has a pass mark. They turn "there may be other causes" into "a cause this strong", which a reader can
weigh against causes that are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import polars as pl

from evaluation.after.results import Check, Effect

if TYPE_CHECKING:
    from evaluation.after.recorded_causes import RecordedCauses


def e_value(ratio: float) -> float:
    """E-value of a risk or rate ratio: VanderWeele & Ding 2017, Ann. Intern. Med. 167. ValueError at ratio ≤ 0."""
    if ratio <= 0:
        raise ValueError(f"a ratio of {ratio}")
    above = ratio if ratio >= 1 else 1 / ratio
    return above + sqrt(above * (above - 1))


def e_value_of_interval(low: float | None, high: float | None) -> float | None:
    """E-value of the end of an interval that lies nearer to 1; 1 where it includes 1, None where it has no such end."""
    if low is not None and low > 1:
        return e_value(low)
    if high is not None and 0 < high < 1:
        return e_value(high)
    return None if low is None or high is None else 1.0


def robustness_value(
    estimate: float, standard_error: float, freedom: int, *, alpha: float | None = None
) -> float:
    """Share of what is left of program and outcome that a cause must explain of both to bring the effect to zero.

    alpha: … to bring it below significance instead. Cinelli & Hazlett 2020, JRSS B 82, equations 5 and 6.
    """
    from scipy import stats

    f = abs(estimate / standard_error) / sqrt(freedom)
    if alpha is not None:
        f -= float(stats.t.isf(alpha / 2, freedom - 1)) / sqrt(freedom - 1)
    if f <= 0:
        return 0.0
    return (sqrt(f**4 + 4 * f**2) - f**2) / 2


def partial_r2(estimate: float, standard_error: float, freedom: int) -> float:
    """Share of what is left of the outcome that the program explains."""
    t = estimate / standard_error
    return t**2 / (t**2 + freedom)


@dataclass(frozen=True)
class Benchmark:
    """A recorded covariate: partial R² with the program, and with the outcome given the program."""

    name: str
    with_program: float
    with_outcome: float


def adjusted_estimate(
    estimate: float, standard_error: float, freedom: int, benchmark: Benchmark, times: float = 1.0
) -> float:
    """The estimate if an unrecorded cause were `times` as strong as a recorded one.

    Cinelli & Hazlett 2020, section 4.4. ValueError where no cause can be that strong.
    """
    program, outcome = benchmark.with_program, benchmark.with_outcome
    with_program = times * program / (1 - program)
    between = times * program**2 / ((1 - times * program) * (1 - program))
    if not (with_program < 1 and 0 <= between < 1):
        raise ValueError(f"no cause can be {times:g} times as strong as {benchmark.name}")
    with_outcome = ((sqrt(times) + sqrt(between)) / sqrt(1 - between)) ** 2 * outcome / (1 - outcome)
    bias = standard_error * sqrt(freedom * min(with_outcome, 1.0) * with_program / (1 - with_program))
    return estimate - bias if estimate > 0 else estimate + bias


def e_value_check(effect: Effect) -> Check:
    """E-value of the effect and of the end of its interval; of baseline + effect ÷ baseline for differences."""
    name, label = "e_value", "How strong would an unrecorded cause have to be? (E-value)"
    if effect.relative is None or effect.relative <= -1:
        return Check(name, label, None, "The effect cannot be put as a ratio.")
    ratio = 1 + effect.relative
    low, high = (None if end is None else 1 + end for end in (effect.relative_low, effect.relative_high))
    point, end = e_value(ratio), e_value_of_interval(low, high)
    sentence = (
        f"Something that is not in the data would have to come with the program, and change the outcome, by a factor of {point:.2f} "
        f"each to make the whole effect (a ratio of {ratio:.2f}) appear by itself"
    )
    sentence += "." if end is None else f"; a factor of {end:.2f} would move the interval to no effect."
    table = pl.DataFrame(
        {"of": ["estimate", "interval"], "e_value": [point, end]},
        schema={"of": pl.String, "e_value": pl.Float64},
    )
    return Check(
        name, label, None, f"{sentence} There is no pass mark: weigh it against causes you know.", table
    )


def robustness_check(effect: Effect, freedom: int, recorded: RecordedCauses | None = None) -> Check:
    """Robustness value of a regression estimate, and how many times a recorded cause it takes to undo it.

    freedom: residual degrees of freedom of the effect's standard error; recorded: the covariates' strength, whose
    regression then sets the scale. table: cause, times, adjusted_estimate, times_to_zero (null: no cause can be so
    strong). passed: None without recorded causes; else whether the direction survives a cause as strong as each.
    """
    name, label = "robustness_value", "How strong compared with recorded causes? (robustness value)"
    if effect.standard_error is None or not effect.standard_error > 0 or effect.scale != "difference":
        return Check(name, label, None, "Needs a difference with its standard error.")
    error = effect.standard_error
    at_five = robustness_value(effect.estimate, error, freedom, alpha=0.05)
    if recorded is not None:
        error, freedom = recorded.standard_error, recorded.freedom
    value = robustness_value(effect.estimate, error, freedom)
    rows, passed = [], None
    for one in recorded.benchmarks if recorded is not None else ():
        zero = times_to_zero(effect.estimate, error, freedom, one)
        for times in (1.0, 2.0, 3.0):
            try:
                moved = adjusted_estimate(effect.estimate, error, freedom, one, times)
            except ValueError:
                continue
            rows.append((one.name, times, moved, zero))
            if times == 1.0:
                passed = passed is not False and moved * effect.estimate > 0
    sentence = (
        f"An unrecorded cause would have to explain {value:.1%} of what is left of both the program and the outcome to bring the "
        f"effect to zero, {at_five:.1%} to make it undetectable."
    )
    if recorded is not None and rows:
        sentence += _compared(recorded, effect, error, freedom)
    number = dict.fromkeys(("times", "adjusted_estimate", "times_to_zero"), pl.Float64)
    table = pl.DataFrame(rows, schema={"cause": pl.String, **number}, orient="row")
    return Check(name, label, passed, sentence, table if rows else None)


def times_to_zero(
    estimate: float, standard_error: float, freedom: int, benchmark: Benchmark, most: float = 1_000.0
) -> float | None:
    """How many times as strong as a recorded cause an unrecorded one must be to bring the estimate to zero.

    To 0.1 %. None where no cause can be that strong, or not within `most` times.
    """

    def undone(times: float) -> bool | None:
        try:
            moved = adjusted_estimate(estimate, standard_error, freedom, benchmark, times)
        except ValueError:
            return None
        return moved * estimate <= 0

    low, high = 0.0, 0.01
    while undone(high) is False and high <= most:
        low, high = high, high * 1.5
    while high - low > 0.001 * high:
        middle = (low + high) / 2
        # Causes too strong to exist lie above; the strongest that can exist may or may not be enough.
        low, high = (middle, high) if undone(middle) is False else (low, middle)
    return high if undone(high) else None


def _compared(recorded: RecordedCauses, effect: Effect, error: float, freedom: int) -> str:
    strongest = recorded.benchmarks[0]
    times = times_to_zero(effect.estimate, error, freedom, strongest)
    if times is None:
        return (
            f" No unrecorded cause of the kind of “{strongest.name}”, the strongest recorded one, could be strong enough to "
            "bring the effect to zero."
        )
    return (
        f" It would have to be {times:.3g} times as strong as “{strongest.name}”, the strongest recorded one, to bring the "
        "effect to zero."
    )
