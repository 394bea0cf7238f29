# On a fresh machine: Python >= 3.11 and make, nothing else. With uv on the path the same targets use it.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
READY := .venv/.ready
RUNS := .venv/.runs

.PHONY: run test faults docs proof fuzz lint format bench bench-compare bench-report bench-others schema clean

run: $(RUNS)
	$(BIN)/backtest run --events events --prices snapshot

test: $(READY)
	$(BIN)/python -m pytest -n auto

# What docs/reliability.md promises, tried for real: processes killed, disks filled, files damaged. `make
# test` does the same; this prints the table, and KILLS=2000 tries more.
faults: $(READY)
	KILLS=$(or $(KILLS),240) $(BIN)/python -m pytest tests/faults -q --no-header -rs --tb=short

# The documentation site, build/site/index.html; no network is needed to build or to read it.
docs: $(READY)
	PYTHONPATH=docs $(BIN)/python -m sitebuild

# The size and power of every test on real prices, and a published simulation; both in full, in some
# minutes (docs/proof.md). The data stand beside the project; without them the shipped prices serve.
DATA ?= ../shared
SAMPLES ?= 10000
SIMULATIONS ?= 1000
UNIVERSE = $(DATA)/data/market/universe.parquet
PUBLISHED = $(DATA)/reference/simulation

proof: $(READY)
	@if [ -f "$(UNIVERSE)" ]; then \
		$(BIN)/backtest audit size --prices "$(UNIVERSE)" --samples $(SAMPLES) $(AUDIT); \
	else \
		echo "note: $(UNIVERSE) is not there; this is the audit of the few shipped securities" >&2; \
		$(BIN)/backtest audit size --prices snapshot --samples $(SAMPLES) $(AUDIT); \
	fi
	@echo
	@if [ -d "$(PUBLISHED)" ]; then \
		PYTHONPATH=tests $(BIN)/python -m proof.goldsmith_pinkham_lyu "$(PUBLISHED)" \
			--simulations $(SIMULATIONS); \
	else \
		echo "note: $(PUBLISHED) is not there; the simulation needs its factors and is left out" >&2; \
	fi

# Hostile and spoilt input for every door, for FUZZ_SECONDS in all; what fails is kept in
# tests/fuzz/found/ and belongs into tests/fuzz/cases/ once it is mended. FUZZ="TARGET …" takes some only,
# FUZZ=--guided lets coverage guide them, where atheris is there (uv sync --group fuzz).
FUZZ_SECONDS ?= 120

fuzz: $(READY)
	PYTHONPATH=tests $(BIN)/python -m fuzz $(FUZZ) --seconds $(FUZZ_SECONDS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Prints every bench and keeps the run under .benchmarks/ for bench-compare.
bench: $(READY)
	$(BIN)/python -m pytest benches -n0 --benchmark-enable --benchmark-quiet --benchmark-autosave $(BENCH)

bench-compare: $(READY)
	$(BIN)/python -m pytest benches -n0 --benchmark-enable --benchmark-quiet \
		-W default::pytest_benchmark.logger.PytestBenchmarkWarning $(BENCH) --benchmark-compare

# The kept runs as a page with a plot of cost against N: .benchmarks/report/report.md
bench-report: $(READY)
	$(BIN)/python benches/report.py .benchmarks .benchmarks/report

# Other packages of Python, installed into .benchmarks/others/ and never into .venv (benches/others/).
bench-others: $(READY)
	PYTHONPATH=benches $(BIN)/python -m others $(OTHERS)

# The JSON Schema that editors check announcements with.
schema: $(READY)
	$(BIN)/backtest events schema > events/announcement.schema.json
	$(BIN)/backtest trade --schema > strategies/strategy.schema.json

# The main job needs a third of what the tests need, and is there sooner without the rest. Bytecode is
# compiled at installation, also where the environment forbids writing it later: otherwise every
# start would compile the libraries anew.
$(RUNS): pyproject.toml uv.lock requirements-run.lock
	$(call installed,requirements-run.lock,--no-dev --inexact)

$(READY): pyproject.toml uv.lock requirements.lock
	$(call installed,requirements.lock,--all-extras)
	@touch $(RUNS)

# Locked versions: of a file for pip, or by the options of uv.
ifneq ($(UV),)
define installed
uv sync --locked --compile-bytecode $(2)
$(BIN)/python -m compileall -q backtest
@touch $@
endef
else
define installed
@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer was not found; name it with make PYTHON=/path/to/python" >&2; exit 2; }
$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r $(1)
$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
$(BIN)/python -m compileall -q backtest
@touch $@
endef
endif

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
