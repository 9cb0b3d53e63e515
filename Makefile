# The two commands people need are `make demo` and `make test`; each sets up what it needs first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Two workers' worth of tests per machine by default; override with `make test WORKERS=8`.
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bugs locks clean

help: ## what can be done here
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/run.stamp ## the main job on real receipts, end to end, against the fakes
	@$(BIN)/tillproof demo

test: $(VENV)/dev.stamp lint types ## everything that must hold: lint, types, import law, tests
	@$(BIN)/python -m pytest -q -n $(WORKERS)

lint: $(VENV)/dev.stamp ## style, and imports that point one way
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: $(VENV)/dev.stamp ## mypy, strict
	@$(BIN)/mypy

bugs: $(VENV)/dev.stamp ## plant each known defect in a copy; the suites must catch every one (long)
	@$(BIN)/python -m scenarios.bugs

locks: ## pin every dependency by hash, for Python 3.11 and later, without index addresses
	@$(PYTHON) -m venv $(VENV)-locks && $(VENV)-locks/bin/python -m pip --quiet install uv
	@for set in run dev; do \
	  extras=$$([ $$set = dev ] && echo "--extra receipts --extra dev" || echo "--extra receipts"); \
	  $(VENV)-locks/bin/uv pip compile pyproject.toml requirements/build.in $$extras --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements/$$set.lock || exit 1; \
	done
	@rm -rf $(VENV)-locks

clean: ## forget the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tillproof needs Python 3.11 or newer; say which one with: make demo PYTHON=python3.12"; exit 1; }
	@echo "Making an environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the product needs (pinned by hash) ..."
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the product and its tests need (pinned by hash) ..."
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run.stamp
