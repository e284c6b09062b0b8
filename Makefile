# Two commands for a fresh machine: make demo, make test.  Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHARED ?= ../shared/data

.PHONY: demo test lint model docs names card clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(BIN)/python setup.cfg pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: $(BIN)/python setup.cfg pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@ $(VENV)/.core

$(VENV)/.demo: $(BIN)/python setup.cfg pyproject.toml
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[linkage]"
	@touch $@ $(VENV)/.core

demo: $(VENV)/.demo
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

# Write the pages that are made from the data.
docs: $(VENV)/.core
	$(BIN)/python docs/build_crosswalks.py

# Learn the names of the taxonomy and the crosswalks again, after either has changed or the model has.
names: $(VENV)/.test
	$(BIN)/python -m techtags.training.names classifier/data/names.npz

# Measure the shipped models and write their card.
card: $(VENV)/.test
	$(BIN)/techtags card --data $(SHARED)/annotated/dev.jsonl --train $(SHARED)/annotated/train.jsonl \
		--model fast --model accurate --contrast tests/contrast/cases.jsonl --about docs/model-card.yaml -o docs/model-card.md

clean:
	rm -rf $(VENV) build *.egg-info
