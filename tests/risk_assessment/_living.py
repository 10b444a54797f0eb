"""A practice that lives through two years of risk work: commands through the bus, a real ledger, folded read models."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from events import deviation as deviations
from events.ledger.recorder import open_ledger
from events.practice import Field, PracticeType, Profession
from events.risk_assessment import Area, LinkKind, Stage, Strategy, Trigger
from projections._engine._generation import ensure_generation
from projections._engine._worker import catch_up
from read_side._as_of import AsOf, View, open_view
from tests._database import Database
from write_side import deviation, practice, risk_assessment
from write_side._application import Application
from write_side._decider import By, Command
from write_side.deviation import commands as deviation_commands
from write_side.practice import commands as practice_commands
from write_side.risk_assessment import commands
from write_side.risk_assessment.matrices import Template

NAME = "fjordgata"
NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
DECIDERS = (deviation.decider, practice.decider, *risk_assessment.deciders)


class Living:
    """The practice, its clock and its manager."""

    def __init__(self, database: Database) -> None:
        self.database = database
        pool = database.sync_pool(role="sporbar_generator")
        open_ledger(pool, NAME, simulated=True)
        self._app = Application(pool, DECIDERS, members=("practice", practice.has_member), given_clock=True)
        self._count = 0
        self.manager = UUID(int=0)
        self.now = NOW

    def on(self, day: str) -> "Living":
        """It becomes another day."""
        self.now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        return self

    def do(self, command: Command) -> By:
        """Carry out a command; by whom, which also tells the id of what it began."""
        self._count += 1
        id_ = uuid5(UUID(int=0), str(self._count))
        by = By(practice=NAME, actor=str(self.manager), now=self.now, command_id=id_, correlation_id=id_)
        self._app.execute(command, by)
        return by

    def begin(self) -> None:
        """Register the practice with its manager."""
        manager = practice_commands.NewMember(name="Kari Nordmann", profession=Profession.MANAGER)
        by = self.do(
            practice_commands.RegisterPractice(
                name="Fjordgata", practice_type=PracticeType.GP_OFFICE, fields=(Field.GENERAL_PRACTICE,), general_manager=manager
            )
        )
        self.manager = by.new_id("general_manager")

    def start(self, area: Area, **fields: Any) -> UUID:
        by = self.do(
            commands.StartAssessment(area=area, title="Vurdering", scope="Alt", reason="Årlig", responsible=self.manager, **fields)
        )
        return by.new_id()

    def describe(self, assessment_id: UUID, title: str) -> UUID:
        by = self.do(commands.DescribeScenario(assessment_id=assessment_id, title=title, description=title, owner=self.manager))
        return by.new_id()

    def score(self, assessment_id: UUID, scenario_id: UUID, likelihood: int, consequence: int, stage: Stage = Stage.INHERENT) -> None:
        self.do(
            commands.ScoreRisk(
                assessment_id=assessment_id,
                scenario_id=scenario_id,
                stage=stage,
                likelihood=likelihood,
                consequence=consequence,
                knowledge=1,
                scored_on=self.now.date(),
                reason="Slik ser vi det",
            )
        )

    def treat(self, assessment_id: UUID, scenario_id: UUID, due: date) -> UUID:
        by = self.do(
            commands.PlanTreatment(
                assessment_id=assessment_id,
                scenario_id=scenario_id,
                strategy=Strategy.REDUCE_LIKELIHOOD,
                description="Tiltak",
                owner=self.manager,
                due=due,
            )
        )
        return by.new_id()

    @asynccontextmanager
    async def view(self, day: str | None = None) -> AsyncIterator[View]:
        """The practice as it was recorded by noon of a day, now if none is named."""
        as_of = AsOf(time=datetime.fromisoformat(f"{day}T12:00:00+00:00")) if day else None
        async with self.database.async_pool() as pool, open_view(pool, NAME, now=NOW, as_of=as_of) as view:
            yield view


class Story(Living):
    """What happened in Fjordgata."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.on("2024-01-10").begin()
        self.do(commands.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første matrise"))
        self._first_assessment()
        self.on("2025-01-15").do(commands.AdoptMatrix(template=Template.FOUR_BY_FOUR, reason="Enklere"))
        self._second_assessment()
        self._staffing()
        ensure_generation(database.url)
        catch_up(database.url)

    def _first_assessment(self) -> None:
        self.first = self.on("2024-02-01").start(Area.INFORMATION_SECURITY)
        self.virus = self.describe(self.first, "Løsepengevirus")
        self.phone = self.describe(self.first, "Tapt telefon")
        self.score(self.first, self.virus, 3, 5)
        self.score(self.first, self.phone, 2, 1)
        self.backup = self.treat(self.first, self.virus, date(2024, 4, 1))
        self.do(commands.CompleteAssessment(assessment_id=self.first, conclusion="Én høy"))
        self.on("2024-05-02").do(commands.CompleteTreatment(assessment_id=self.first, treatment_id=self.backup, done_on=date(2024, 5, 1)))
        self.score(self.first, self.virus, 2, 3, Stage.RESIDUAL)
        self.training = self.treat(self.first, self.phone, date(2025, 4, 1))

    def _second_assessment(self) -> None:
        self.second = self.on("2025-02-01").start(Area.INFORMATION_SECURITY, replaces=self.first)
        self.mail = self.describe(self.second, "E-post til feil mottaker")
        self.outage = self.describe(self.second, "Nettet er nede")
        self.score(self.second, self.mail, 4, 4)
        self.score(self.second, self.outage, 3, 2)
        self.do(
            commands.AcceptRisk(
                assessment_id=self.second, scenario_id=self.mail, reason="Ny løsning", approver=self.manager, until=date(2025, 6, 30)
            )
        )
        self.treat(self.second, self.outage, date(2025, 3, 1))
        self.on("2025-02-10").do(commands.CompleteAssessment(assessment_id=self.second, conclusion="Én svært høy"))

    def _staffing(self) -> None:
        self.staffing = self.on("2025-03-01").start(Area.STAFFING, trigger=Trigger.SEVERE_DEVIATION)
        self.alone = self.describe(self.staffing, "Alene på laboratoriet")
        reported = self.do(
            deviation_commands.ReportDeviation(
                title="Alene",
                description="Ingen å spørre.",
                kind=deviations.Kind.NEAR_MISS,
                category=deviations.Category.ADMINISTRATIVE,
                occurred=deviation_commands.GivenMoment(at=self.now),
            )
        )
        self.deviation = reported.new_id()
        self.do(
            commands.LinkAssessment(assessment_id=self.staffing, kind=LinkKind.DEVIATION, target=self.deviation, scenario_id=self.alone)
        )
