"""Whom a thing is with: what the policy asks of a subject before it lets somebody who is no manager touch it."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any
from uuid import UUID

from events._function import FunctionKey
from events.task import Assignment
from write_side._decider import Command
from write_side.deviation.state import Deviation
from write_side.risk_assessment.state import RiskAssessment
from write_side.task.recurring.state import RecurringTask
from write_side.task.state import Task


@dataclass(frozen=True, slots=True)
class Concerned:
    """Functions and members that a thing is with; nobody, for what does not exist."""

    functions: frozenset[FunctionKey] = frozenset()
    members: frozenset[UUID] = frozenset()


@singledispatch
def concerned(_state: Any, _command: Command) -> Concerned:
    """Whom the subject of a command concerns, given the state it would be decided on."""
    return Concerned()


@concerned.register
def _deviation(state: Deviation, command: Command) -> Concerned:
    """The function it is proposed to, who took it, and who owns the measure that the command is about."""
    measure = state.measures.get(_id(command, "measure_id"))
    return Concerned(_some(state.proposed_to), _some(state.responsible, measure and measure.owner))


@concerned.register
def _risk_assessment(state: RiskAssessment, command: Command) -> Concerned:
    """Who is responsible for it, and who owns the scenario or treatment that the command is about."""
    scenario = state.scenarios.get(_id(command, "scenario_id"))
    treatment = state.treatments.get(_id(command, "treatment_id"))
    owners = (scenario and scenario.words[3], treatment and treatment.owner)
    return Concerned(members=_some(state.responsible, *owners))


@concerned.register
def _task(state: Task, _command: Command) -> Concerned:
    """Who does it, and who follows it up."""
    return _assigned(state.assignment, state.follow_up)


@concerned.register
def _recurring_task(state: RecurringTask, _command: Command) -> Concerned:
    """Who does its tasks, and who follows them up."""
    return _assigned(state.assignment, state.follow_up)


def _assigned(assignment: Assignment, follow_up: UUID | None) -> Concerned:
    return Concerned(_some(assignment.function), _some(*assignment.members, follow_up))


def _id(command: Command, name: str) -> UUID:
    return getattr(command, name, None) or UUID(int=0)


def _some(*found: Any) -> frozenset[Any]:
    return frozenset(each for each in found if each is not None)
