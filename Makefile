# Everything a person types: `make run` and `make test`. The rest serves those who work on luoshi.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
XDIST  ?= 2

.PHONY: run test setup dev lint types contract unit postgres bench lock clean

run: $(VENV)/.run
	$(BIN)/luoshi serve --demo

test: lint types contract unit postgres

$(VENV)/.run: requirements/run.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	touch $@

$(VENV)/.spark: requirements/spark.lock $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/spark.lock
	touch $@

setup: $(VENV)/.run
dev: $(VENV)/.dev

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks

types: $(VENV)/.dev
	$(BIN)/mypy

contract: $(VENV)/.dev
	$(BIN)/lint-imports

# The optional group of Spark comes in where LUOSHI_REQUIRE names it.
unit: $(VENV)/.dev $(if $(findstring spark,$(LUOSHI_REQUIRE)),$(VENV)/.spark)
	$(BIN)/pytest -n $(XDIST) --dist worksteal

# The same suite again on PostgreSQL; skipped by name where there is none, unless LUOSHI_REQUIRE names it.
postgres: $(VENV)/.dev
	$(BIN)/python tests/postgres.py $(BIN)/pytest -n $(XDIST) --dist worksteal

# Beside peers, in an environment of their own. `make bench ONLY="rules ledger"` runs some.
bench: .venv-bench/.done
	.venv-bench/bin/python -m benchmarks $(ONLY)

.venv-bench/.done: requirements/run.lock requirements/bench.lock
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --require-hashes -r requirements/run.lock
	.venv-bench/bin/python -m pip install --quiet --require-hashes -r requirements/bench.lock
	.venv-bench/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

lock: COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links
lock:
	$(COMPILE) pyproject.toml requirements/build.in -o requirements/run.lock
	$(COMPILE) --group dev pyproject.toml -c requirements/run.lock -o requirements/dev.lock
	$(COMPILE) --group bench pyproject.toml -c requirements/run.lock -o requirements/bench.lock
	$(COMPILE) --group pyproject.toml:spark -c requirements/run.lock -o requirements/spark.lock

clean:
	rm -rf $(VENV) .venv-bench var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
