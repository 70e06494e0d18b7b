# Needs Python >= 3.11, pip and make. Everything is installed into .venv, nothing outside the checkout is touched.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet

# Interpreters to try, in this order; `make PYTHON=/path/to/python …` tries only that one.
PYTHONS := python3.13 python3.12 python3.11 python3
PYTHON ?=

# .venv remembers where it was made and with which PYTHON: scripts and the path to the project do not survive a move.
# It is made anew when either has changed, or when its interpreter is gone.
MADE := $(VENV)/.made
MADE_IN := $(shell sed -n 1p $(MADE) 2>/dev/null)
MADE_WITH := $(shell sed -n 2p $(MADE) 2>/dev/null)
ifneq ($(MADE_IN),$(CURDIR))
.PHONY: $(MADE)
else ifneq ($(or $(PYTHON),$(MADE_WITH)),$(MADE_WITH))
.PHONY: $(MADE)
else ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
.PHONY: $(MADE)
endif

.PHONY: help
help: ## print this list
	@echo 'Targets (make TARGET [PYTHON=python3.12] [ARGS="…"]):'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

.PHONY: install
install: $(VENV)/.installed ## install the locked dependencies and the `csms` command into .venv

.PHONY: demo
demo: install ## start everything with simulated stations; Ctrl-C ends it
	@exec $(BIN)/csms demo $(ARGS)

.PHONY: test
test: install-dev ## run the test suite; ARGS="-k name", CSMS_TEST_DATABASE_URL=… to use your own PostgreSQL
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: conformance
conformance: install-dev ## run the cases of certification and write docs/conformance-*.md; ARGS=2.0.1 for one version
	@$(BIN)/python -m tests.conformance.report $(ARGS)

.PHONY: check
check: lint format-check types contracts test ## lint, format, types, import contracts, tests

.PHONY: lint
lint: install-dev ## ruff check
	@$(BIN)/python -m ruff check .

.PHONY: format-check
format-check: install-dev ## ruff format, looking only
	@$(BIN)/python -m ruff format --check .

.PHONY: types
types: install-dev ## mypy, strict
	@$(BIN)/python -m mypy

.PHONY: contracts
contracts: install-dev ## who may import whom
	@$(BIN)/lint-imports

.PHONY: format
format: install-dev ## put the sources in order: imports, simple fixes, layout
	@$(BIN)/python -m ruff check --fix .
	@$(BIN)/python -m ruff format .

.PHONY: bench
bench: install ## run the benchmarks
	@$(BIN)/python -m bench $(ARGS)

.PHONY: sdl
sdl: install ## write api/graphql/schema.graphql from the code
	@$(BIN)/csms schema > $(VENV)/schema.graphql
	@mv $(VENV)/schema.graphql api/graphql/schema.graphql

# Pins stay unless a requirement moved; `make lock ARGS=--upgrade` takes the newest of everything.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(ARGS)

.PHONY: lock
lock: $(MADE) ## write requirements.lock and requirements-dev.lock from pyproject.toml
	@$(BIN)/python -c 'import uv' 2>/dev/null || $(INSTALL) 'uv>=0.9'
	@$(LOCK) --extra build -o requirements.lock pyproject.toml
	@$(LOCK) --extra build --extra dev --constraint requirements.lock -o requirements-dev.lock pyproject.toml

.PHONY: clean
clean: ## remove .venv, caches and build results; data in .csms stays
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov
	@find . -name .csms -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

.PHONY: install-dev
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: $(MADE) requirements.lock pyproject.toml
	@echo 'Installing the dependencies (requirements.lock) …'
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo 'Installing the tools for development (requirements-dev.lock) …'
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

# An interpreter counts if it runs, is new enough and can make environments: with ensurepip, or (Debian without
# python3-venv) with a pip of its own that puts one there.
$(MADE):
	@set -e; found=; seen=; \
	for python in $(if $(PYTHON),"$(PYTHON)",$(PYTHONS)); do \
		version=$$("$$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue; \
		if ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
			seen="$$seen $$python is $$version;"; \
		elif "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
			found=$$python; pip=; break; \
		elif "$$python" -c 'import venv, pip' 2>/dev/null; then \
			found=$$python; pip=--without-pip; break; \
		else \
			seen="$$seen $$python is $$version but has neither ensurepip nor pip (Debian, Ubuntu: apt install python3-venv);"; \
		fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo 'csms needs Python 3.11 or newer.' >&2; \
		echo "Tried: $(or $(PYTHON),$(PYTHONS)). Found:$${seen:- none that runs.}" >&2; \
		echo 'Install one, or name it: make install PYTHON=/path/to/python3.12' >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$found ($$version) …"; \
	"$$found" -m venv --clear $$pip $(VENV); \
	if [ -n "$$pip" ]; then "$$found" -m pip --python $(BIN)/python install --quiet pip; fi; \
	printf '%s\n%s\n' "$$(pwd -P)" '$(PYTHON)' > $@
