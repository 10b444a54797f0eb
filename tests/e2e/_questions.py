"""What a manager asks, and what is compared between two states of the record."""

from typing import Any

from tests.e2e._doors import nodes
from tests.gateway._house import Person

OVERVIEW = """
query ($deviation: UUID!, $atLeast: Int, $asOf: AsOfInput) { practice(atLeast: $atLeast, asOf: $asOf) {
  position
  profile { name responsibilitiesConfirmedOn responsibilitiesOpen }
  members { name profession }
  functions { function name kind holders }
  deviation(id: $deviation) {
    title status kind harm proposedTo responsible immediateMeasures reviewedOn conclusion firstClosedAt closedAt reopenedCount
    causeAnalysis { method causes { text root becauseOf } }
    measures { description owner due doneOn effect late }
    timeline(first: 20) { edges { node { type actor } } }
  }
  deviations(first: 10) { totalCount edges { node { title status reporterKind reporterId pseudonym } } }
  riskRegister(first: 10) { edges { node {
    title area standing band acceptable approver acceptedUntil inherent { band } current { band } residual { band }
    treatments { strategy doneOn late }
  } } }
  riskAreas { area completed { status highestBand } inProgress { status } }
  riskHeatMap { matrix { version } notScored cells { likelihood consequence band count } }
  tasks(first: 10) { edges { node { title due state daysOverdue answerable outcome reason evidence doneOn reminders { kind } } } }
  taskCounts { state count }
  recurringTasks { title status nextDue occurrences open overdue }
  dashboard {
    deviations { open openSevere reported reporters toClose { count } measuresOpen measuresLate awaitingEvaluation }
    risks { scored aboveCriterion acceptancesExpiring acceptancesExpired cells { count } }
    tasks { open overdue due onTime skipped unfinished }
    months { reported closed tasksDue }
  }
  compliance { duty { code } status reasonEn positions turnsOn turnsTo }
} }
"""


def overview(person: Person, deviation: str, **state: Any) -> dict[str, Any]:
    """The practice in one answer, at the state asked for."""
    shown: dict[str, Any] = person.data(OVERVIEW, deviation=deviation, **state)["practice"]
    return shown


def duties(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The answers on the duties that this system can show, by code."""
    return {answer["duty"]["code"]: answer for answer in shown["compliance"] if answer["status"] != "NOT_SHOWN"}


def statuses(shown: dict[str, Any]) -> dict[str, str]:
    """How each duty stands."""
    return {code: answer["status"] for code, answer in duties(shown).items()}


class Memory:
    """What was shown at some positions, which is to be shown again to whoever asks for them."""

    def __init__(self, deviation: str) -> None:
        self.deviation = deviation
        self._kept: list[dict[str, Any]] = []

    def keep(self, person: Person, position: int) -> dict[str, Any]:
        """The practice as it stands once that position is shown, which is its last."""
        shown = overview(person, self.deviation, atLeast=position)
        assert shown["position"] == position
        self._kept.append(shown)
        return shown

    def assert_shown_again(self, person: Person) -> None:
        """Asked as of each of the positions, the practice is shown as it was."""
        for shown in self._kept:
            assert overview(person, self.deviation, asOf={"position": shown["position"]}) == shown


def types_by_position(person: Person) -> dict[int, str]:
    """The type of every event of the practice."""
    query = """
    query ($after: String) { practice { activity(first: 100, after: $after, newestFirst: false) {
      edges { node { position type } } pageInfo { hasNextPage endCursor }
    } } }"""
    types: dict[int, str] = {}
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        found = person.data(query, after=page["endCursor"])["practice"]["activity"]
        types |= {node["position"]: node["type"] for node in nodes(found)}
        page = found["pageInfo"]
    return types


RESPONSIBLE = frozenset({"practice.function_assigned.v1", "practice.responsibilities_confirmed.v1"})
REVIEWED = frozenset({"deviation.reported.v1", "deviation.causes_analysed.v1", "deviation.reviewed.v1"})
FITTING = {
    "3": RESPONSIBLE,
    "4": frozenset[str](),
    "6a": RESPONSIBLE,
    "6d": frozenset({"risk_assessment.completed.v1"}),
    "6e": frozenset({"risk_assessment.risk_accepted.v1"}),
    "7d": REVIEWED,
    "8a": frozenset({"task.planned.v1", "task.completed.v1", "task.skipped.v1"}),
    "8c": frozenset({"deviation.measure_evaluated.v1"}),
    "8e": REVIEWED,
    "9a": frozenset({"deviation.closed.v1"}),
    "9b": frozenset({"deviation.measure_evaluated.v1"}),
}
"""Types of the events that the answer on a duty may rest on in this story."""
