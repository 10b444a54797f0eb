"""Whom a thing is with: what the policy asks of a subject before it lets somebody who is no manager touch it.

A thing that is not there is with nobody: it is not found, whoever asks, before the policy is asked about them.
"""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any
from uuid import UUID

from events._function import FunctionKey
from events.task import Assignment
from write_side._decider import Command
from write_side._errors import NotFound
from write_side.deviation.state import Deviation
from write_side.risk_assessment.state import RiskAssessment
from write_side.task.recurring.state import RecurringTask
from write_side.task.state import Task


@dataclass(frozen=True, slots=True)
class Concerned:
    """Functions and members that a thing is with."""

    functions: frozenset[FunctionKey] = frozenset()
    members: frozenset[UUID] = frozenset()


@singledispatch
def concerned(_state: Any, _command: Command) -> Concerned:
    """Whom the subject of a command concerns, given the state it would be decided on.

    Raises NotFound where the practice has no such subject, or the subject no such part.
    """
    return Concerned()


@concerned.register
def _deviation(state: Deviation, command: Command) -> Concerned:
    """The function it is proposed to, who took it, and who owns the measure that the command is about."""
    if not state.reported:
        raise NotFound("deviation.not_found", deviation=_id(command, "deviation_id"))
    measure_id = _id(command, "measure_id")
    if measure_id and measure_id not in state.measures:
        raise NotFound("deviation.measure.not_found", measure=measure_id)
    measure = state.measures.get(measure_id)
    return Concerned(_some(state.proposed_to), _some(state.responsible, measure and measure.owner))


@concerned.register
def _risk_assessment(state: RiskAssessment, command: Command) -> Concerned:
    """Who is responsible for it, and who owns the scenario or treatment that the command is about."""
    if not state.started:
        raise NotFound("risk_assessment.not_found", assessment=_id(command, "assessment_id"))
    scenario_id, treatment_id = _id(command, "scenario_id"), _id(command, "treatment_id")
    for named in (scenario_id, *getattr(command, "scenario_ids", ())):
        if named and named not in state.scenarios:
            raise NotFound("risk_assessment.scenario.not_found", scenario=named)
    if treatment_id and treatment_id not in state.treatments:
        raise NotFound("risk_assessment.treatment.not_found", treatment=treatment_id)
    scenario, treatment = state.scenarios.get(scenario_id), state.treatments.get(treatment_id)
    owners = (scenario and scenario.words[3], treatment and treatment.owner)
    return Concerned(members=_some(state.responsible, *owners))


@concerned.register
def _task(state: Task, command: Command) -> Concerned:
    """Who does it, and who follows it up."""
    if not state.planned:
        raise NotFound("task.not_found", task=_id(command, "task_id"))
    return _assigned(state.assignment, state.follow_up)


@concerned.register
def _recurring_task(state: RecurringTask, command: Command) -> Concerned:
    """Who does its tasks, and who follows them up."""
    if not state.defined:
        raise NotFound("recurring_task.not_found", recurring_task=_id(command, "recurring_task_id"))
    return _assigned(state.assignment, state.follow_up)


def _assigned(assignment: Assignment, follow_up: UUID | None) -> Concerned:
    return Concerned(_some(assignment.function), _some(*assignment.members, follow_up))


def _id(command: Command, name: str) -> Any:
    """An id that the command names; None where it names none."""
    return getattr(command, name, None)


def _some(*found: Any) -> frozenset[Any]:
    return frozenset(each for each in found if each is not None)
