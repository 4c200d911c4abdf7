# Everything a person does with a checkout. `make` alone lists it; the rules below need no more than a Python and its own pip.
#
# The environment is made by the standard library's venv and the pip inside it, never by another installer, although one
# may be quicker: the default corpus is the installed distributions themselves, and an installer leaves its own records in them.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
JUDGES := .venv-judges
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
WORKERS := 2
BENCH_VENV := .venv-bench
BENCH_INSTALLED := $(BENCH_VENV)/.installed
COMPILE := uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-annotate \
	--quiet

# Settings of the caller's shell that would send packages or imports somewhere else than this environment.
unexport PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIRE_VIRTUALENV PIP_REQUIRE_HASHES PIP_NO_DEPS

# What an interpreter must have: the version, and the parts that some systems package apart or build without.
SUITABLE := import bz2, ctypes, ensurepip, lzma, sqlite3, ssl, sys, venv, zlib; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: help run ui plan judges test test-ui test-long mutants random-ops kills lint format survey bench bench-dedup lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: $(INSTALLED) ## build the corpus; on a fresh machine, the embedded default
	$(BIN)/pile build

ui: $(INSTALLED) ## open the graph in Dagster, with its daemon, on this machine only
	$(BIN)/pile serve

plan: $(INSTALLED) ## print what a build would touch, and touch nothing
	$(BIN)/pile plan

judges: $(JUDGES)/.installed ## install what judges a finished release from outside (reuse, mlcroissant), in an environment of its own

test: lint judges ## check style and types, then run the tests
	$(BIN)/pytest -n $(WORKERS)

test-ui: $(INSTALLED) ## use the pages in a real Chromium (PILE_CHROMIUM, or one on PATH); takes minutes
	$(BIN)/pytest pile_assets_tests/browser

test-long: $(INSTALLED) ## the daemon's event table with failures that take a true minute
	PILE_LONG_TESTS=1 $(BIN)/pytest -s pile_assets_tests/end_to_end

mutants: $(INSTALLED) ## plant named faults in the duplicates engine: its tests must find each of them
	$(BIN)/python -m pile_assets_tests.dedup.mutants

random-ops: $(INSTALLED) ## 200 random operations over the samples beside the checkout, killed at random and at every write: the same bytes
	$(BIN)/python -m pile_assets_tests.random_ops all

kills: $(INSTALLED) ## kill `pile dedup run` 100 times at random and before every file it writes, and a purge 24 times: the same bytes
	PILE_DEDUP_KILLS=100 $(BIN)/pytest pile_assets_tests/dedup/standalone/test_killed.py
	PILE_KILLS=12 $(BIN)/pytest pile_assets_tests/retention/test_rewriting_killed.py

lint: $(INSTALLED) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED) ## lay the code out the one way, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

survey: $(INSTALLED) ## look at the licences of the sample files beside the checkout, and write docs/licence-survey.md
	$(BIN)/python -m pile_assets_tests.licensing.survey

bench: $(INSTALLED) ## measure: each benchmark prints its table
	@set -e; for name in $(basename $(notdir $(wildcard benchmarks/[a-z]*.py))); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name; done

bench-dedup: $(INSTALLED) $(BENCH_INSTALLED) ## measure duplicates and shards, peers beside; fails where a target is missed
	$(BIN)/python -m benchmarks.dedup

lock: ## resolve every lock afresh (needs uv)
	$(COMPILE) pyproject.toml --extra dev --upgrade --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra bench --upgrade --constraint requirements.lock --output-file requirements-bench.lock
	$(COMPILE) requirements-judges.in --upgrade --output-file requirements-judges.lock

clean: ## remove the environment and the tools' caches; the corpus and Dagster's records stay
	rm -rf $(VENV) $(JUDGES) $(BENCH_VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find pile_assets pile_assets_tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment of another Python than the chosen one, or one whose Python is gone, is made anew; else it is brought up to date.
# The lock is complete and holds the build backend too: pip has nothing to resolve, and nothing is installed whose hash is not in it.
$(INSTALLED): pyproject.toml requirements.lock
	@python=; for candidate in $(CANDIDATES); do \
		if "$$candidate" -c '$(SUITABLE)' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "None of these is a Python 3.11 to 3.13 with venv, pip, sqlite3, ssl, bz2 and lzma: $(CANDIDATES)." >&2; \
		echo "Install one (on Debian: apt install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	version='import sys; print(sys.version_info[:2])'; \
	if [ "$$($(BIN)/python -c "$$version" 2>/dev/null)" = "$$("$$python" -c "$$version")" ]; then clear=; else clear=--clear; fi; \
	echo "Installing into $(VENV) with $$("$$python" --version) (about a minute the first time)."; \
	"$$python" -m venv $$clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --disable-pip-version-check
	@touch $(INSTALLED)

# They are judges, run as programs: what they bring along must not become part of the default corpus, which is $(VENV).
$(JUDGES)/.installed: requirements-judges.lock | $(INSTALLED)
	@echo "Installing the judges of a release into $(JUDGES) (half a minute)."
	$(BIN)/python -m venv --clear $(JUDGES)
	$(JUDGES)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-judges.lock
	@touch $@

# The peers have an environment of their own: the default corpus is the distributions installed in the main one. The project
# is not installed there; benchmarks are run from the checkout.
$(BENCH_INSTALLED): requirements-bench.lock $(INSTALLED)
	@echo "Installing the peers into $(BENCH_VENV) (about a minute the first time)."
	$(BIN)/python -m venv --clear $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	@touch $(BENCH_INSTALLED)
