"""Risk assessments and the risk matrix over REST: one POST a command."""

from gateway.rest._commands import Mount
from gateway.rest._things import Things
from read_side.risk_assessment import RiskAssessmentRow
from write_side.risk_assessment import commands

_KARI = "0d2c3f9a-5f0b-4d4e-9d3a-1f4f6f1a7c11"
_ONE = "/risk-assessments/{assessment_id}"


def routes(mount: Mount) -> None:
    """Mount the commands to risk assessments and the matrix."""
    mount("/risk-matrix/adopt", commands.AdoptMatrix, example={"template": "five_by_five", "reason": "Agreed in the practice meeting."})
    _assessment(mount)
    _scenarios(mount)
    _treatments(mount)


def things(show: Things) -> None:
    """Mount what a `Location` names."""
    show("/risk-assessments", RiskAssessmentRow, "read.risks")


def _assessment(mount: Mount) -> None:
    mount(
        "/risk-assessments",
        commands.StartAssessment,
        location="/risk-assessments/{id}",
        example={
            "area": "INFORMATION_SECURITY",
            "title": "Information security 2026",
            "scope": "The record system, e-mail and phones; not the building.",
            "reason": "Yearly review.",
            "responsible": _KARI,
        },
    )
    mount(
        f"{_ONE}/review",
        commands.ReviewAssessment,
        example={"reviewed_on": "2026-03-03", "trigger": "new_system", "reason": "The record system moves to a new host."},
    )
    mount(f"{_ONE}/complete", commands.CompleteAssessment, example={"conclusion": "Every risk is treated or accepted."})
    mount(f"{_ONE}/reopen", commands.ReopenAssessment, example={"reason": "A new system is being bought."})
    mount(f"{_ONE}/link", commands.LinkAssessment, example={"kind": "deviation", "target": "5d1b8a54-0a1e-4b53-8c6e-2a51f4f2a0d7"})


def _scenarios(mount: Mount) -> None:
    described = {
        "title": "The record system is away for a day",
        "description": "The host is down, and nobody can read or write records.",
        "existing_controls": "Printed day lists.",
        "owner": _KARI,
    }
    for_one = f"{_ONE}/scenarios/{{scenario_id}}"
    mount(f"{_ONE}/scenarios", commands.DescribeScenario, example=described)
    mount(f"{for_one}/correct", commands.CorrectScenario, example={**described, "reason": "The day lists were forgotten."})
    mount(
        f"{for_one}/score",
        commands.ScoreRisk,
        example={
            "stage": "current",
            "likelihood": 3,
            "consequence": 4,
            "knowledge": 1,
            "scored_on": "2026-03-03",
            "reason": "It happened twice last year.",
        },
    )
    accepted = {"reason": "Rare, and well prepared.", "approver": _KARI, "until": "2027-03-01"}
    mount(f"{for_one}/accept", commands.AcceptRisk, example=accepted)
    mount(f"{for_one}/revoke-acceptance", commands.RevokeAcceptance, example={"reason": "It happened again."})


def _treatments(mount: Mount) -> None:
    for_one = f"{_ONE}/treatments/{{treatment_id}}"
    mount(
        f"{_ONE}/scenarios/{{scenario_id}}/treatments",
        commands.PlanTreatment,
        example={
            "strategy": "reduce_consequence",
            "description": "Agree on a spare line with the host.",
            "owner": _KARI,
            "due": "2026-06-01",
        },
    )
    mount(f"{for_one}/reschedule", commands.RescheduleTreatment, example={"due": "2026-08-01", "reason": "The host answers late."})
    mount(f"{for_one}/complete", commands.CompleteTreatment, example={"done_on": "2026-05-20", "note": "Tested on a Sunday."})
    mount(f"{for_one}/cancel", commands.CancelTreatment, example={"reason": "The host changes in summer anyway."})
    mount(f"{for_one}/link", commands.LinkTreatment, example={"kind": "task", "target": "5d1b8a54-0a1e-4b53-8c6e-2a51f4f2a0d7"})
