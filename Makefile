# `make` alone prints this help. Two commands matter: `make up` and `make test`.
SHELL := /bin/sh
VENV  := .venv
BIN   := $(VENV)/bin
# The oldest Python that the house runs on is 3.11; take the first that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help up demo test soak check format bench docs lock clean

help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(VENV)/.runtime ## Set everything up and run the house; stop it with Ctrl-C
	@exec $(BIN)/kontorhaus up

demo: $(VENV)/.runtime ## Set everything up and play three sales from the order to the payout; ends by itself
	@exec $(BIN)/kontorhaus demo

test: check ## Set everything up and pass every test
	$(BIN)/pytest -n auto

soak: $(VENV)/.dev ## Run the long forms of the tests: an hour or more, SOAK="-n 8" for more cores
	LEDGER_EXAMPLES=20000 $(BIN)/pytest -q $(SOAK) tests/money/ledger/test_machine.py
	EVENTLOG_SOAK_SECONDS=60 KILLED_JOBS=10000 CLOCKS_DAYS=365 CLOCKS_EXAMPLES=30 KILLED_DAYS=365 KILLS=20 \
		PLANNED_MESSAGES=1000000 PLAN_NOTICES=1000000 PLANNED_TRANSFERS=1000000 $(BIN)/pytest -q $(SOAK) \
		tests/platform/eventlog/test_soak.py tests/platform/jobs/test_killed.py tests/platform/clocks/test_jumps.py \
		tests/platform/clocks/test_killed.py tests/platform/inbox/test_plans.py tests/people/notices/test_plans.py \
		tests/money/ledger/test_plans.py
	SCHEMATHESIS_EXAMPLES=200 $(BIN)/pytest -q $(SOAK) tests/faults/test_schemathesis.py

check: $(VENV)/.dev ## Format, lint, types, import contracts and the law of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/house

format: $(VENV)/.dev ## Bring the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure; BENCH="NAME …" takes some, BENCH=--json prints objects
	$(BIN)/kontorhaus bench $(BENCH)

docs: $(VENV)/.dev ## Write the generated reference pages anew
	UPDATE_EXAMPLES=1 $(BIN)/pytest -q tests/stories/test_examples.py
	$(BIN)/python -m tests.house.regenerate

lock: $(VENV)/.dev ## Pin the newest libraries that requirements/*.in allow
	$(BIN)/pip install -q uv
	for set in runtime dev; do $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url \
		requirements/$$set.in -o requirements/$$set.txt; done

clean: ## Remove the environment and caches; the house's data in .kontorhaus stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Kontorhaus needs Python 3.11 or newer; none was found." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python has no venv module here; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
