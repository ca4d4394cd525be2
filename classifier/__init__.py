"""Which category a call type falls into, how sure that is, how risky, and what a policy says about it.

    classified = classify_types(types, crosswalk=None)            # category, probability, hazard, basis
    shares = category_probabilities(classified, crosswalk=None)    # one row per type × category
    judged = add_eligibility(classified, load_policy("…"))        # eligible, conditional, excluded, …

Steps, one file each: `text` (normalise; blank, bare code), `signed` (what a person decided), `hazard`
(patterns), `vocabulary` and `encoders` (what the model learns from), `model` and `calibrate`, `store` (the
fitted model between runs), `classify`, `probabilities`, `eligibility`, `assign` (back onto the calls).
Importing this package loads none of the heavy libraries.
"""

from __future__ import annotations

from classifier.classify import classify_types
from classifier.eligibility import add_eligibility
from classifier.probabilities import category_probabilities

__all__ = ["add_eligibility", "category_probabilities", "classify_types"]
