"""How a generated practice behaves, in numbers. Each default is a suggestion with its reasons in docs/generator.md."""

from dataclasses import dataclass, field

from events.practice import Profession


@dataclass(frozen=True, slots=True)
class Profile:
    """Rates and shares of one practice; shares are weights and need not add up to one."""

    name: str
    reports_a_year: float = 36.0
    """Deviations reported in a normal year: 4 is low, 36 the median, 120 high."""
    incidents_a_year: float = 335.0
    """What truly happens: 26 for each 1,000 of about 12,900 consultations."""
    staff: tuple[Profession, ...] = (
        Profession.GENERAL_PRACTITIONER,
        Profession.GENERAL_PRACTITIONER,
        Profession.GENERAL_PRACTITIONER,
        Profession.GENERAL_PRACTITIONER,
        Profession.JUNIOR_DOCTOR,
        Profession.MEDICAL_SECRETARY,
        Profession.MEDICAL_SECRETARY,
        Profession.MEDICAL_SECRETARY,
        Profession.NURSE,
        Profession.BIOMEDICAL_SCIENTIST,
    )
    leavers_a_year: float = 1.2
    categories: dict[str, float] = field(
        default_factory=lambda: {"CLINICAL": 45, "ADMINISTRATIVE": 22, "ICT": 12, "HSE": 8, "EQUIPMENT": 6, "COMPLAINT": 7}
    )
    kinds: dict[str, float] = field(
        default_factory=lambda: {
            "unsafe_condition none": 10,
            "near_miss none": 35,
            "no_harm_event none": 32,
            "harm_event low": 16,
            "harm_event moderate": 5.5,
            "harm_event severe": 1.4,
            "harm_event fatal": 0.1,
        }
    )
    """Event kind and harm level."""
    measures: dict[int, float] = field(default_factory=lambda: {0: 30, 1: 45, 2: 18, 3: 7})
    """Measures a deviation."""
    effects: dict[str, float] = field(default_factory=lambda: {"effective": 60, "partly": 25, "not_effective": 8, "none": 7})
    """What the evaluation concludes; `none` is evaluated only after 150 to 400 days."""
    pseudonymous: float = 0.04
    anonymous: float = 0.05
    backdated: float = 0.03
    wrong_category: float = 0.05
    rerouted: float = 0.08
    rejected: float = 0.04
    reopened: float = 0.06
    measures_done: float = 0.85
    measures_late: float = 0.20
    risk_bands: dict[str, float] = field(default_factory=lambda: {"high": 12, "medium": 40, "low": 48})
    """Inherent risk of a scenario."""
    situational_assessments_a_year: float = 2.0
    tasks_on_time: float = 0.74
    tasks_late: float = 0.17
    tasks_skipped: float = 0.03
    """The rest stays open for months."""


PROFILES = (
    Profile("median"),
    Profile("high", reports_a_year=120.0),
    Profile("low", reports_a_year=4.0, tasks_on_time=0.60, tasks_late=0.22),
)
"""What the practices of the demo are like, in turn."""
