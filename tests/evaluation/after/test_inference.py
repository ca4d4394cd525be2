"""Which test is believed, and that the believed test keeps its 5 %."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from evaluation.after.area_contrast import Contrast, before_after_contrast, estimates, start_date_contrast
from evaluation.after.area_matrix import AreaMatrix, area_matrix
from evaluation.after.area_randomization import randomization
from evaluation.after.arrangements import arrangements
from evaluation.after.group_time import group_time_effects, overall
from evaluation.after.inference import RANDOMIZATION, RESCALED, for_one_start, for_schedule
from evaluation.after.ratio_inference import for_ratio
from evaluation.after.ratio_tests import TwoCounts
from tests.evaluation.after.panels import made_up


def matrix_of(areas: int, periods: int, starts: dict[int, int], **more: object) -> AreaMatrix:
    found = area_matrix(made_up(areas, periods, starts, **more), "outcome", "test")  # type: ignore[arg-type]
    assert isinstance(found, AreaMatrix)
    return found


def null_rejections(
    areas: int, treated: int, panels: int, seed: int, *, size_spread: float = 0.0
) -> tuple[float, int]:
    """Share of AR(1) null panels in which the chosen test says p ≤ 0.05, and in how many it could test at all."""
    generator = np.random.default_rng(seed)
    rejected, tested, periods, before = 0, 0, 24, 12
    program = np.arange(areas) < treated
    for _ in range(panels):
        noise = np.empty((areas, periods))
        noise[:, 0] = generator.normal(size=areas) / np.sqrt(0.75)
        for period in range(1, periods):
            noise[:, period] = 0.5 * noise[:, period - 1] + generator.normal(size=areas)
        size = np.exp(generator.normal(size=areas) * size_spread)
        if size_spread:
            # The largest areas get the program: as in practice, and the worst case for permuting.
            size = np.sort(size)[::-1]
        change = (noise[:, before:].mean(axis=1) - noise[:, :before].mean(axis=1)) * np.sqrt(size)
        shift = program.astype(float)
        contrast = Contrast(
            program.astype(np.int64), np.column_stack([-change, change]), np.column_stack([-shift, shift])
        )
        found = for_one_start(contrast, size=size, periods=periods, interval=False)
        if found.p_value is not None and found.p_value.value is not None:
            tested += 1
            rejected += found.p_value.value <= 0.05
    return rejected / max(tested, 1), tested


def test_every_arrangement_is_listed_once_and_the_real_one_comes_first() -> None:
    group = np.array([0, 1, 0, 2, 2])
    found = arrangements(group)
    assert found.exact
    assert found.total == 30
    assert found.labels[0].tolist() == group.tolist()
    assert sorted(map(tuple, found.labels.tolist())) == sorted(set(permutations(group.tolist())))


def test_too_many_arrangements_are_drawn_with_the_seed() -> None:
    group = np.array([0] * 28 + [1] * 8)
    one, again, other = arrangements(group, 1), arrangements(group, 1), arrangements(group, 2)
    assert not one.exact
    assert len(one.labels) == 10_000
    assert (one.labels == again.labels).all()
    assert (one.labels != other.labels).any()
    assert (one.labels.sum(axis=1) == 8).all()


def test_the_before_after_contrast_is_the_difference_in_differences() -> None:
    matrix = matrix_of(6, 10, {0: 6, 1: 6}, seed=3)
    contrast = before_after_contrast(matrix)
    values, ever = matrix.values, matrix.ever
    by_hand = (values[ever, 6:].mean() - values[ever, :6].mean()) - (
        values[~ever, 6:].mean() - values[~ever, :6].mean()
    )
    found, _ = estimates(contrast.numbers, contrast.group[None, :])
    assert found[0] == pytest.approx(by_hand)
    shift, _ = estimates(contrast.shift, contrast.group[None, :])
    assert shift[0] == pytest.approx(1.0)


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_the_staggered_contrast_is_callaway_santanna_without_covariates(comparison: str) -> None:
    matrix = matrix_of(12, 9, {0: 3, 1: 3, 2: 5, 3: 5, 4: 5, 5: 7}, seed=4)
    contrast = start_date_contrast(matrix, comparison)
    found, _ = estimates(contrast.numbers, contrast.group[None, :])
    table = group_time_effects(matrix, np.empty((12, 0)), "none", comparison)  # type: ignore[arg-type]
    assert found[0] == pytest.approx(overall(table, "simple").estimate)


def test_the_interval_holds_exactly_the_effects_that_are_not_rejected() -> None:
    matrix = matrix_of(12, 20, {0: 10, 1: 10, 2: 10}, effect=2.0, seed=5)
    contrast = before_after_contrast(matrix)
    found = randomization(contrast)
    assert found.low is not None
    assert found.high is not None
    for effect, kept in ((found.low - 1e-3, False), (found.low + 1e-3, True), (found.high + 1e-3, False)):
        moved = Contrast(contrast.group, contrast.numbers - effect * contrast.shift, contrast.shift)
        assert (randomization(moved, interval=False).p_value > 0.05) is kept


def test_one_area_of_twelve_cannot_be_tested() -> None:
    matrix = matrix_of(12, 24, {0: 12}, effect=50.0)
    found = for_one_start(before_after_contrast(matrix), size=matrix.level_before(), periods=24)
    assert found.p_value is None
    assert "no test holds" in found.notes[0]
    by_lot = next(one for one in found.p_values if one.method == RANDOMIZATION)
    assert by_lot.smallest_possible == pytest.approx(1 / 12)
    assert not by_lot.valid


def test_one_area_of_thirty_six_is_tested_by_size_and_one_of_twenty_by_rank() -> None:
    chosen = []
    for areas in (36, 20):
        matrix = matrix_of(areas, 24, {0: 12}, effect=50.0)
        found = for_one_start(before_after_contrast(matrix), size=matrix.level_before(), periods=24)
        assert found.p_value is not None
        chosen.append(found.p_value.method)
    assert chosen == [RESCALED, RANDOMIZATION]


def test_large_program_areas_are_not_exchanged_with_small_ones() -> None:
    matrix = matrix_of(24, 24, {0: 12, 1: 12}, seed=1)
    size = np.where(matrix.ever, 30.0, 10.0)
    found = for_one_start(before_after_contrast(matrix), size=size, periods=24)
    assert found.p_value is not None
    assert found.p_value.method == RESCALED
    by_chance = for_one_start(before_after_contrast(matrix), size=size, periods=24, random_rollout=True)
    assert by_chance.p_value is not None
    assert by_chance.p_value.method == RANDOMIZATION


@pytest.mark.parametrize(("areas", "treated"), [(12, 3), (36, 2)])
def test_the_chosen_test_keeps_its_size_in_a_short_run(areas: int, treated: int) -> None:
    share, tested = null_rejections(areas, treated, 250, seed=11)
    assert tested == 250
    assert 0.02 <= share <= 0.085  # three standard errors around 5 % with 250 panels


@pytest.mark.slow
@pytest.mark.parametrize("areas", [12, 16, 24, 36])
@pytest.mark.parametrize("treated", [1, 2, 3, 4, 6, 8])
def test_the_chosen_test_rejects_three_to_seven_percent_of_true_nulls_or_says_it_cannot(
    areas: int, treated: int
) -> None:
    share, tested = null_rejections(areas, treated, 2_000, seed=100 * areas + treated)
    assert tested in (0, 2_000)
    assert tested == 0 or 0.03 <= share <= 0.07
    assert tested == 2_000 or (treated == 1 and areas < 20)


@pytest.mark.slow
@pytest.mark.parametrize(("areas", "treated"), [(16, 2), (24, 1), (36, 3), (36, 8)])
def test_the_chosen_test_keeps_its_size_where_the_largest_areas_get_the_program(
    areas: int, treated: int
) -> None:
    share, tested = null_rejections(areas, treated, 1_000, seed=areas, size_spread=0.8)
    assert tested in (0, 1_000)
    assert tested == 0 or 0.03 <= share <= 0.07


@pytest.mark.slow
def test_randomization_over_schedules_keeps_its_size() -> None:
    rejected = 0
    for panel in range(1_000):
        matrix = matrix_of(20, 16, {0: 6, 1: 6, 2: 9, 3: 9, 4: 12}, seed=panel)
        found = for_schedule(
            start_date_contrast(matrix),
            size=matrix.level_before(),
            clustered=(),
            clustered_interval=None,
            seed=panel,
        )
        assert found.p_value is not None
        assert found.p_value.value is not None
        rejected += found.p_value.value <= 0.05
    assert 0.03 <= rejected / 1_000 <= 0.07


def null_ratio_rejections(areas: int, treated: int, panels: int, seed: int) -> tuple[float, int]:
    """The same for counts: Poisson around AR(1) log rates, areas of unequal size, program areas as they come."""
    generator = np.random.default_rng(seed)
    rejected, tested, periods = 0, 0, 24
    for _ in range(panels):
        drift = np.empty((areas, periods))
        drift[:, 0] = generator.normal(size=areas) * 0.1 / np.sqrt(0.75)
        for period in range(1, periods):
            drift[:, period] = 0.5 * drift[:, period - 1] + generator.normal(size=areas) * 0.1
        counts = generator.poisson(np.exp(generator.normal(3, 0.5, areas)[:, None] + drift))
        two = TwoCounts(
            counts[:, :12].sum(axis=1).astype(float),
            counts[:, 12:].sum(axis=1).astype(float),
            np.arange(areas) < treated,
        )
        found = for_ratio(two, cr1=None, cr3=None, cr3_interval=None, interval=False)
        if found.p_value is not None and found.p_value.value is not None:
            tested += 1
            rejected += found.p_value.value <= 0.05
    return rejected / max(tested, 1), tested


def test_the_chosen_test_of_a_rate_ratio_keeps_its_size_in_a_short_run() -> None:
    share, tested = null_ratio_rejections(16, 4, 250, seed=12)
    assert tested == 250
    assert 0.02 <= share <= 0.085


@pytest.mark.slow
@pytest.mark.parametrize(("areas", "treated"), [(12, 3), (16, 2), (24, 6), (36, 1), (36, 3), (36, 8)])
def test_the_chosen_test_of_a_rate_ratio_rejects_three_to_seven_percent(areas: int, treated: int) -> None:
    share, tested = null_ratio_rejections(areas, treated, 1_500, seed=areas + treated)
    assert tested >= 1_400
    assert 0.03 <= share <= 0.07
