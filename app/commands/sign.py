"""`rightcall sign`: one decision about one call type, added to a crosswalk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def sign(
    crosswalk: Annotated[Path, typer.Argument(help="The crosswalk CSV; it is made where there is none.")],
    category: Annotated[str, typer.Option(help="A category id, such as welfare_check (see the taxonomy).")],
    hazard: Annotated[
        str,
        typer.Option(
            help='What the type states: "none", or kinds joined by "|" (weapon, violence, threat, '
            "officer_emergency, medical_emergency, minor, domestic)."
        ),
    ],
    reviewer: Annotated[str, typer.Option(help="Who signs: a role or initials are enough.")],
    code: Annotated[str, typer.Option(help="The call-type code, as the export writes it.")] = "",
    text: Annotated[str, typer.Option(help="The call type in words, as the export writes it.")] = "",
    agency: Annotated[str, typer.Option(help="The agency, where one crosswalk holds several.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
    confidence: Annotated[
        str, typer.Option(help='"sure", or "unsure": kept, shown to others, and not counted.')
    ] = "sure",
    replaces: Annotated[
        str,
        typer.Option(
            help='Reviewers whose decisions this one takes the place of, as in "AB|CD"; settles a conflict.'
        ),
    ] = "",
    since: Annotated[str, typer.Option(help="The day from which the meaning holds, as 2026-11-21.")] = "",
) -> None:
    """Sign one call type. Code and text together are safest; give both where the export has both.

    Examples:

      rightcall sign city.csv --code 103M --text "MENTAL PATIENT" --category mental_health_crisis
      --hazard none --reviewer "records unit" --reason "signal list p. 2"

      rightcall sign city.csv --text "UNKNOWN TROUBLE" --category hangup_unknown --hazard none
      --reviewer AB --confidence unsure
    """
    from app.commands.crosswalk import state_of
    from call_codes.errors import UsageError
    from call_codes.signing import Decision, append_decisions

    if confidence not in ("sure", "unsure"):
        raise UsageError(
            found=f'--confidence "{confidence}".', expected="sure or unsure.", action="Correct the word."
        )
    decision = Decision(
        category=category.strip().lower(),
        reviewer=reviewer,
        date=date.today().isoformat(),
        agency=agency,
        code=code,
        text=text,
        hazard=hazard,
        since=since,
        reason=reason,
        replaces=replaces,
        confidence=confidence,
    )
    signed = append_decisions(crosswalk, [decision])
    named = " / ".join(part for part in (code, text) if part)
    print(
        f"Signed: {named} = {decision.category}, hazard {hazard} ({reviewer}, {confidence})."
        if signed.written
        else f"Nothing to add: {named} stands like this in {crosswalk.name} already."
    )
    for line in (*signed.notices, *state_of(crosswalk)):
        print(line)
