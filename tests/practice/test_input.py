"""What a command to a practice may say: bounds, forms, and fields that must fit together."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from events._function import Function
from events._personal import personal_fields
from events.practice import MemberCorrected, MemberJoined, ResponsibilitiesConfirmed
from tests._given import KARI, OLA
from tests.practice._story import LISE, OWN
from write_side._decider import Command
from write_side.practice import commands

PROFILE: dict[str, Any] = {"name": "Fjordgata", "practice_type": "gp_office", "fields": ["general_practice"]}
JOIN: dict[str, Any] = {"name": "Nils Berg", "profession": "nurse"}
ASSIGN: dict[str, Any] = {"function": "QUALITY_LEAD", "members": [str(KARI)], "from_day": "2026-04-01"}


def problem(command: type[Command], fields: dict[str, Any]) -> tuple[str, tuple[str | int, ...]]:
    """Type and place of the one thing that is wrong."""
    with pytest.raises(ValidationError) as invalid:
        command.model_validate(fields)
    (error,) = invalid.value.errors()
    return error["type"], error["loc"]


@pytest.mark.parametrize("number", ["974760673", "974 760 673", "889640782", "983 971 636", "000000000"])
def test_an_organisation_number_with_a_fitting_check_digit(number: str) -> None:
    command = commands.ChangeProfile.model_validate({**PROFILE, "organisation_number": number})
    assert command.organisation_number == number.replace(" ", "")


@pytest.mark.parametrize("digit", [digit for digit in "0123456789" if digit != "3"])
def test_any_other_check_digit_does_not_fit(digit: str) -> None:
    wrong = {**PROFILE, "organisation_number": f"97476067{digit}"}
    assert problem(commands.ChangeProfile, wrong) == ("practice.organisation_number", ("organisation_number",))


@pytest.mark.parametrize("digit", "0123456789")
def test_no_check_digit_fits_where_it_would_be_ten(digit: str) -> None:
    # 3·1 + 2·9 = 21, 21 modulo 11 = 10 and 11 - 10 = 1; 3·2 + 2·3 = 12 leaves 1, and 11 - 1 = 10 is no digit
    wrong = {**PROFILE, "organisation_number": f"23000000{digit}"}
    assert problem(commands.ChangeProfile, wrong)[0] == "practice.organisation_number"


@pytest.mark.parametrize("number", ["97476067", "9747606731", "97476O673", "", "٩٧٤٧٦٠٦٧٣", "-97476067"])
def test_an_organisation_number_has_nine_digits(number: str) -> None:
    assert problem(commands.ChangeProfile, {**PROFILE, "organisation_number": number})[0] == "string_pattern_mismatch"


def test_a_swapped_pair_of_digits_is_found() -> None:
    assert problem(commands.ChangeProfile, {**PROFILE, "organisation_number": "947760673"})[0] == "practice.organisation_number"


@pytest.mark.parametrize(
    ("fields", "kind", "place"),
    [
        ({"name": ""}, "string_too_short", ("name",)),
        ({"name": "x" * 201}, "string_too_long", ("name",)),
        ({"name": "Fjord\0gata"}, "text.control_character", ("name",)),
        ({"practice_type": "bakery"}, "enum", ("practice_type",)),
        ({"fields": []}, "too_short", ("fields",)),
        ({"fields": ["dentistry", "dentistry"]}, "practice.named_twice", ("fields",)),
        ({"fields": ["dentistry", "astrology"]}, "enum", ("fields", 1)),
        ({"owner": "Kari"}, "extra_forbidden", ("owner",)),
    ],
)
def test_a_profile_within_bounds(fields: dict[str, Any], kind: str, place: tuple[str | int, ...]) -> None:
    assert problem(commands.ChangeProfile, {**PROFILE, **fields}) == (kind, place)


@pytest.mark.parametrize(
    "email", ["nils", "nils@", "@fjordgata.no", "nils@fjordgata", "a b@c.no", "nils@x\n.no", "a@b@c.no", "a" * 250 + "@b.no"]
)
def test_an_address_that_is_none(email: str) -> None:
    assert problem(commands.JoinMember, {**JOIN, "email": email})[1] == ("email",)


def test_an_address_is_optional() -> None:
    assert commands.JoinMember.model_validate(JOIN).email is None
    assert commands.JoinMember.model_validate({**JOIN, "email": "nils.berg+vakt@post.fjordgata.no"}).email


def test_employment_begins_in_this_century() -> None:
    assert problem(commands.JoinMember, {**JOIN, "employed_from": "1999-12-31"}) == ("date.too_early", ("employed_from",))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"members": []}, "too_short"),
        ({"members": [str(KARI), str(KARI)], "kind": "simultaneous"}, "practice.named_twice"),
        ({"members": [str(KARI), str(OLA)]}, "practice.assign.one_holder"),
        ({"members": [str(KARI)], "kind": "rotating", "weeks": 1}, "practice.assign.rotation_of_one"),
        ({"members": [str(KARI), str(OLA)], "kind": "rotating"}, "practice.assign.weeks"),
        ({"weeks": 1}, "practice.assign.weeks"),
        ({"weeks": 0, "kind": "rotating"}, "greater_than_equal"),
        ({"weeks": 53, "kind": "rotating"}, "less_than_equal"),
        ({"deputies": [str(KARI)]}, "practice.assign.own_deputy"),
        ({"deputies": [str(OLA), str(OLA)]}, "practice.named_twice"),
        ({"to_day": "2026-03-31"}, "practice.assign.ends_before_start"),
        ({"kind": "shared"}, "enum"),
    ],
)
def test_an_assignment_fits_its_kind(fields: dict[str, Any], kind: str) -> None:
    assert problem(commands.AssignFunction, {**ASSIGN, **fields})[0] == kind


def test_a_function_is_one_of_every_practices_or_an_own_one() -> None:
    assert commands.AssignFunction.model_validate(ASSIGN).function is Function.QUALITY_LEAD
    assert commands.AssignFunction.model_validate({**ASSIGN, "function": str(OWN)}).function == OWN
    with pytest.raises(ValidationError):
        commands.AssignFunction.model_validate({**ASSIGN, "function": "COFFEE_LEAD"})


def test_a_day_may_be_the_last_one_too() -> None:
    assert commands.AssignFunction.model_validate({**ASSIGN, "to_day": "2026-04-01"}).to_day == date(2026, 4, 1)


def test_one_hands_over_to_somebody_else() -> None:
    same = {"function": "HSE_LEAD", "from_member": str(OLA), "to_member": str(OLA), "from_day": "2026-04-01"}
    assert problem(commands.HandOverFunction, same)[0] == "practice.hand_over.same_member"
    to_self = {"member_id": str(OLA), "last_day": "2026-04-01", "handovers": [{"function": "HSE_LEAD", "to": str(OLA)}]}
    assert problem(commands.RecordLeaving, to_self)[0] == "practice.hand_over.same_member"


def test_a_leaver_names_one_successor_a_function() -> None:
    twice = [{"function": "HSE_LEAD", "to": str(LISE)}, {"function": "HSE_LEAD", "to": str(KARI)}]
    command = {"member_id": str(OLA), "last_day": "2026-04-01", "handovers": twice}
    assert problem(commands.RecordLeaving, command)[0] == "practice.named_twice"


def test_what_may_identify_a_member_is_marked() -> None:
    assert personal_fields(MemberJoined) == {"member_id", "name", "email"}
    assert personal_fields(MemberCorrected) == {"member_id", "name", "email"}
    assert personal_fields(ResponsibilitiesConfirmed) == {"held.holders", "note"}
