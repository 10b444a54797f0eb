# Every target sets up what it needs: .venv from the lock file, once; no network after that.
# Data of the demo live below var/ (SPORBAR_DATA_DIR) and are never removed by `make clean`.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMP := .venv/.installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input install
ifeq ($(shell id -u),0)
PIP += --root-user-action=ignore
endif

unexport PYTHONDONTWRITEBYTECODE  # compiling every module anew is a third of a short run

.PHONY: run test unit lint format generated bench lock clean kafka

run: $(STAMP)
	@$(BIN)/sporbar demo || test $$? -eq 130

# One worker a core; a file's tests stay together, so that a server started for a module is started once, and so do those
# files of Kafka that stop its broker, and those that do not (tests/conftest.py).
test: $(STAMP) kafka
	@$(BIN)/pytest -q -n auto --dist loadfile

# Apache Kafka for the tests, from Maven, once; without it they use a stand-in and say so, and fail with CI=true.
kafka: deploy/kafka/target/.fetched deploy/kafka/target/kafka.jsa

deploy/kafka/target/.fetched: deploy/kafka/pom.xml
	@deploy/kafka/fetch.sh

deploy/kafka/target/kafka.jsa: deploy/kafka/target/.fetched
	@deploy/kafka/archive.sh

# What needs no server: seconds.
unit: $(STAMP)
	@$(BIN)/pytest -q -n auto --dist worksteal -m "not server"

lint: $(STAMP)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m gateway.generated --check
	@! grep -nE '://|--(extra-)?index-url|--find-links' requirements.lock || { echo "requirements.lock names a package host" >&2; exit 1; }

format: $(STAMP)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

# Files that are made from the code and compared by `make lint`.
generated: $(STAMP)
	@$(BIN)/python -m gateway.generated

bench: $(STAMP) kafka
	@$(BIN)/python -m tests.bench

# Needs the network: settles the versions anew within the ranges of pyproject.toml.
lock: $(STAMP)
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --output-file requirements.lock pyproject.toml

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Sporbar needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }
	@echo "Setting up .venv; this happens once and takes some minutes (about 1.5 GB)."
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
