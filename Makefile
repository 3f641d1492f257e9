# Every target sets up what it needs in .venv; nothing has to be installed first
# but Python 3.10 or newer. `make PYTHON=/path/to/python3 ...` chooses which, and
# `make VENV=.venv-other ...` another environment, as each keeps the Python it has.

PYTHON ?=
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3.10 python3)
TEST_WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-is-installed
DEV := $(VENV)/.dev-is-installed
CHECKOV := .venv-checkov/.is-installed
BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome \
  google-chrome-stable
# A module is compiled when it is first used: to compile all takes as long as to install.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile
PIP := $(BIN)/python $(INSTALL) --editable
unexport PYTHONDONTWRITEBYTECODE

# Exits with 0 if this Python will do, with 3 if only ensurepip is missing.
PROBE := import sys, importlib.util as u; \
  sys.exit(1 if sys.version_info < (3, 10) else 0 if u.find_spec("ensurepip") else 3)

# A file's tests share a local city. Files run in their order: the files with the fewest
# tests have the longest ones, and would all be left for the end.
SIDE_BY_SIDE = --numprocesses $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

# Lines of commands that run side by side do not mix, where make can see to it.
BY_LINE := $(if $(filter output-sync,$(.FEATURES)),--output-sync=line)

.PHONY: help demo test test-fast test-aws cover check fix bench bench-peer deploy package clean
.PHONY: lint format types template security
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

demo: $(RUNTIME) ## recorded traffic of Los Angeles on this machine (DEMO_SECONDS, DEMO_PORT)
	@$(BIN)/trafficctl demo

test: $(DEV) ## all tests, side by side (TEST_WORKERS, else 2)
	@$(MAKE) --silent $(CHECKOV) || echo "No checkov: its tests will be skipped" >&2
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-fast: $(DEV) ## the tests that need no local city and no browser
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) \
	  tests/unit tests/shape tests/docs tests/template

test-aws: $(DEV) ## ask a real AWS account what only AWS can answer; costs about 1 $ (ARGS)
	@$(BIN)/python -m tests.aws $(ARGS)

cover: $(DEV) ## branch coverage of the traffic rules, src/traffic/segment
	@$(BIN)/coverage run --data-file $(VENV)/.coverage --branch --source src/traffic/segment \
	  -m pytest tests/unit/traffic/segment tests/unit/traffic/processor
	@$(BIN)/coverage report --data-file $(VENV)/.coverage --show-missing --skip-covered

check: ## lint, format, types, template and its security; changes nothing
	@$(MAKE) --silent --keep-going --jobs=2 $(BY_LINE) lint format types template security

lint: $(DEV)
	@$(BIN)/ruff check

format: $(DEV)
	@$(BIN)/ruff format --check

types: $(DEV)
	@$(BIN)/mypy

template: $(DEV)
	@$(BIN)/cfn-lint template.yaml

security: $(CHECKOV)
	@.venv-checkov/bin/checkov --file template.yaml --framework cloudformation secrets \
	  --download-external-modules false --skip-download --quiet --compact

fix: $(DEV) ## fix what `make check` can fix automatically
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(RUNTIME) ## measure: handler, state size, local city (BENCH_SECONDS, BENCH_RATE, BENCH_BUSY, BENCH_DEVICES)
	@$(BIN)/python -m bench

bench-peer: $(RUNTIME) ## only the handler, beside Powertools and pydantic (BENCH_PEER_SHAPES, BENCH_PEER_ROUNDS)
	@$(BIN)/python -m bench.peer

deploy: $(RUNTIME) ## deploy or update a stack where this shell's AWS settings point (STACK)
	@$(BIN)/trafficctl deploy --stack $(or $(STACK),city-traffic)

package: $(RUNTIME) ## build/traffic.zip, the Lambda code for arm64
	@$(BIN)/trafficctl package

clean: ## remove the environment, the package and the caches
	@! ls .traffic/*/city.json 2>/dev/null || \
	  { echo "A local city is up: end it first by $(BIN)/trafficctl down" >&2; exit 1; }
	rm -rf $(VENV) .venv-* build .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests bench -name __pycache__ -prune -exec rm -rf {} +

$(RUNTIME): pyproject.toml | $(BIN)/pip
	@echo "Installing what City Traffic needs into $(VENV) (a minute, once)" >&2
	@$(PIP) .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/pip
	@echo "Installing City Traffic and what its developers need into $(VENV) (a minute, once)" >&2
	@$(PIP) '.[dev]'
	@[ -n "$$(which $(BROWSERS) 2>/dev/null)" ] || $(BIN)/playwright install chromium || \
	  echo "No Chromium: the tests of the live map will be skipped" >&2
	@touch $(RUNTIME) $@

# Apart from .venv: checkov holds boto3 to a release older than ours.
$(CHECKOV): .ci/checkov.txt | $(BIN)/pip
	@echo "Installing checkov into .venv-checkov (a minute, once)" >&2
	@$(BIN)/python -m venv .venv-checkov
	@.venv-checkov/bin/python $(INSTALL) --requirement $<
	@touch $@

$(BIN)/pip:
	@for python in $(CANDIDATES); do \
	  "$$python" -c '$(PROBE)' 2>/dev/null; code=$$?; \
	  if [ $$code = 0 ]; then exec "$$python" -m venv $(VENV); fi; \
	  if [ $$code = 3 ]; then unfit="$$unfit $$python"; fi; \
	done; \
	if [ -n "$$unfit" ]; then \
	  echo "Cannot make $(VENV): ensurepip is missing from$$unfit." \
	    "On Debian or Ubuntu: apt install python3-venv" >&2; \
	else \
	  echo "No Python 3.10 or newer among: $(CANDIDATES)." \
	    "Install one, or name it: make PYTHON=/path/to/python3" >&2; \
	fi; exit 1
