"""Every command that the write side knows."""

from importlib import import_module
from pkgutil import walk_packages

from write_side._decider import Command


def command_names() -> set[str]:
    """The NAME of every command class of every module of the write side."""
    for module in walk_packages(import_module("write_side").__path__, "write_side."):
        if "._" not in module.name:
            import_module(module.name)
    return {command.NAME for command in _subclasses(Command) if "NAME" in vars(command)}


def _subclasses(base: type[Command]) -> set[type[Command]]:
    direct = {sub for sub in base.__subclasses__() if sub.__module__.startswith("write_side.")}
    return direct | {deeper for sub in direct for deeper in _subclasses(sub)}
