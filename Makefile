# Everything a newcomer types. `make demo` and `make test` need git, make and Python 3.11 or newer, nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.synced

.PHONY: demo test test-real demo-real testbed check bench bench-rca lock clean setup format help

help:            ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

setup: $(STAMP)  ## create the virtual environment from the hashed lock

$(STAMP): requirements/dev.lock requirements/bootstrap.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)   ## play an incident on the embedded stack, from alert to report
	@$(BIN)/holdfast demo $(ARGS)

test: $(STAMP)   ## everything the gate needs
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not real" $(ARGS)

demo-real: $(STAMP)  ## a real alert about a real workload, repaired on a real Kubernetes API; run testbed first
	@$(BIN)/python -m tests.testbed.demo $(ARGS)

testbed: $(STAMP)    ## fetch or build the real servers that test-real starts, into a cache outside this folder
	@$(BIN)/python -m tests.testbed

test-real: $(STAMP)  ## the tests against real systems; run testbed first
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m real $(ARGS)

check: $(STAMP)  ## lint, format, types, walls
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP) ## apply the formatter and the safe lint fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP)  ## measure speed and size as ratios; writes benchmarks/results/
	@$(BIN)/python -m benchmarks $(ARGS)

bench-rca: $(STAMP)  ## score the diagnosis on public data: make bench-rca DATA=folder; docs/diagnosis.md says whence
	@$(BIN)/python -m benchmarks.rca $(if $(DATA),--data $(DATA)) $(ARGS)

lock: $(STAMP)   ## compile the locks again
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra all --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements/dev.lock
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra all --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements/runtime.lock
	@$(BIN)/uv pip compile --quiet requirements/bootstrap.in --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o requirements/bootstrap.lock

clean:           ## remove the virtual environment and caches
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
