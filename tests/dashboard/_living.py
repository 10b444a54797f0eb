"""A practice that lives: commands through the bus into a simulated ledger, folded into real read models."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from events._function import Function
from events.deviation import AffectedParty, Category, Effect, HarmLevel, Kind, MeasureKind, ReporterKind
from events.ledger.recorder import open_ledger
from events.practice import Field, PracticeType, Profession
from projections._engine._generation import ensure_generation
from projections._engine._worker import catch_up
from read_side._as_of import AsOf, View, open_view
from tests._database import Database
from write_side import deviation, practice, risk_assessment, task
from write_side._application import Application
from write_side._decider import By, Command
from write_side.deviation import commands as deviations
from write_side.practice import commands as practices
from write_side.task import commands as tasks
from write_side.task.values import GivenAssignment

NAME = "fjordgata"
DECIDERS = (practice.decider, deviation.decider, *risk_assessment.deciders, *task.deciders)


class Living:
    """The practice, its clock and whoever acts."""

    def __init__(self, database: Database, name: str = NAME) -> None:
        self.database = database
        self.name = name
        pool = database.sync_pool(role="sporbar_generator")
        open_ledger(pool, name, simulated=True)
        self._app = Application(pool, DECIDERS, members=("practice", practice.has_member), given_clock=True)
        self._count = 0
        self.actor = UUID(int=0)
        self.now = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)

    def at(self, moment: str) -> "Living":
        """It becomes another day (noon, UTC), or another moment."""
        self.now = datetime.fromisoformat(moment if "T" in moment else f"{moment}T12:00:00+00:00")
        return self

    def do(self, command: Command) -> By:
        """Carry out a command; whoever gave it, who also knows the ids that it made."""
        self._count += 1
        id_ = uuid5(UUID(int=0), f"{self.name} {self._count}")
        by = By(practice=self.name, actor=str(self.actor), now=self.now, command_id=id_, correlation_id=id_, pseudonym="p-7f3a")
        self._app.execute(command, by)
        return by

    def register(self, name: str = "Fjordgata legekontor") -> UUID:
        """Register the practice; its general manager acts from here on."""
        manager = practices.NewMember(name="Kari Nordmann", profession=Profession.MANAGER)
        by = self.do(
            practices.RegisterPractice(
                name=name, practice_type=PracticeType.GP_OFFICE, fields=(Field.GENERAL_PRACTICE,), general_manager=manager
            )
        )
        self.actor = by.new_id("general_manager")
        return self.actor

    def join(self, name: str, profession: Profession = Profession.NURSE) -> UUID:
        """A new member."""
        return self.do(practices.JoinMember(name=name, profession=profession, employed_from=self.now.date())).new_id()

    def assign(self, function: Function, member: UUID) -> None:
        """Give a function to a member, from today."""
        self.do(practices.AssignFunction(function=function, members=(member,), from_day=self.now.date()))

    def report(
        self,
        title: str = "Prøve uten merkelapp",
        *,
        category: Category = Category.CLINICAL,
        harm: HarmLevel = HarmLevel.NONE,
        reporter: ReporterKind = ReporterKind.NAMED,
    ) -> UUID:
        """A deviation that has just occurred."""
        return self.do(
            deviations.ReportDeviation(
                title=title,
                description="Det som skjedde",
                kind=Kind.NEAR_MISS if harm is HarmLevel.NONE else Kind.HARM_EVENT,
                harm=harm,
                category=category,
                affected=(AffectedParty.PATIENT,),
                affected_count=1,
                occurred=deviations.GivenMoment(at=self.now),
                reporter=reporter,
            )
        ).new_id()

    def acknowledge(self, deviation_id: UUID) -> None:
        """The general manager takes a deviation."""
        self.do(deviations.ProposeRouting(deviation_id=deviation_id, function=Function.GENERAL_MANAGER, reason="Tas av daglig leder"))
        self.do(deviations.AcceptRouting(deviation_id=deviation_id, responsible=self.actor))

    def close(self, deviation_id: UUID) -> None:
        self.do(deviations.CloseDeviation(deviation_id=deviation_id, conclusion="Rettet"))

    def plan_measure(self, deviation_id: UUID, due: str, owner: UUID | None = None) -> UUID:
        """A measure of a deviation that was acknowledged."""
        return self.do(
            deviations.PlanMeasure(
                deviation_id=deviation_id,
                kind=MeasureKind.CORRECTIVE,
                description="Dobbel kontroll",
                owner=owner or self.actor,
                due=date.fromisoformat(due),
            )
        ).new_id()

    def complete_measure(self, deviation_id: UUID, measure_id: UUID) -> None:
        self.do(deviations.CompleteMeasure(deviation_id=deviation_id, measure_id=measure_id, done_on=self.now.date()))

    def evaluate_measure(self, deviation_id: UUID, measure_id: UUID) -> None:
        self.do(
            deviations.EvaluateMeasure(
                deviation_id=deviation_id, measure_id=measure_id, effect=Effect.EFFECTIVE, evaluated_on=self.now.date(), note="Virker"
            )
        )

    def plan_task(self, due: str | None, title: str = "Kontroll av akuttkoffert", assignment: GivenAssignment | None = None) -> UUID:
        """A task that is done once."""
        given = assignment or GivenAssignment(function=Function.GENERAL_MANAGER)
        return self.do(tasks.PlanTask(title=title, assignment=given, due=date.fromisoformat(due) if due else None)).new_id()

    def complete_task(self, task_id: UUID) -> None:
        self.do(tasks.CompleteTask(task_id=task_id, done_on=self.now.date()))

    def fold(self) -> None:
        """Bring the read models up to the ledger."""
        ensure_generation(self.database.url)
        catch_up(self.database.url)

    @asynccontextmanager
    async def view(self, moment: str | None = None) -> AsyncIterator[View]:
        """The practice now, or as it was recorded at a moment."""
        as_of = AsOf(time=datetime.fromisoformat(moment)) if moment else None
        async with self.database.async_pool() as pool, open_view(pool, self.name, now=self.now, as_of=as_of) as view:
            yield view
