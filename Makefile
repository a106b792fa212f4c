# Everything a developer does here, a target each; `make` alone lists them.
# Needs Python 3.11 or later, git and make. Everything else goes into .venv, and no target writes outside this directory.

# The first of these that is new enough and can make environments; `make setup PYTHON=/path/to/python` overrides them.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 python

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
PYTEST := $(BIN)/python -m pytest
READY := $(VENV)/.ready
READY_WITH_OTHERS := $(VENV)/.ready-with-others
READY_TO_AUDIT := $(VENV)/.ready-to-audit

# The rooms that promise 100 % branch coverage by their own tests, in how many processes `make test` runs (auto: one a
# core; 0: its own), and the benchmarks that there are.
PURE_ROOMS := errors settings models patch wire repair task ports agent
JOBS ?= auto
EXTENSION := vscode-extension
EXTENSION_READY := $(EXTENSION)/node_modules/.ready
BENCHMARKS ?= $(patsubst benchmarks/%/__main__.py,%,$(wildcard benchmarks/*/__main__.py))

.DEFAULT_GOAL := help
export PATCHWIRE_JOURNAL := 0
.DELETE_ON_ERROR:
.PHONY: help setup demo test check fmt lint types floors cover audit bench e2e e2e-latest extension extension-check live soak clean distclean
.PHONY: $(PURE_ROOMS:%=cover-%) $(BENCHMARKS:%=bench-%)

help: ## List the targets
	@echo 'usage: make TARGET'
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## Create .venv with the tools, `patchwire` and `patchwire-lsp` (again only when pyproject.toml changes)

# An attempt that was cut off leaves `.unfinished` behind: the next one starts from an empty environment.
$(READY): pyproject.toml
	@if [ -e $(VENV)/.unfinished ] || \
	    ! $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	  recent=; chosen=; \
	  for python in $(PYTHON); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	    recent=$${recent:-$$python}; \
	    "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && { chosen=$$python; break; }; \
	  done; \
	  if [ -z "$$recent" ]; then \
	    echo 'patchwire needs Python 3.11 or later and finds none; install it or name one: make setup PYTHON=/path/to/python' >&2; exit 1; \
	  elif [ -z "$$chosen" ]; then \
	    echo "$$recent cannot create environments; install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; \
	  fi; \
	  echo "Creating $(VENV) with $$("$$chosen" --version)"; \
	  "$$chosen" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }; \
	fi
	@echo 'Installing patchwire and its tools into $(VENV) (once; about a minute)'
	@touch $(VENV)/.unfinished
	@$(PIP) install -e '.[dev]'
	@mv $(VENV)/.unfinished $@

# Other people's clients, to measure and to be tested against.
$(READY_WITH_OTHERS): $(READY)
	@echo "Installing other people's clients into $(VENV) (once)"
	@$(PIP) install -e '.[dev,bench,e2e]'
	@touch $@

$(READY_TO_AUDIT): $(READY)
	@echo 'Installing pip-audit into $(VENV) (once)'
	@$(PIP) install -e '.[dev,audit]'
	@touch $@

demo: $(READY) ## Watch a red test suite become a tested patch, on throw-away copies of examples/
	@$(BIN)/python examples/demo.py

test: $(READY) ## Run the tests, all but e2e and soak, on all cores (in one process: JOBS=0)
	$(PYTEST) -n $(JOBS) --dist worksteal -m 'not e2e and not soak'

check: lint types floors cover ## All that must hold besides the tests: lint, types, floors, cover

fmt: $(READY) ## Format the code and mend what the linter can mend safely
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: $(READY) ## Check format and lint (ruff)
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(READY) ## Check types (mypy --strict)
	$(BIN)/mypy
	$(BIN)/mypy examples/demo.py

floors: $(READY) ## Check which room may import which (import-linter)
	$(BIN)/lint-imports

cover: $(PURE_ROOMS:%=cover-%) ## Check that each pure room is covered to the last branch by its own tests

$(PURE_ROOMS:%=cover-%): cover-%: $(READY)
	@mkdir -p build/coverage
	COVERAGE_FILE=build/coverage/$* $(PYTEST) -q $(or $(wildcard tests/$* tests/test_$*.py),tests/$*) \
	    --cov=patchwire.$* --cov-branch --cov-report=term-missing --cov-fail-under=100

# Strict: a package that could not be looked up is no package without vulnerabilities. Not in CI: it needs the index's
# database of advisories, which mirrors do not have, and it turns red when nothing of ours has changed.
audit: $(READY_TO_AUDIT) ## Look every installed package up in the database of known vulnerabilities (needs the index's own one)
	@mkdir -p build
	@$(PIP) freeze --exclude-editable > build/audited.txt
	$(BIN)/pip-audit --strict --no-deps --disable-pip --progress-spinner off --requirement build/audited.txt

bench: $(BENCHMARKS:%=bench-%) ## Measure; one alone: make bench BENCHMARKS=patch

$(BENCHMARKS:%=bench-%): bench-%: $(READY_WITH_OTHERS)
	$(BIN)/python -m benchmarks.$*

e2e: $(READY_WITH_OTHERS) extension-check extension ## Run the end-to-end tests: real processes, other people's clients, a real VS Code
	$(PYTEST) -m e2e
	cd $(EXTENSION) && npm run --silent e2e

e2e-latest: extension ## Run the extension's end-to-end tests in the newest VS Code (code-server); downloads about 300 MB
	cd $(EXTENSION) && npm run --silent e2e -- latest

# The extension needs node 20 or later with npm, which nothing else here does.
$(EXTENSION_READY): $(EXTENSION)/package.json $(EXTENSION)/package-lock.json
	@command -v npm >/dev/null || { echo 'the extension needs node 20 or later with npm; install them (Debian, Ubuntu: apt install npm)' >&2; exit 1; }
	@echo 'Installing what the extension is built with (once; about a minute)'
	@cd $(EXTENSION) && npm ci --ignore-scripts --no-audit --no-fund --silent && npm rebuild --silent esbuild
	@touch $@

extension: $(READY) $(EXTENSION_READY) ## Build the VS Code extension: build/patchwire.vsix
	$(BIN)/python $(EXTENSION)/scripts/bundle.py
	cd $(EXTENSION) && npm run --silent package

extension-check: $(EXTENSION_READY) ## Check the VS Code extension: types, lint, unit tests
	cd $(EXTENSION) && npm run --silent lint && npm run --silent test

live: $(READY) ## Do the main job with the real service (needs OPENAI_API_KEY, costs a few cents; never in CI)
	@$(BIN)/python -m tests.live

soak: $(READY) ## Run the tests with many more examples per property, and the long ones
	$(PYTEST) -m 'not e2e' --hypothesis-profile=soak --timeout=3600

clean: ## Remove what tools and tests left behind
	rm -rf build dist $(EXTENSION)/build $(EXTENSION)/dist $(EXTENSION)/bundled htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	find server tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove the environment too
	rm -rf $(VENV) $(EXTENSION)/node_modules
