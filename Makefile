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
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

# Exits with 0 if this Python will do, with 3 if only ensurepip is missing.
PROBE := import sys, importlib.util as u; \
  sys.exit(1 if sys.version_info < (3, 10) else 0 if u.find_spec("ensurepip") else 3)

.PHONY: help demo test test-fast cover check fix bench deploy package clean
.DEFAULT_GOAL := help

help: ## say what the targets do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

demo: $(RUNTIME) ## recorded traffic of Los Angeles on this machine (DEMO_SECONDS, DEMO_PORT)
	@$(BIN)/trafficctl demo

test: $(DEV) ## all tests, side by side (TEST_WORKERS, else 2)
	@$(MAKE) --silent $(CHECKOV) || echo "No checkov: its tests will be skipped" >&2
	@$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile

test-fast: $(DEV) ## the tests that need no local city and no browser
	@$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile \
	  tests/unit tests/shape tests/docs tests/template

cover: $(DEV) ## branch coverage of the traffic rules, src/traffic/segment
	@$(BIN)/coverage run --data-file $(VENV)/.coverage --branch --source src/traffic/segment \
	  -m pytest tests/unit/traffic/segment tests/unit/traffic/processor
	@$(BIN)/coverage report --data-file $(VENV)/.coverage --show-missing --skip-covered

check: $(DEV) $(CHECKOV) ## lint, format, types, template and its security; changes nothing
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml
	@.venv-checkov/bin/checkov --file template.yaml --framework cloudformation secrets \
	  --download-external-modules false --skip-download --quiet --compact

fix: $(DEV) ## repair what `make check` can repair by itself
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: $(RUNTIME) ## measure: handler, state size, local city (BENCH_SECONDS, BENCH_RATE, BENCH_DEVICES)
	@$(BIN)/python -m bench

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

$(DEV): $(RUNTIME)
	@echo "Installing what its developers need into $(VENV)" >&2
	@$(PIP) '.[dev]'
	@[ -n "$$(which $(BROWSERS) 2>/dev/null)" ] || $(BIN)/playwright install chromium || \
	  echo "No Chromium: the tests of the live map will be skipped" >&2
	@touch $@

# Apart from .venv: checkov holds boto3 to a release older than ours.
$(CHECKOV): .ci/checkov.txt | $(BIN)/pip
	@echo "Installing checkov into .venv-checkov (a minute, once)" >&2
	@$(BIN)/python -m venv .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
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
