# Two commands for a fresh machine: make demo, make test.  Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHARED ?= ../shared/data

.PHONY: demo test lint model clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(BIN)/python setup.cfg pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: $(BIN)/python setup.cfg pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@ $(VENV)/.core

demo: $(VENV)/.core
	@PATH="$(BIN):$$PATH" sh docs/demo.sh

test: $(VENV)/.test lint
	$(BIN)/python -m pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/linked.py build/tree
	MYPYPATH=build/tree $(BIN)/mypy -p techtags

# Retrain the shipped model from the annotated rows.
model: $(VENV)/.test
	$(BIN)/techtags train --data $(SHARED)/annotated/train.jsonl -o classifier/data/model

clean:
	rm -rf $(VENV) build *.egg-info
