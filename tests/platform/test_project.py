"""The project's own promises: one lock, its arrows, its generated files, its commands."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from pkgutil import iter_modules

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gateway.generated import outdated

PROJECT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
LOCK = (PROJECT / "requirements.lock").read_text("utf-8")
PACKAGES = ("events", "write_side", "read_side", "projections", "gateway")


def test_no_installed_distribution_has_a_module_of_our_name() -> None:
    owners = packages_distributions()
    assert {name: owners[name] for name in PACKAGES if set(owners.get(name, [])) - {"sporbar"}} == {}


def test_the_lock_names_no_package_host() -> None:
    assert re.findall(r"\S+://\S+|--\S*(?:index|find-links)\S*", LOCK) == []


def test_the_lock_pins_each_package_once_with_hashes() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [block for block in blocks if not re.fullmatch(r"[\w.-]+==\S+( ; .+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+", block)] == []
    pins = [Requirement(block.partition(" \\")[0]) for block in blocks]
    for python in ("3.11", "3.12", "3.13", "3.14"):
        here = {"python_version": python, "python_full_version": f"{python}.0"}
        names = [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate(here)]
        assert len(names) == len(set(names))


def test_the_lock_holds_what_the_project_asks_for() -> None:
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
    project = PYPROJECT["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_the_arrows_hold() -> None:
    checked = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=PROJECT, check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("package", PACKAGES[:-1])
def test_every_capability_is_kept_independent_of_the_others(package: str) -> None:
    capabilities = {module.name for module in iter_modules([str(PROJECT / "events")]) if module.name[0] != "_"} - {"ledger"}
    present = {f"{package}.{module.name}" for module in iter_modules([str(PROJECT / package)]) if module.name in capabilities}
    (contract,) = [c for c in PYPROJECT["tool"]["importlinter"]["contracts"] if c["name"] == f"capabilities of {package} are independent"]
    assert set(contract["modules"]) == present


def test_generated_files_are_as_the_code_makes_them() -> None:
    assert outdated() == []


@pytest.mark.parametrize("target", ["run", "test", "unit", "lint", "format", "generated", "bench", "lock", "clean", "kafka"])
def test_make_knows_the_target(target: str) -> None:
    planned = subprocess.run(["make", "--dry-run", target], cwd=PROJECT, check=False, capture_output=True, text=True)
    assert planned.returncode == 0, planned.stderr


def test_the_checks_of_every_change_are_one_program() -> None:
    program = PROJECT / ".ci" / "run"
    assert os.access(program, os.X_OK)
    assert re.findall(r"^make (\w+)$", program.read_text("utf-8"), re.MULTILINE) == ["lint", "test"]
