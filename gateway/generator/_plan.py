"""The whole of a generated practice as a list of commands: a pure function of profile, seed and days."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.generator._deviations import Deviations
from gateway.generator._profile import Profile
from gateway.generator._risks import Risks
from gateway.generator._simulation import Simulation, Step
from gateway.generator._staff import Staff, StaffLife
from gateway.generator._tasks import Tasks


@dataclass(frozen=True, slots=True)
class Generated:
    """The commands of a practice in order of time, and what was true behind them."""

    steps: list[Step]
    truth: dict[str, Any]


def plan_practice(practice: str, display_name: str, profile: Profile, seed: int, start: date, end: date) -> Generated:
    """What happens in a practice from `start` until before `end`."""
    simulation = Simulation(practice, seed, start, end)
    staff = Staff()
    StaffLife(simulation, profile, staff, display_name).begin()
    Deviations(simulation, profile, staff).begin()
    Risks(simulation, profile, staff).begin()
    Tasks(simulation, profile, staff).begin()
    steps = sorted(simulation.run(), key=lambda step: step.at)
    days = {"start": start.isoformat(), "end": end.isoformat()}
    truth = {"practice": practice, "profile": profile.name, "seed": seed, **days, **simulation.truth}
    return Generated(steps, truth)
