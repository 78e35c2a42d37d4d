# dxflow: what people and scripts may call. Everything runs in .venv, made from the lock files.

PYTHON ?= python3
PORT ?= 8000
PACK ?= standard
# each pack's sample city lives in a folder of its own
DEMO = var/demo$(patsubst %,-%,$(filter-out standard,$(notdir $(PACK))))
MINUTES ?= 2
COUNT ?= 10000
STEPS ?= 100000
TEST_PROCESSES ?= auto
TORTURED = $(if $(DATABASE),--database $(DATABASE))
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo demo-reset test test-long mutants lint check bench tour torture torture-planted torture-doubles \
	wheelhouse try-offline try-deploy try-systemd clean

help:
	@echo "make demo [PORT=8000] [PACK=standard]  serve a sample city, with accounts to try"
	@echo "make demo-reset        throw the sample city away and make it again"
	@echo "make test [TEST_PROCESSES=auto]  all tests, PostgreSQL and browser included"
	@echo "make test-long [STEPS=100000] [DATABASE=sqlite]  random histories judged, bugs planted, mutants"
	@echo "make mutants           change the rules a little, thousands of times: tests must notice"
	@echo "make check             format, lint, types, import contracts, then the tests"
	@echo "make wheelhouse        everything an installation without a network needs, in dist"
	@echo "make try-offline       install from it where there is no network, and look"
	@echo "make try-deploy        units and proxy as they are delivered, really started"
	@echo "make try-systemd       the units under a real systemd in namespaces of its own (root)"
	@echo "make tour              take the pictures of the README again (needs a Chromium)"
	@echo "make bench             measure, print a table, write bench.json"
	@echo "make torture [MINUTES=2] [DATABASE=postgresql]  kill servers while many work, check"
	@echo "make torture-planted   plant bugs; each must be noticed"
	@echo "make torture-doubles [COUNT=10000]  double submissions"

.venv/runtime: requirements.lock pyproject.toml
	@echo "installing into .venv from the lock file ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/runtime
	@DXFLOW_HOME=$(DEMO) $(BIN)/dxflow demo --port $(PORT) --pack $(PACK)

demo-reset: .venv/runtime
	@DXFLOW_HOME=$(DEMO) $(BIN)/dxflow demo --port $(PORT) --pack $(PACK) --reset

test: .venv/dev
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --maxprocesses 4 --dist loadfile

test-long: .venv/dev
	$(BIN)/python -m tests.machine --steps $(STEPS) $(TORTURED)
	$(BIN)/python -m tests.machine --planted
	$(MAKE) mutants

mutants: .venv/dev
	nice $(BIN)/mutmut run --max-children 1
	$(BIN)/python -m tests.mutation

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --collect-only -q > /dev/null || $(BIN)/python -m pytest --collect-only -q

check: lint test

tour: .venv/dev
	$(BIN)/python -m tour

bench: .venv/dev
	$(BIN)/python -m bench

torture: .venv/dev
	$(BIN)/python -m torture all --minutes $(MINUTES) $(TORTURED)

torture-planted: .venv/dev
	$(BIN)/python -m torture planted $(TORTURED)

torture-doubles: .venv/dev
	$(BIN)/python -m torture doubles --count $(COUNT) $(TORTURED)

wheelhouse: .venv/runtime
	@sh deploy/wheelhouse.sh $(abspath $(BIN)/python)

try-offline: wheelhouse
	@PYTHON=$$($(BIN)/python -c "import sys; print(sys._base_executable)") sh deploy/try-offline.sh

try-systemd: wheelhouse
	@sh deploy/try-systemd.sh

try-deploy: .venv/runtime
	@$(BIN)/python deploy/try_deploy.py

clean:
	rm -rf .venv build dist mutants
