# The project's commands. `make` lists them. Everything they install goes into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Where it is set, each of the suite's processes reads all of us as text again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
# Four at a time on two cores: much of a test is waiting. `make test TESTS=tests/bot/compose` runs a part.
TESTS ?= tests
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 4
ROUNDS ?= 1000
SEED ?= 0

.PHONY: help
help: ## list these targets
	@echo "technopolys-bot: make <target>"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{ printf "  %-8s %s\n", $$1, $$2 }'

.PHONY: setup
setup: $(VENV)/.runtime ## make .venv with the command `technopolys` in it
	@echo "ready: $(BIN)/technopolys --help"

.PHONY: run
run: $(VENV)/.runtime ## start the bot: with technopolys.toml the worker, without it the demo
	@exec $(BIN)/python .ci/foreground.py $(BIN)/technopolys $(if $(wildcard technopolys.toml),run,demo)

.PHONY: test
test: $(VENV)/.dev browser servers strace ## set up what tests need and run the suite
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

.PHONY: check
check: $(VENV)/.dev ## lint, format, types, arrows, locks, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(PYTEST) -q tests/architecture $(wildcard tests/docs)

.PHONY: fmt
fmt: $(VENV)/.dev ## format the code and mend what can be mended by rule
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.dev ## measure what docs/performance.md states
	$(BIN)/python -m tests.bench $(BENCH)

.PHONY: gallery
gallery: $(VENV)/.dev browser ## take the pictures of docs/gallery.md again
	$(BIN)/python -m tests.docs.gallery

.PHONY: pictures
pictures: $(VENV)/.dev browser ## take the pictures of README.md and docs/desk.md again
	$(BIN)/python -m tests.docs.pictures

.PHONY: soak
soak: $(VENV)/.dev strace ## the kill soak with its table (ROUNDS=1000 SEED=1), then the slow tests
	$(BIN)/python -m tests.never_twice.killed --rounds $(ROUNDS) --seed $(SEED)
	$(PYTEST) --soak -m slow $(TESTS)

.PHONY: lock
lock: $(VENV)/.dev ## resolve the locks again from pyproject.toml (UPGRADE=1 moves the pins)
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --annotation-style line --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## remove .venv and what tools leave behind
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- what the targets stand on ---

# A stamp older than the locks or pyproject.toml installs again. requirements-dev.lock holds all of
# requirements.lock at the same versions.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.dev: requirements.lock requirements-dev.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.runtime

PIP = $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
define install
@echo "installing $(1) into $(VENV) (a minute or two, once)"
@$(PIP) --require-hashes --requirement $(1)
@$(PIP) --no-deps --no-build-isolation --editable .
endef

$(BIN)/python:
	@.ci/venv $(VENV)

.PHONY: browser
browser:
	@.ci/browser

.PHONY: servers
servers: $(VENV)/.dev
	@.ci/servers

.PHONY: strace
strace:
	@.ci/strace
