"""Problem details (RFC 9457): the one place where an error becomes a status, a stable code and a sentence."""

from gateway.problems._catalogue import Catalogue, Language, preferred_language
from gateway.problems._error import Problem, ProblemError, problem_of
from gateway.problems._http import MEDIA_TYPE, body, problem_response, unforeseen
from gateway.problems._pages import problem_pages

__all__ = [
    "MEDIA_TYPE",
    "Catalogue",
    "Language",
    "Problem",
    "ProblemError",
    "body",
    "preferred_language",
    "problem_of",
    "problem_pages",
    "problem_response",
    "unforeseen",
]
