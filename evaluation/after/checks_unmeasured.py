"""How strong would something unrecorded have to be to explain the effect away: E-value and robustness value.

Neither has a pass mark. They turn "there may be other causes" into "a cause this strong", which a reader can
weigh against causes that are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import polars as pl

from evaluation.after.results import Check, Effect


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


def robustness_check(effect: Effect, freedom: int, benchmarks: tuple[Benchmark, ...] = ()) -> Check:
    """Robustness value of a regression estimate, and the estimate under causes as strong as recorded ones.

    freedom: residual degrees of freedom. table: cause, times, adjusted_estimate. passed: None without benchmarks;
    else whether the direction survives a cause as strong as the strongest recorded one.
    """
    name, label = "robustness_value", "How strong compared with recorded causes? (robustness value)"
    error = effect.standard_error
    if error is None or not error > 0 or effect.scale != "difference":
        return Check(name, label, None, "Needs a difference with its standard error.")
    value = robustness_value(effect.estimate, error, freedom)
    at_five = robustness_value(effect.estimate, error, freedom, alpha=0.05)
    rows, passed = [], None
    for one in benchmarks:
        for times in (1.0, 2.0, 3.0):
            try:
                moved = adjusted_estimate(effect.estimate, error, freedom, one, times)
            except ValueError:
                continue
            rows.append((one.name, times, moved))
            if times == 1.0:
                passed = passed is not False and moved * effect.estimate > 0
    sentence = (
        f"An unrecorded cause would have to explain {value:.1%} of what is left of both the program and the outcome to bring the "
        f"effect to zero, {at_five:.1%} to make it undetectable."
    )
    if rows:
        sentence += " Beside it stand causes as strong as the recorded ones."
    table = pl.DataFrame(
        rows, schema={"cause": pl.String, "times": pl.Float64, "adjusted_estimate": pl.Float64}, orient="row"
    )
    return Check(name, label, passed, sentence, table if rows else None)
