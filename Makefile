# Everything starts here: `make serve` and `make test` need nothing but Python ≥ 3.11, make and PyPI.
PYTHON ?= python3
BIN := .venv/bin
INDEX ?= data/index
HOST ?= 127.0.0.1
PORT ?= 8000
COLLECTIONS ?= ../shared/data/collections
CORPUS ?= ../shared/data/papers-100k.jsonl.gz
SKIP ?= sample precision
RESULTS ?= benchmarks/results/bench.json

.PHONY: help install index serve test check bench quality ingredients screenshot clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

install: .venv/installed ## make .venv with everything: serving, indexing, tests

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[index,evaluate,dev]'
	@touch $@

index: $(INDEX)/manifest.json ## index the papers that ship with the project, where there is no index yet

# Only where there is no index yet: one that you made of your own papers stays.
$(INDEX)/manifest.json: | .venv/installed
	$(BIN)/papersearch index data/sample/papers.jsonl --index $(INDEX) --update

serve: index ## install, index the sample, serve it on http://127.0.0.1:8000
	$(BIN)/papersearch serve --index $(INDEX) --host $(HOST) --port $(PORT)

test: install ## the whole test suite
	$(BIN)/pytest

check: install ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install ## quality, size, speed and memory beside the tutorial's program (twenty minutes)
	$(BIN)/python -m benchmarks --collections $(COLLECTIONS) --corpus $(CORPUS) --json $(RESULTS) --skip $(SKIP)

quality: install ## quality alone, on judged collections
	$(BIN)/python -m benchmarks.quality $(COLLECTIONS)

ingredients: install ## what each part of the ranking gives on each collection (half an hour)
	$(BIN)/python -m benchmarks.ingredients $(COLLECTIONS)

screenshot: index ## take the README's picture from the running service (needs Chromium)
	$(BIN)/python -m benchmarks.screenshot docs/search.png

clean: ## remove the virtual environment; your index stays
	rm -rf .venv
