"""Codes and their sentences, in English and Norwegian bokmål, from `gateway/messages/*.toml`."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any


class Language(StrEnum):
    """A language that sentences are written in, by its BCP 47 tag."""

    ENGLISH = "en"
    NORWEGIAN = "nb"


_TAGS = {"en": Language.ENGLISH, "nb": Language.NORWEGIAN, "no": Language.NORWEGIAN, "nn": Language.NORWEGIAN}


@dataclass(frozen=True)
class Catalogue:
    """Every code with its sentence in each language."""

    sentences: Mapping[str, Mapping[str, str]]

    @classmethod
    @cache
    def load(cls) -> "Catalogue":
        """The catalogue that comes with this version; ValueError when two files define one code."""
        sentences: dict[str, Mapping[str, str]] = {}
        for file in sorted(files("gateway").joinpath("messages").iterdir(), key=lambda entry: entry.name):
            if not file.name.endswith(".toml"):
                continue
            for code, written in tomllib.loads(file.read_text("utf-8")).items():
                if code in sentences:
                    raise ValueError(f"{file.name} defines {code} a second time")
                sentences[code] = written
        return cls(sentences)

    def sentence(self, code: str, language: Language, details: Mapping[str, Any]) -> str:
        """The sentence of a code with its details put in; the bare code when nobody wrote one."""
        written = self.sentences.get(code)
        if written is None:
            return code
        return written[language].format_map(_Shown(details))


class _Shown(dict[str, str]):
    """Details as they stand in a sentence; one that is absent shows as a question mark."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__({name: _shown(value) for name, value in details.items()})

    def __missing__(self, _name: str) -> str:
        return "?"


def _shown(value: Any) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return ", ".join(_shown(item) for item in value)
    return str(value)


@lru_cache(maxsize=256)
def preferred_language(accept_language: str | None, otherwise: Language = Language.ENGLISH) -> Language:
    """The language a client asks for (RFC 9110 § 12.5.4); `otherwise` when it asks for none that we have."""
    best, weight = otherwise, 0.0
    for part in (accept_language or "").split(",")[:20]:
        tag, _, parameter = part.partition(";")
        language = _TAGS.get(tag.strip().lower().partition("-")[0])
        given = _weight(parameter)
        if language is not None and given > weight:
            best, weight = language, given
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
