"""Risk matrices to begin with. Data a practice may adopt as it stands or after changing it; no law prescribes one."""

from enum import StrEnum

from events.risk_assessment import Band, BandRule, Label, RiskMatrix

L, M, H, V = Band.LOW, Band.MEDIUM, Band.HIGH, Band.VERY_HIGH

_LOW = BandRule(
    band=L,
    meaning=Label(
        no="Akseptabel. Vurder enkle tiltak som gir god virkning.", en="Acceptable. Consider simple measures that have a good effect."
    ),
    review_days=360,
)
_MEDIUM = BandRule(
    band=M,
    meaning=Label(no="Tiltak som reduserer risikoen er nødvendige.", en="Measures that reduce the risk are needed."),
    review_days=180,
)
_HIGH = BandRule(
    band=H,
    meaning=Label(no="Ikke akseptabel. Tiltak må gjennomføres.", en="Not acceptable. Measures must be carried out."),
    review_days=90,
)
_VERY_HIGH = BandRule(
    band=V,
    meaning=Label(no="Ikke akseptabel. Stans eller sett inn tiltak straks.", en="Not acceptable. Stop, or take measures at once."),
    review_days=90,
)

FIVE_BY_FIVE = RiskMatrix(
    likelihood=(
        Label(no="Sjeldnere enn hvert 10. år", en="Less than once in 10 years"),
        Label(no="Hvert 5. til 10. år", en="Once in 5 to 10 years"),
        Label(no="Hvert år til hvert 5. år", en="Once in 1 to 5 years"),
        Label(no="Hver måned til hvert år", en="Monthly to yearly"),
        Label(no="Hver måned eller oftere", en="Monthly or more often"),
    ),
    consequence=(
        Label(no="Ingen skade", en="No harm"),
        Label(no="Mindre skade", en="Minor harm"),
        Label(no="Alvorlig skade uten varige følger", en="Serious harm without lasting effects"),
        Label(no="Alvorlig skade med varige følger", en="Serious harm with lasting effects"),
        Label(no="Død", en="Death"),
    ),
    cells=(
        (L, L, L, L, M),
        (L, L, L, M, M),
        (L, L, M, M, H),
        (L, M, M, H, H),
        (L, M, H, H, H),
    ),
    bands=(_LOW, _MEDIUM, _HIGH),
    acceptable_up_to=L,
)
"""Three bands over five steps each way; the bands of the cells are this product's suggestion."""

FOUR_BY_FOUR = RiskMatrix(
    likelihood=(
        Label(no="Lite sannsynlig", en="Unlikely"),
        Label(no="Mindre sannsynlig", en="Less likely"),
        Label(no="Sannsynlig", en="Likely"),
        Label(no="Svært sannsynlig", en="Very likely"),
    ),
    consequence=(
        Label(no="Ubetydelig", en="Insignificant"),
        Label(no="Moderat", en="Moderate"),
        Label(no="Alvorlig", en="Serious"),
        Label(no="Katastrofal", en="Catastrophic"),
    ),
    cells=(
        (L, L, L, M),
        (L, L, M, H),
        (L, M, H, V),
        (M, H, H, V),
    ),
    bands=(_LOW, _MEDIUM, _HIGH, _VERY_HIGH),
    acceptable_up_to=L,
)
"""Four bands over four steps each way."""


class Template(StrEnum):
    """A matrix that can be adopted by its name."""

    FIVE_BY_FIVE = "five_by_five"
    FOUR_BY_FOUR = "four_by_four"


TEMPLATES = {Template.FIVE_BY_FIVE: FIVE_BY_FIVE, Template.FOUR_BY_FOUR: FOUR_BY_FOUR}
