"""Why an export cannot be had."""

from gateway.problems import ProblemError


class ExportRefused(ProblemError):
    """An export that cannot be made as asked; a problem at the doors, one line on the command line."""
