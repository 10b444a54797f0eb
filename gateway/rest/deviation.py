"""Deviations over REST: one POST a command."""

from gateway.rest._commands import Mount
from gateway.rest._things import Things
from read_side.deviation import DeviationRow
from write_side.deviation import commands


def routes(mount: Mount) -> None:
    """Mount the commands to deviations."""
    _report(mount)
    _route(mount)
    _treat(mount)
    _measures(mount)
    _end(mount)


def things(show: Things) -> None:
    """Mount what a `Location` names."""
    show("/deviations", DeviationRow, "read.deviations")


def _report(mount: Mount) -> None:
    mount(
        "/deviations",
        commands.ReportDeviation,
        location="/deviations/{id}",
        example={
            "title": "Blood sample mixed up",
            "description": "Two samples were labelled with the same patient before the second patient was called in.",
            "kind": "near_miss",
            "category": "CLINICAL",
            "affected": ["patient"],
            "affected_count": 1,
            "occurred": {"at": "2026-03-02T09:15:00+01:00", "precision": "approximate"},
            "place": "Laboratory",
            "immediate_measures": ["Both samples were taken again."],
        },
    )


def _route(mount: Mount) -> None:
    mount(
        "/deviations/{deviation_id}/take-immediate-measure",
        commands.TakeImmediateMeasure,
        example={"description": "The patient was called and told."},
    )
    mount(
        "/deviations/{deviation_id}/propose-routing",
        commands.ProposeRouting,
        example={"function": "EQUIPMENT_LEAD", "reason": "The label printer skipped a label."},
    )
    mount(
        "/deviations/{deviation_id}/accept-routing",
        commands.AcceptRouting,
        example={"responsible": "0d2c3f9a-5f0b-4d4e-9d3a-1f4f6f1a7c11"},
    )
    mount(
        "/deviations/{deviation_id}/correct-category",
        commands.CorrectCategory,
        example={"category": "EQUIPMENT", "reason": "It was the printer, not the routine."},
    )
    mount(
        "/deviations/{deviation_id}/reassess-harm",
        commands.ReassessHarm,
        example={"kind": "harm_event", "harm": "low", "reason": "The patient had to come back for a new sample."},
    )


def _treat(mount: Mount) -> None:
    mount(
        "/deviations/{deviation_id}/analyse-causes",
        commands.AnalyseCauses,
        example={
            "method": "five_whys",
            "causes": [
                {"id": "label", "category": "method", "text": "The label was put on before the patient was identified."},
                {"id": "queue", "category": "organisation", "text": "Two patients were called in at once.", "because_of": "label"},
            ],
            "root_causes": ["queue"],
        },
    )
    mount(
        "/deviations/{deviation_id}/review",
        commands.ReviewDeviation,
        example={"reviewed_on": "2026-03-05", "forum": "practice_meeting", "note": "Gone through with everybody present."},
    )
    mount(
        "/deviations/{deviation_id}/link",
        commands.LinkDeviation,
        example={"kind": "risk_assessment", "target": "5d1b8a54-0a1e-4b53-8c6e-2a51f4f2a0d7"},
    )


def _measures(mount: Mount) -> None:
    mount(
        "/deviations/{deviation_id}/measures",
        commands.PlanMeasure,
        example={
            "kind": "preventive",
            "strength": "strong",
            "description": "Print the label only after the patient's identity has been scanned.",
            "owner": "0d2c3f9a-5f0b-4d4e-9d3a-1f4f6f1a7c11",
            "due": "2026-04-15",
        },
    )
    for_one = "/deviations/{deviation_id}/measures/{measure_id}"
    mount(
        f"{for_one}/reschedule",
        commands.RescheduleMeasure,
        example={"due": "2026-05-01", "reason": "The scanner was delivered late."},
    )
    mount(f"{for_one}/complete", commands.CompleteMeasure, example={"done_on": "2026-04-10", "note": "In use from today."})
    mount(f"{for_one}/cancel", commands.CancelMeasure, example={"reason": "Replaced by a measure for all samples."})
    mount(
        f"{for_one}/evaluate",
        commands.EvaluateMeasure,
        example={"effect": "effective", "evaluated_on": "2026-05-20", "note": "No mix-up since, in 400 samples."},
    )
    mount(
        f"{for_one}/accept-ineffectiveness",
        commands.AcceptIneffectiveness,
        example={"reason": "The room is given up in June."},
    )


def _end(mount: Mount) -> None:
    mount(
        "/deviations/{deviation_id}/close",
        commands.CloseDeviation,
        example={"conclusion": "The routine is changed and works.", "lessons": "Identify first, then label."},
    )
    mount(
        "/deviations/{deviation_id}/reject",
        commands.RejectDeviation,
        example={"reason": "not_deviation", "explanation": "A question about opening hours."},
    )
    mount("/deviations/{deviation_id}/reopen", commands.ReopenDeviation, example={"reason": "It happened again."})
