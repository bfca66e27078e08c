# make setup | run | test | lint | docs | bench | campaign
# One virtual environment in .venv, made from PyPI; nothing else is needed for `make run` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# One more than there are cores: tests wait for servers, countdowns and browsers.
WORKERS ?= $(shell expr $$(nproc) + 1)

# Tests of whole nodes that do not open the database's file themselves: with their databases in a server they say the same.
ON_POSTGRESQL := $(addprefix tests/e2e/test_,$(addsuffix .py,recall grants expiry conclusions redacted tear_line withheld \
	handing_in ask break_glass agreement_life client rotation people))

.PHONY: setup run test lint docs bench campaign clean

setup: .venv/.done

.venv/.done: pyproject.toml
	$(PYTHON) -m venv .venv || (echo "Debian needs: apt-get install python3-venv" >&2; exit 1)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

run: setup
	$(BIN)/foedus demo $(ARGS)

test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python docs/make_reference.py
	$(BIN)/sphinx-build -q -W -b html docs docs/_build/html

bench: setup
	$(BIN)/python -m tests.bench $(ARGS)

campaign: setup
	FOEDUS_HYPOTHESIS=campaign $(BIN)/python -m pytest tests/property tests/faults tests/e2e/test_web_browser.py $(ARGS)
	FOEDUS_TEST_DATABASE=postgresql $(BIN)/python -m pytest $(ON_POSTGRESQL) $(ARGS)
	FOEDUS_HYPOTHESIS=campaign $(BIN)/python -m tests.bench --all

clean:
	rm -rf .venv docs/_build
