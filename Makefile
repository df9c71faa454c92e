# `make demo` needs nothing but Python 3.11 to 3.13 and the package index; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test check bench clean browser lock

PORT ?= 8000
CITIZENS ?= 20000
JSON ?=
WORKERS ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

# Each candidate is run, not only looked up: a version manager's shim may exist for a Python that is not active.
SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
define find_python
for candidate in python3.13 python3.12 python3.11 python3; do \
  if "$$candidate" -c '$(SUITABLE)' >/dev/null 2>&1; then \
    suitable=$$candidate; \
    if "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then python=$$candidate; break; fi; \
  fi; \
done; \
if [ -z "$${python:-}" ]; then \
  if [ -n "$${suitable:-}" ]; then \
    echo "error: $$suitable has no venv module; on Debian and Ubuntu: apt-get install $$suitable-venv" >&2; \
  else \
    echo "error: Python 3.11, 3.12 or 3.13 is needed (python3.13, python3.12, python3.11 or python3 on PATH)" >&2; \
  fi; \
  exit 1; \
fi
endef

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: .venv/.runtime ## start the gateway with its own databases and invented citizens (PORT=8000 CITIZENS=20000)
	@exec $(BIN)/lienthong demo --port $(PORT) --citizens $(CITIZENS)

check: .venv/.dev ## lint, format, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: .venv/.dev .venv/.clairvoyance .venv/.sonar browser ## run every test, on real databases, in WORKERS=2 processes
	$(BIN)/python -m pytest -m "not timed" --numprocesses $(WORKERS) --dist loadgroup --no-loadscope-reorder
	$(BIN)/python -m pytest -m timed

bench: .venv/.dev ## measure and print; JSON=file writes the numbers there as well
	$(BIN)/python -m bench $(if $(JSON),--json "$(JSON)")

clean: ## remove the environment, caches and the demo's data
	rm -rf .venv .demo build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: ## resolve the dependencies anew (needs uv on PATH)
	@compile() { uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --universal \
	  --python-version 3.11 "$$@"; }; \
	compile --group build pyproject.toml --extra dev --output-file requirements-dev.lock; \
	compile --group build pyproject.toml --extra demo --constraint requirements-dev.lock --output-file requirements.lock; \
	for tool in clairvoyance sonar; do \
	  sed 's/sonar/sonar-tui/' <<< $$tool | compile --output-file tests/requirements-$$tool.lock -; \
	done
	@! grep -n '://' requirements.lock requirements-dev.lock tests/requirements-*.lock

.venv/bin/python:
	@$(find_python); \
	echo "creating .venv with $$("$$python" --version)"; \
	"$$python" -m venv --clear .venv

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing requirements.lock into .venv"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "installing requirements-dev.lock into .venv"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Each in an environment of its own: they want other libraries, or other versions, than the service has.
.venv/.clairvoyance .venv/.sonar: .venv/.%: tests/requirements-%.lock | .venv/bin/python
	@echo "installing $* into .venv/$*"
	@$(BIN)/python -m venv --clear .venv/$*
	@.venv/$*/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes -r $<
	@touch $@

# The tests look for these programs in this order, after a browser that playwright has downloaded.
browser:
	@for program in chromium chromium-browser google-chrome google-chrome-stable; do \
	  if command -v $$program >/dev/null; then exit 0; fi; \
	done; \
	if compgen -G "$${PLAYWRIGHT_BROWSERS_PATH:-$$HOME/.cache/ms-playwright}/chromium*" >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing chromium for the browser tests"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  if { apt-get install -qq -y --no-install-recommends chromium \
	    || { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; }; } >/dev/null 2>&1; \
	  then exit 0; fi; \
	fi; \
	echo "NOTE: no Chromium found: the browser tests will be SKIPPED."; \
	echo "      To run them: apt-get install chromium, or $(BIN)/playwright install chromium"
