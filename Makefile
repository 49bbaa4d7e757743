# People, hooks and CI run these same targets. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := deploy/locks
UV := $(BIN)/uv
# Bytecode is written once here: where Python may not write its own, every start would compile for two seconds.
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python
# A worker a core, but every worker has its own servers; tests of one xdist_group stay together.
WORKERS ?= auto
# What pytest makes of the tests' files is kept for the next run: each worker would spend seconds on it anew.
TEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadgroup
SEEDS ?= 1000
JSON ?= bench-results/bench.json

# Left out by name, so that a new kind of test runs unless somebody decides otherwise.
FAST := not (containers or slow or simulation or browser or bench or chaos)

.DEFAULT_GOAL := help
.PHONY: help demo up test test-fast test-bench chaos sizing lint format lock simulate bench schemas clean

help: ## what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## set everything up, play the whole story, say what happened
	@$(BIN)/tablemates demo

up: $(VENV)/.runtime ## the same without the story: stays up and prints its addresses
	@$(BIN)/tablemates up

test: $(VENV)/.dev ## the whole test suite; says what it left out
	@$(TEST) -m "not bench"

# These wait for servers of their own as much as they compute, so one worker more than there are cores.
test-fast: WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
test-fast: $(VENV)/.dev ## what a person waits for: a good minute on two cores
	@$(TEST) -m "$(FAST)"

test-bench: $(VENV)/.bench ## the benchmarks at their smallest, with the peers: that they measure, not how fast; minutes
	@$(BIN)/python -m pytest -m bench tests/bench

chaos: $(VENV)/.dev ## of these only what kills, one at a time, for its times; takes a few minutes and an engine
	@$(BIN)/python -m pytest -m chaos tests/containers tests/chaos

sizing: $(VENV)/.dev ## measure the stack: images, start-up, memory, processor time an RSVP; needs an engine
	@$(BIN)/python -m tests.containers.sizing

lint: $(VENV)/.dev ## ruff, mypy and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## let ruff mend what it can
	@$(BIN)/ruff check --fix-only --exit-zero .
	@$(BIN)/ruff format .

simulate: $(VENV)/.dev ## SEEDS=20000 runs of the delivery simulation
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)

# Only a database that is named to make itself is written to, not one that happens to be in the environment.
bench: DATABASE = $(if $(filter command,$(origin DATABASE_URL)),--database-url '$(DATABASE_URL)')
bench: $(VENV)/.bench ## compare with the peers, in one run; DATABASE_URL=postgresql://… JSON=FILE keeps the numbers
	@mkdir -p $(dir $(JSON))
	@$(BIN)/tablemates bench $(DATABASE) --json $(JSON)

schemas: $(VENV)/.dev ## write the JSON Schemas, OpenAPI and AsyncAPI documents anew
	@$(BIN)/python -m deploy.schemas

# The runtime is resolved first; what only tests, checks and benchmarks need bends to it.
RESOLVE := $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"
lock: $(VENV)/.uv ## resolve every lock file anew; UPGRADE=--upgrade takes newer versions
	@echo uv==$$($(UV) --version | awk '{print $$2}') | $(UV) pip compile - --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o $(LOCKS)/uv.txt
	@$(RESOLVE) $(UPGRADE) --group embedded -o $(LOCKS)/embedded.txt
	@for group in rsvp intro notify; do \
		$(RESOLVE) $(UPGRADE) --group $$group -c $(LOCKS)/embedded.txt -o $(LOCKS)/$$group.txt || exit 1; done
	@$(RESOLVE) $(UPGRADE) --group embedded --group test --group lint -c $(LOCKS)/embedded.txt -o $(LOCKS)/dev.txt
	@$(RESOLVE) $(UPGRADE) --group embedded --group bench -c $(LOCKS)/dev.txt -o $(LOCKS)/bench.txt
	@! grep -nE '(https?|file|git\+ssh)://' $(LOCKS)/*.txt

# Stamps: what is installed is installed again only when its lock has changed.
$(VENV)/.uv: $(LOCKS)/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tablemates needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	@echo "Setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(LOCKS)/uv.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv $(LOCKS)/embedded.txt pyproject.toml
	@echo "Installing what Tablemates runs on"
	@$(INSTALL) --require-hashes -r $(LOCKS)/embedded.txt
	@# uv builds this with the backend it carries: nothing is downloaded, no compiler is asked for
	@$(INSTALL) --no-deps --offline --editable .
	@$(BIN)/python -m compileall -q shared services deploy || true
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime $(LOCKS)/dev.txt
	@echo "Installing what the tests and checks need"
	@$(INSTALL) --require-hashes -r $(LOCKS)/dev.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.dev $(LOCKS)/bench.txt
	@echo "Installing the peers to compare with"
	@$(INSTALL) --require-hashes -r $(LOCKS)/bench.txt
	@touch $@

clean: ## forget what was installed and what the tools remember, never the data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
