"""The fixed labels: one wording for each id that the job's tables use.

Ids stay in the tables and files; people read these. `wording` turns ids and numbers into text with them.
"""

from __future__ import annotations

from typing import Final

READING_LABELS: Final = {"low": "Low", "policy": "Policy as written", "high": "High"}
READING_MEANINGS: Final = {
    "low": "Low: the type must be beyond doubt, and the final type, where recorded, must be eligible as well.",
    "policy": "Policy as written: the first call type decides, as it was known before anyone was sent.",
    "high": "High: also lets in types that the policy takes on a condition, types that could not be classified, "
    "and calls that turned out to be eligible in the end.",
}
STEP_MEANINGS: Final = {
    "all_calls": "Every call in the export, after faulty rows were set aside.",
    "handled_by_police": "A police unit was sent, or nothing says that none was. Duplicates, calls without a unit "
    "and calls that other services answered drop out here.",
    "community_initiated": "Not known to be started by an officer or another agency. Calls whose start the export "
    "does not tell stay in.",
    "eligible_type": "The first call type falls in a category that the policy takes.",
    "no_hazard": "The call type states none of the dangers that the policy leaves to police. A stated danger can "
    "only take a call out, never bring one in.",
    "in_hours": "The call started while the program answers.",
}
INITIATOR_LABELS: Final = {
    "community": "Community",
    "officer": "Officer",
    "alarm": "Alarm company or device",
    "agency": "Another agency",
    "unknown": "The export does not say",
}
DECISION_LABELS: Final = {
    "eligible": "Eligible",
    "conditional": "On a condition",
    "excluded": "Not eligible",
    "unclassified": "Not classified",
}
RATIONALE_LABELS: Final = {
    "safety": "safety",
    "legal": "law",
    "labour": "labor agreements",
    "capacity": "capacity of the team",
    "scope": "scope of the team",
}
HAZARD_LABELS: Final = {
    "weapon": "a weapon",
    "violence": "violence",
    "threat": "a threat to a person",
    "officer_emergency": "an officer in danger",
    "medical_emergency": "a medical emergency",
    "minor": "a minor",
    "domestic": "partners or family",
    "suspected by the model": "suspected from the wording",
}
BASIS_LABELS: Final = {
    "signed": "signed by a reviewer",
    "code_book": "the agency's code-book",
    "model": "suggested by the model",
    "bare_code": "a bare code without a code-book",
    "blank": "blank in the export",
}
SEVERITY_LABELS: Final = {"high": "High", "medium": "Medium", "low": "Low"}
TYPE_IS_NOTES: Final = {
    "initial": "",
    "final": "The export's call type is the final one: eligibility is judged here on what was found, not on what "
    "was known before anyone was sent.",
    "unknown": "Nothing says whether the export's call type is the first or the final one: eligibility is judged on "
    "it as if it had been known before anyone was sent.",
}
COLUMN_LABELS: Final = {
    "call_id": "Call number (one for each call)",
    "unit_id": "Unit that was sent",
    "agency": "Agency or kind of unit",
    "call_type_code": "First call type, code",
    "call_type": "First call type, in words",
    "final_type_code": "Final call type, code",
    "final_type": "Final call type, in words",
    "priority": "Priority",
    "final_priority": "Final priority",
    "source": "How the call came in, or who started it",
    "received_at": "Time received",
    "queued_at": "Time queued for dispatch",
    "dispatched_at": "Time a unit was assigned",
    "enroute_at": "Time a unit was en route",
    "arrived_at": "Time a unit arrived",
    "cleared_at": "Time the unit was free again",
    "disposition": "How the call was closed (disposition)",
    "area": "Police area (beat, precinct, sector)",
    "district": "Council district or larger area",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "unit_count": "Number of units",
    "linked_to": "Number of the call that it belongs to",
}
GRAIN_LABELS: Final = {
    "call": "One row for each call",
    "unit": "One row for each unit that was sent",
    "agency": "One row for each agency that took part",
}
TYPE_IS_LABELS: Final = {
    "initial": "First type: known before anyone was sent",
    "final": "Final type: what was found",
    "unknown": "Nobody can tell",
}
VERDICT_LABELS: Final = {"yes": "Yes", "partly": "In part", "no": "No"}
STAMP_LABELS: Final = {
    "received_at": "time received",
    "queued_at": "time queued",
    "dispatched_at": "time assigned",
    "enroute_at": "time en route",
    "arrived_at": "arrival time",
    "cleared_at": "clear time",
}
REASONS: Final = {
    "closed as a duplicate of another call": "The agency closed the call as a duplicate of another one.",
    "no unit was sent, or cancelled before": "No unit was sent, or the call was cancelled before.",
    "answered by a community responder already": "A community responder answered it already.",
    "answered by fire, medical or other services": "Fire, medical or other services answered it.",
    "started by an officer": "An officer started it (traffic stop, patrol, follow-up).",
    "started by another agency": "Another agency started it.",
    "type could not be classified": "The call type could not be put in a category; counted in the high figure.",
    "danger stated in the call type": "The call type states a danger that the policy leaves to police.",
    "hour not known": "The time of the call could not be read; counted in the high figure.",
    "no team serves the area": "No team of the plan goes to the area.",
    "time of the call not known": "The time of the call could not be read, so nobody knows whether a team was on duty.",
    "no team on duty": "No team was on duty when it came.",
    "not accepted by the screening": "Call-takers would not accept it for a team, by the share that the plan assumes.",
    "no team free in time": "Every team on duty was busy, on a break or too long in coming free.",
    "police go as well, or are called by the team": "A team goes, but police go as well or are called by the team.",
    "outside the program's hours": "It came outside the program's hours.",
    "no call type given": "No call type was recorded.",
    "bare code without a code-book": "A bare code, and no code-book says what it means here.",
    "no category is likely enough": "No category fits the wording clearly enough.",
    "signed as unclassified": "A reviewer left it without a category.",
    **{
        f"{prefix}{decision}: {rationale}": sentence.format(words)
        for prefix in ("", "category ")
        for rationale, words in RATIONALE_LABELS.items()
        for decision, sentence in (
            ("eligible", "The policy takes this type (ground: {})."),
            ("excluded", "The policy does not take this type (ground: {})."),
            ("conditional", "The policy takes this type only on a condition (ground: {}); high figure only."),
        )
    },
}
