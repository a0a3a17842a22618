# Everything a newcomer needs: `make demo` to see it run, `make test` to check it.
# Python 3.11 or newer with venv is all these assume.

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3.14 python3 2>/dev/null))
BIN := .venv/bin
READY := .venv/.ready
SOAK := .venv-soak
SOAK_READY := $(SOAK)/.ready
ROOMS := domain store desk projections audit exchange api sochung
SCANNED := .venv/.scanned
JOURNALS := .venv-journals
JOURNALS_READY := $(JOURNALS)/.ready

# Compiled modules are kept: a command that compiles itself at each start takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: all setup demo test test-server check scan bench soak journal-programs browser format lock openapi clean
all: check test

setup: $(READY)  ## .venv with everything in it

$(READY): pyproject.toml requirements/dev.txt requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sổ Chung needs Python 3.11 or newer (set PYTHON=...)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(READY)

# schemathesis brings a large tree of packages, which nothing else needs.
$(SOAK_READY): $(READY) requirements/soak.txt
	@test -x $(SOAK)/bin/python || $(PYTHON) -m venv $(SOAK)
	$(BIN)/uv pip install -q --python $(SOAK)/bin/python --require-hashes -r requirements/soak.txt
	$(BIN)/uv pip install -q --python $(SOAK)/bin/python --no-deps --no-build-isolation -e .
	@touch $(SOAK_READY)

# hledger and Beancount (GPL) read our journals in the tests; without them those tests are skipped.
journal-programs: $(JOURNALS_READY)  ## the programs of others that check our journals
	@command -v hledger >/dev/null || { test -x /usr/bin/apt-get && test "$$(id -u)" = 0 && apt-get install -y -q hledger >/dev/null; } || echo "hledger is missing: its tests are skipped (Debian: apt-get install hledger)"

$(JOURNALS_READY): $(READY) requirements/journals.txt
	@test -x $(JOURNALS)/bin/python || $(PYTHON) -m venv $(JOURNALS)
	$(BIN)/uv pip install -q --python $(JOURNALS)/bin/python --require-hashes -r requirements/journals.txt
	@touch $(JOURNALS_READY)

# Debian's Chromium drives the pages in the tests; without it those tests are skipped.
browser:  ## the browser that the tests of the pages drive
	@command -v chromium >/dev/null || { test -x /usr/bin/apt-get && test "$$(id -u)" = 0 && apt-get install -y -q --no-install-recommends chromium >/dev/null; } || echo "chromium is missing: the tests in a browser are skipped (Debian: apt-get install chromium)"

demo: $(READY)  ## a running service with the clubs of Lạng Sơn; prints the address
	$(BIN)/sochung demo

check: $(READY)  ## style, types, import directions, unsafe calls, secrets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) -s scan

# What changed since the last scan that was clean. SQL is composed of our own constants (ruff S608
# says so in pyproject.toml); assignments to names like `password` are ruff's S105 to find.
scan: $(READY)
	@find $(ROOMS) -name '*.py' $$(test -e $(SCANNED) && echo -newer $(SCANNED)) -print0 | xargs -0 -r $(BIN)/bandit -q -ll -s B608
	@find $(ROOMS) benchmarks -type f -not -path '*/swagger/*' -not -name '*.pyc' $$(test -e $(SCANNED) && echo -newer $(SCANNED)) -print0 | xargs -0 -r $(BIN)/detect-secrets-hook --no-verify --disable-plugin KeywordDetector
	@touch $(SCANNED)

test: $(READY) browser  ## the whole suite on the embedded server
	$(BIN)/pytest -n 4 --dist worksteal

test-server: $(READY)  ## the same suite on the server named by DATABASE_URL (an administrator's URL)
	@if [ -z "$$DATABASE_URL" ]; then echo "SKIPPED: test-server needs DATABASE_URL, an administrator's URL of a PostgreSQL 15 or newer"; \
	else SOCHUNG_TEST_SERVER="$$DATABASE_URL" $(BIN)/pytest -n 4 --dist worksteal; fi

bench: $(READY)  ## measured promises, each beside its floor
	$(BIN)/python -m benchmarks

soak: $(READY) $(SOAK_READY)  ## the longer campaigns, each with a control that must fail
	$(BIN)/python tests/soak/machine.py --runs 1000 --steps 50
	$(BIN)/python tests/soak/tail.py --seconds 60
	$(BIN)/python tests/soak/overdraft.py --rounds 200
	$(BIN)/python tests/soak/races.py --rounds 200
	$(BIN)/python tests/soak/crash.py --rounds 50
	$(BIN)/python tests/soak/lines.py --commands 200
	$(BIN)/python tests/soak/outage.py --seconds 20
	$(BIN)/python tests/soak/followers.py --rounds 50
	$(BIN)/python tests/soak/integrators.py --rounds 50
	$(BIN)/python tests/soak/readings.py --reads 500
	$(BIN)/python tests/soak/login_timing.py --pairs 300
	SOCHUNG_EXHAUSTIVE=1 $(BIN)/pytest -n 4 -q tests/api/test_hostile_commands.py tests/web/test_every_page.py
	$(SOAK)/bin/python tests/soak/schema.py --seconds 600

format: $(READY)
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format -q .

lock: $(READY)  ## pin again after pyproject.toml changed
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --extra oidc -o requirements/oidc.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group soak -o requirements/soak.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --group journals -o requirements/journals.txt

openapi: $(READY)  ## write the API's description again after a route changed
	$(BIN)/python tests/api/snapshot.py

clean:
	rm -rf .venv .venv-soak .venv-journals .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
