"""How a practice stands against its duties, in GraphQL."""

from datetime import date

import strawberry

from gateway.graphql._root import PracticeRoot
from gateway.graphql._types import field, graphql_enum
from read_side import compliance
from read_side.compliance import Answer, Compliance
from read_side.regulations import Basis, Confidence

graphql_enum(Compliance)
graphql_enum(Basis)
graphql_enum(Confidence)


@strawberry.type(description="A number that a duty is judged by: days, a share or a count, as its name says.")
class DutyLimit:
    """See `read_side.regulations.Duty.limits`."""

    name: str
    value: float


@strawberry.type(description="A duty as one version of a regulation words it: a paraphrase, never the law's text, and no legal advice.")
class Duty:
    """See `read_side.regulations.Duty`."""

    regulation: str = strawberry.field(description="Which regulation, by its official number.")
    code: str = strawberry.field(description="Section and letter, for instance 8f.")
    paragraph: str = strawberry.field(description="As one writes it: § 8 f.")
    title_no: str
    title_en: str
    text_no: str
    text_en: str
    basis: Basis = strawberry.field(description="Who asks for it.")
    confidence: Confidence = strawberry.field(description="How sure letter and wording are.")
    effective_from: date = strawberry.field(description="First day on which this wording applied.")
    fresh_days: int | None = strawberry.field(description="How long evidence stays fresh; null where due dates of the evidence decide.")
    fresh_basis: Basis | None = strawberry.field(description="Who says how long.")
    limits: list["DutyLimit"] = strawberry.field(description="Further numbers it is judged by; practice defaults.")


@strawberry.type(description="How a duty stands at the instant asked about, and why.")
class DutyAnswer:
    """See `read_side.compliance.Answer`."""

    duty: Duty
    status: Compliance
    reason_no: str
    reason_en: str
    positions: list[int] = strawberry.field(description="Positions of the events that the answer rests on.")
    turns_on: date | None = strawberry.field(description="First day on which the status differs if nothing is recorded meanwhile.")
    turns_to: Compliance | None = strawberry.field(description="The status on that day.")


@strawberry.type
class PracticeCompliance(PracticeRoot):
    """The practice's duties."""

    @field("Every duty in force at the instant asked about, those that this system cannot show yet among them.")
    async def compliance(self) -> list[DutyAnswer]:
        return [_shown(answer) for answer in await compliance.assess(self.reader.require("read.compliance"))]


def _shown(answer: Answer) -> DutyAnswer:
    duty = answer.duty
    return DutyAnswer(
        duty=Duty(
            regulation=duty.regulation,
            code=duty.code,
            paragraph=duty.paragraph,
            title_no=duty.title_no,
            title_en=duty.title_en,
            text_no=duty.text_no,
            text_en=duty.text_en,
            basis=duty.basis,
            confidence=duty.confidence,
            effective_from=duty.effective_from,
            fresh_days=duty.fresh.days if duty.fresh else None,
            fresh_basis=duty.fresh_basis,
            limits=[DutyLimit(name=name, value=value) for name, value in duty.limits.items()],
        ),
        status=answer.status,
        reason_no=answer.reason_no,
        reason_en=answer.reason_en,
        positions=list(answer.positions),
        turns_on=answer.turns_on,
        turns_to=answer.turns_to,
    )
