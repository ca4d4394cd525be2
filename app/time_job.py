"""The job behind `rightcall time`: canonical tables, the types' categories, and the answer of an engine.

This process never loads the text model: the model's answers come from memory, or from a process of its own that
ends when it has answered (see classifier.remembered).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.canonical_cache import canonical_of
from app.settings import Settings
from call_codes.crosswalk import load_crosswalk
from call_codes.policy import Policy, load_policy
from classifier.remembered import RememberedModel
from officer_time.answer import Answer, Engine, Question, answer
from officer_time.canonical import Canonical
from officer_time.types import types_with_meaning

STEPS: Final = 5


@dataclass(frozen=True)
class TimeJob:
    """An answer, and what it was made from. from_cache: the files were not read again."""

    answer: Answer
    canonical: Canonical
    policy: Policy
    settings: Settings
    engine: str
    from_cache: bool
    warnings: tuple[str, ...]


def run_time(
    settings: Settings,
    question: Question,
    progress: Callable[[str], None] = lambda step: None,
    *,
    use_cache: bool = True,
    spark_master: str | None = None,
) -> TimeJob:
    """Answer one question. Raises RightcallError in a sentence for what is wrong with the files or the settings."""
    policy = load_policy(settings.policy)
    crosswalk = load_crosswalk(settings.crosswalk) if settings.crosswalk else None
    canonical, from_cache = canonical_of(settings, progress, use_cache=use_cache)
    progress("Looking up the call types")
    model = RememberedModel()
    types = types_with_meaning(canonical.types, crosswalk, policy, model)
    progress("Measuring officer time")
    if spark_master is None:
        found = answer(Engine(canonical, types), question)
    else:
        from officer_time.spark import spark_engine

        with spark_engine(canonical, types, spark_master) as engine:
            found = answer(engine, question)
    guessed = (types["basis"] == "model").any()
    return TimeJob(
        answer=found,
        canonical=canonical,
        policy=policy,
        settings=settings,
        engine="polars" if spark_master is None else "spark",
        from_cache=from_cache,
        warnings=model.warnings_ if guessed else (),
    )
