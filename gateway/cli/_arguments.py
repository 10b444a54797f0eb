"""Arguments that several commands take."""

import re
from typing import Annotated

import typer

from gateway.auth.actor import PRACTICE_ID


def _practice_id(name: str) -> str:
    if not re.fullmatch(PRACTICE_ID, name):
        raise typer.BadParameter("a practice's id has small letters, digits and hyphens, such as fjordgata")
    return name


Practice = Annotated[str, typer.Argument(help="Id of the practice.", callback=_practice_id)]
