"""The practice, its members and functions over REST: one POST a command."""

from gateway.rest._commands import Mount
from write_side.practice import commands

_KARI = "0d2c3f9a-5f0b-4d4e-9d3a-1f4f6f1a7c11"
_OLA = "8b1f1a52-7c7e-4c1f-9a3e-2f6d5a1b9c22"


def routes(mount: Mount) -> None:
    """Mount the commands to the practice."""
    _profile(mount)
    _members(mount)
    _own_functions(mount)
    _holders(mount)


def _profile(mount: Mount) -> None:
    profile = {
        "name": "Fjordgata legesenter",
        "practice_type": "gp_office",
        "fields": ["general_practice"],
        "organisation_number": "974760673",
    }
    manager = {"name": "Kari Nordmann", "profession": "general_practitioner", "employed_from": "2024-01-01"}
    mount("/register", commands.RegisterPractice, example={**profile, "general_manager": manager})
    mount("/change-profile", commands.ChangeProfile, example=profile)
    mount(
        "/confirm-responsibilities",
        commands.ConfirmResponsibilities,
        example={"confirmed_on": "2026-01-15", "note": "Gone through in the practice meeting."},
    )


def _members(mount: Mount) -> None:
    mount(
        "/members",
        commands.JoinMember,
        example={"name": "Ola Hansen", "email": "ola@example.org", "profession": "nurse", "employed_from": "2026-02-01"},
    )
    for_one = "/members/{member_id}"
    mount(
        f"{for_one}/correct",
        commands.CorrectMember,
        example={"name": "Ola Hansen", "email": "ola.hansen@example.org", "employed_from": "2026-02-01"},
    )
    mount(f"{for_one}/change-profession", commands.ChangeProfession, example={"profession": "midwife"})
    mount(
        f"{for_one}/record-leaving",
        commands.RecordLeaving,
        example={"last_day": "2026-06-30", "handovers": [{"function": "HSE_LEAD", "to": _KARI}]},
    )
    mount(f"{for_one}/cancel-leaving", commands.CancelLeaving, example={})


def _own_functions(mount: Mount) -> None:
    mount("/functions", commands.EstablishFunction, example={"name": "Infection control lead"})
    mount("/functions/{function}/rename", commands.RenameFunction, example={"name": "Infection control and cleaning lead"})
    mount("/functions/{function}/discontinue", commands.DiscontinueFunction, example={"last_day": "2026-12-31"})


def _holders(mount: Mount) -> None:
    mount(
        "/functions/{function}/assign",
        commands.AssignFunction,
        example={"kind": "rotating", "members": [_KARI, _OLA], "from_day": "2026-03-02", "weeks": 4},
    )
    mount(
        "/functions/{function}/hand-over",
        commands.HandOverFunction,
        example={"from_member": _KARI, "to_member": _OLA, "from_day": "2026-04-01"},
    )
    mount("/functions/{function}/vacate", commands.VacateFunction, example={"from_day": "2026-05-01"})
