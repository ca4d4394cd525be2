"""Comparison of like calls, doubly robust and cross-fitted (AIPW): right if either the model of who is served or
the model of the outcome is right.

Every call's probability and expected outcome come from models that never saw the call; the error leaves out one
group of calls at a time (`call_clusters.py`).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.after.call_clusters import BY_AREA, Parts, clustered_error, group_codes
from evaluation.after.difference_in_differences import with_relative
from evaluation.after.results import Effect, Refusal

NAME = "call_level_aipw"
Array = NDArray[np.float64]
TREES_FROM = 5_000  # fewer calls: straight lines
MOST_TRAINED = 200_000  # calls that one model learns from; more cost time and change nothing that can be seen
MOST_LEVELS = 200
LEAST_OVERLAP = 0.80
LEAST_EFFECTIVE = 0.10


def call_level_aipw(
    calls: pl.DataFrame,
    outcome: str,
    *,
    covariates: tuple[str, ...],
    treated: str = "treated",
    cluster: str | None = None,
    also: str | None = None,
    estimand: Literal["att", "ate"] = "att",
    folds: int = 5,
    seed: int = 0,
) -> Effect | Refusal:
    """Effect of being treated on eligible calls (att) or on all (ate), given what was known before dispatch.

    calls: one row per call; treated: 0/1 or Boolean; covariates: numbers (null = the median), or text taken as
    categories (null = one of its own). cluster: column whose calls hang together, which decides; also: another one whose
    test is shown beside it. Both as `clustered_error` has them. Refuses where less
    than 80 % of the calls have a chance of either treatment between 5 and 95 %, or where the comparison calls'
    weights are worth less than 10 % of their number. Normalised (Hájek) weights; Chernozhukov et al. 2018,
    Econometrics J. 21. details: overlap, effective_share, balance (table covariate, before, after: standardised
    differences of numeric covariates), clustered_by, clusters.
    """
    table = calls.filter(pl.col(outcome).is_not_null() & pl.col(treated).is_not_null())
    y = table[outcome].cast(pl.Float64).to_numpy()
    d = table[treated].cast(pl.Float64).to_numpy()
    if len(np.unique(y)) < 2 or len(np.unique(d)) < 2:
        flat = outcome if len(np.unique(y)) < 2 else treated
        return Refusal(NAME, f"{flat} has the same value everywhere.", "A column that varies.")
    if not covariates:
        return Refusal(NAME, "No covariate was named.", "What was known of each call before dispatch.")
    x, categories = _matrix(table, covariates)
    groups = group_codes(table[cluster]) if cluster else np.arange(len(y))
    score, without, with_ = _cross_fit(y, d, x, categories, groups, estimand, folds, seed)
    overlap = float(((score > 0.05) & (score < 0.95)).mean())
    score = np.clip(score, 0.005, 0.995)
    weights = (
        np.where(d == 1, 1.0, score / (1 - score))
        if estimand == "att"
        else 1 / np.where(d == 1, score, 1 - score)
    )
    control = weights[d == 0]
    effective = float(control.sum() ** 2 / (control**2).sum() / len(control))
    if overlap < LEAST_OVERLAP or effective < LEAST_EFFECTIVE:
        return Refusal(
            NAME,
            f"{overlap:.0%} of the calls could have gone either way; the comparison calls weigh as {effective:.0%} "
            "of their number.",
            "At least 80 % and 10 %: a narrower set of calls in which both happen.",
        )
    parts, influence, baseline = _effect(y, d, score, without, with_, estimand)
    found = clustered_error(parts, influence, d, groups, cluster, BY_AREA if cluster == "area" else "")
    tests = [found.test]
    if also is not None and also != cluster:
        beside = clustered_error(parts, influence, d, group_codes(table[also]), also, BY_AREA)
        tests.append(beside.test)
    valid = found.test.valid
    return with_relative(
        Effect(
            design=NAME,
            outcome=outcome,
            estimand="average effect on treated calls (ATT)"
            if estimand == "att"
            else "average effect on all calls",
            scale="difference",
            estimate=float(parts.estimate()[0]),
            standard_error=found.standard_error,
            low=found.low,
            high=found.high,
            interval_method=found.test.method if valid else "none",
            baseline=baseline,
            relative=None,
            relative_low=None,
            relative_high=None,
            treated_areas=None,
            comparison_areas=None,
            periods=None,
            observations=len(y),
            p_values=tuple(tests),
            p_value=found.test if valid else None,
            notes=() if valid else (found.test.reason,),
            details={
                "overlap": overlap,
                "effective_share": effective,
                "balance": _balance(table, covariates, d, weights),
                "clustered_by": cluster,
                "clusters": found.clusters,
            },
        )
    )


def _effect(
    y: Array, d: Array, score: Array, without: Array, with_: Array, estimand: str
) -> tuple[Parts, Array, float]:
    """The effect's weighted means, influence of each call (mean zero), and the expected outcome without treatment."""
    control = (1 - d) / (1 - score)
    if estimand == "att":
        odds, gap = control * score, y - without
        parts = Parts(gap, d, gap, odds, np.zeros(len(y)))
        of_treated, of_control = float(d @ gap) / d.sum(), float(odds @ gap) / odds.sum()
        influence = d * (gap - of_treated) / d.mean() - odds * (gap - of_control) / odds.mean()
        return parts, influence, float(y[d == 1].mean()) - float(parts.estimate()[0])
    up = d / score
    parts = Parts(y - with_, up, y - without, control, with_ - without)
    mean_with = with_ + up / up.mean() * (y - with_)
    mean_without = without + control / control.mean() * (y - without)
    effect = float((mean_with - mean_without).mean())
    return parts, mean_with - mean_without - effect, float(mean_without.mean())


def _cross_fit(
    y: Array,
    d: Array,
    x: Array,
    categories: list[int],
    groups: NDArray[np.int64],
    estimand: str,
    folds: int,
    seed: int,
) -> tuple[Array, Array, Array]:
    """Probability of treatment and expected outcome without and with it, each from the other folds."""
    shuffled = np.random.default_rng(seed).permutation(int(groups.max()) + 1)
    fold = shuffled[groups] % folds
    binary = bool(np.isin(y, (0.0, 1.0)).all())
    score, without, with_ = np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    for part in range(folds):
        inside, outside = fold == part, fold != part
        score[inside] = _predict(d[outside], x[outside], x[inside], categories, True, seed)
        arm = outside & (d == 0)
        without[inside] = _predict(y[arm], x[arm], x[inside], categories, binary, seed)
        if estimand == "ate":
            arm = outside & (d == 1)
            with_[inside] = _predict(y[arm], x[arm], x[inside], categories, binary, seed)
    return score, without, with_


def _predict(y: Array, x: Array, to: Array, categories: list[int], binary: bool, seed: int) -> Array:
    if len(np.unique(y)) < 2:
        return np.full(len(to), y[0] if len(y) else 0.0)
    if len(y) > MOST_TRAINED:
        drawn = np.random.default_rng(seed).choice(len(y), MOST_TRAINED, replace=False)
        y, x = y[drawn], x[drawn]
    model = _model(len(y), categories, binary, seed).fit(x, y)
    return np.asarray(model.predict_proba(to)[:, 1] if binary else model.predict(to), dtype=np.float64)


def _model(calls: int, categories: list[int], binary: bool, seed: int) -> Any:
    """Boosted trees; with few calls a (logistic) regression on standardised numbers and category columns."""
    if calls >= TREES_FROM:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        options: dict[str, Any] = {
            "max_iter": 80,
            "learning_rate": 0.1,
            "max_leaf_nodes": 15,
            "min_samples_leaf": 50,
            "early_stopping": False,
            "categorical_features": categories or None,
            "random_state": seed,
        }
        return (
            HistGradientBoostingClassifier(**options) if binary else HistGradientBoostingRegressor(**options)
        )
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", drop="first", sparse_output=False), categories),
        remainder=StandardScaler(),
    )
    return make_pipeline(columns, LogisticRegression(C=1e4, max_iter=2_000) if binary else LinearRegression())


def _matrix(table: pl.DataFrame, covariates: tuple[str, ...]) -> tuple[Array, list[int]]:
    """Covariates as numbers, and which columns are categories (the 200 most frequent levels, the rest as one)."""
    columns, categories = [], []
    for place, name in enumerate(covariates):
        series = table[name]
        if series.dtype.is_numeric():
            known = series.cast(pl.Float64)
            columns.append(known.fill_null(known.median()).to_numpy())
        else:
            codes = group_codes(series.cast(pl.String).fill_null("unknown"))
            order = np.argsort(np.argsort(-np.bincount(codes), kind="stable"), kind="stable")
            columns.append(np.minimum(order[codes], MOST_LEVELS).astype(np.float64))
            categories.append(place)
    return np.column_stack(columns), categories


def _balance(table: pl.DataFrame, covariates: tuple[str, ...], d: Array, weights: Array) -> pl.DataFrame:
    rows = []
    for name in covariates:
        if not table[name].dtype.is_numeric():
            continue
        value = table[name].cast(pl.Float64)
        value = value.fill_null(value.median())
        x = value.to_numpy()
        spread = float(np.sqrt((x[d == 1].var() + x[d == 0].var()) / 2)) or 1.0
        before = float(x[d == 1].mean() - x[d == 0].mean()) / spread
        after = (
            float(
                np.average(x[d == 1], weights=weights[d == 1])
                - np.average(x[d == 0], weights=weights[d == 0])
            )
            / spread
        )
        rows.append({"covariate": name, "before": before, "after": after})
    return pl.DataFrame(rows, schema={"covariate": pl.String, "before": pl.Float64, "after": pl.Float64})
