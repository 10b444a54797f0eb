"""Every read model of this folder."""

from functools import cache
from hashlib import sha256
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules
from typing import Any

from projections._model import ReadModel
from read_side._tables import create_statements, index_statements


@cache
def read_models() -> tuple[ReadModel[Any], ...]:
    """The READ_MODELS of every capability, sorted by the name of their table."""
    package = import_module("projections")
    modules = [import_module(f"projections.{module.name}") for module in iter_modules(package.__path__) if not module.name.startswith("_")]
    found = [model for module in modules for model in getattr(module, "READ_MODELS", ())]
    return tuple(sorted(found, key=lambda model: model.table.name))


def fingerprint(models: tuple[ReadModel[Any], ...]) -> str:
    """What a generation of these read models was made with: their tables and the versions of their folds."""
    parts = []
    for model in models:
        statements = (*create_statements(model.table, "read"), *chain.from_iterable(index_statements(model.table, "read").values()))
        parts += [f"{model.table.name} {model.version}", *(statement.as_string() for statement in statements)]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]
