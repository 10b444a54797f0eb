"""A practice is registered, people join, and it is settled who holds what."""

from dataclasses import dataclass

from tests.e2e._doors import Doors, today
from tests.gateway._house import Person

REGISTRATION = {
    "name": "Fjordgata legesenter",
    "practice_type": "gp_office",
    "fields": ["general_practice"],
    "organisation_number": "974760673",
    "general_manager": {"name": "Kari Nordmann", "profession": "manager", "employed_from": "2024-01-01"},
}
PEOPLE = {
    "Lise Lund": "general_practitioner",
    "Per Vik": "general_practitioner",
    "Nina Moe": "nurse",
    "Åse Berg": "medical_secretary",
}
OWN_FUNCTION = "Smittevern"


@dataclass(frozen=True)
class Staff:
    """Who works there."""

    manager: Person
    doctor: Person
    colleague: Person
    """A doctor as well."""
    nurse: Person
    secretary: Person

    @property
    def all(self) -> tuple[Person, ...]:
        return self.manager, self.doctor, self.colleague, self.nurse, self.secretary


def register(doors: Doors, practice: str) -> Person:
    """The practice's first command; the general manager whom it names, signed in."""
    founder = doors.founder(practice)
    registered = founder.done("/register", REGISTRATION, key="register")
    assert founder.done("/register", REGISTRATION, key="register") == registered | {"repeated": True}
    (manager,) = members(founder, registered["position"]).values()
    return doors.sign_in(practice, manager)


def employ(doors: Doors, manager: Person) -> Staff:
    """Everybody joins and gets what they are responsible for; each signed in as the record has them then."""
    joined = [
        manager.done("/members", {"name": name, "profession": profession, "employed_from": "2024-02-01"})
        for name, profession in PEOPLE.items()
    ]
    ids = members(manager, joined[-1]["position"])
    chief, doctor, colleague, nurse, secretary = (ids[name] for name in ("Kari", "Lise", "Per", "Nina", "Åse"))
    fixed = {"QUALITY_LEAD": chief, "DATA_CONTROLLER_LEAD": chief, "EQUIPMENT_LEAD": secretary}
    for function, holder in fixed.items():
        assign(manager, function, members=[holder])
    assign(manager, "HSE_LEAD", members=[nurse, secretary], kind="simultaneous")
    assign(manager, "CLINICAL_LEAD", members=[doctor, colleague], kind="rotating", weeks=4)
    established = manager.done("/functions", {"name": OWN_FUNCTION})
    assigned = assign(manager, own_function(manager, established["position"]), members=[nurse])
    members(manager, assigned)
    return Staff(*(doors.sign_in(manager.practice, member) for member in (chief, doctor, colleague, nurse, secretary)))


def assign(manager: Person, function: str, **how: object) -> int:
    """Give a function from today on; the position."""
    position: int = manager.done(f"/functions/{function}/assign", {"from_day": str(today())} | how)["position"]
    return position


def confirm(manager: Person) -> int:
    """Who holds what is gone through and right; the position."""
    position: int = manager.done("/confirm-responsibilities", {"confirmed_on": str(today()), "note": "Personalmøte."})["position"]
    return position


def own_function(person: Person, at_least: int) -> str:
    """Id of the function that the practice has given itself."""
    shown = person.data("query ($n: Int!) { practice(atLeast: $n) { functions { function name } } }", n=at_least)
    (found,) = (held["function"] for held in shown["practice"]["functions"] if held["name"])
    id_: str = found
    return id_


def members(person: Person, at_least: int) -> dict[str, str]:
    """Ids by first name, once that position is shown."""
    shown = person.data("query ($n: Int!) { practice(atLeast: $n) { members { id name } } }", n=at_least)["practice"]["members"]
    return {member["name"].partition(" ")[0]: member["id"] for member in shown}
