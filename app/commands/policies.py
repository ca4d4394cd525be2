"""`rightcall policies`: the eligibility policies that come with Rightcall."""

from __future__ import annotations


def policies() -> None:
    """List the eligibility policies that come with Rightcall."""
    from call_codes.policy import load_policy, policy_names

    for name in policy_names():
        print(f"{name:28} {load_policy(name).label}")
