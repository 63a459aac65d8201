# Two commands for everybody:  make demo   make test
# The others are for work on pngroup itself.  Everything is installed into .venv, nothing outside this folder.
#
#   PYTHON=/path/to/python   the interpreter to build .venv with (3.11 or newer)
#   ARGS="..."               more arguments for the tool that a target runs, e.g. make test ARGS="-k dates"

.DEFAULT_GOAL := help
.NOTPARALLEL:
# A half-made file must not look finished to the next run.
.DELETE_ON_ERROR:
# Another copy of pngroup on PYTHONPATH would be tested instead of this one.
unexport PYTHONPATH PYTHONHOME

VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install

.PHONY: help
help:
	@echo "make demo    group a synthetic practice list of 10,000 people and look at the result"
	@echo "make test    run the tests"
	@echo "make lint    ruff: rules and layout"
	@echo "make types   mypy --strict on src"
	@echo "make docs    build the documentation, warnings are errors"
	@echo "make refresh write what the code blocks of the documentation print now into its pages"
	@echo "make catalogue measure the catalogue against the lists of others in ../shared"
	@echo "make bench   time pngroup beside others, on a million people; about a quarter of an hour"
	@echo "make dist    build wheel and source archive into dist/"
	@echo "make clean   remove all that the other targets made, .venv too"

# ensurepip is asked for because Debian and Ubuntu package it apart: without it venv makes no usable environment.
$(VENV)/.python:
	@found=""; \
	for candidate in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  [ -n "$$candidate" ] || continue; \
	  if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    found="$$candidate"; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11 or newer with the venv module found; install one (Debian, Ubuntu: python3 and" >&2; \
	  echo "python3-venv) or name it: make PYTHON=/path/to/python3.11 ..." >&2; \
	  exit 1; \
	fi; \
	echo "==> making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv "$(VENV)"
	@touch $@

# One stamp per set of extras: made again when pyproject.toml changes, and not otherwise.
$(VENV)/.demo: $(VENV)/.python pyproject.toml
	@echo "==> installing pngroup with the command line into $(VENV)"
	@$(PIP) --editable ".[cli]"
	@touch $@

$(VENV)/.test: $(VENV)/.python pyproject.toml
	@echo "==> installing pngroup with all that its tests need into $(VENV)"
	@$(PIP) --editable ".[test]"
	@touch $@

$(VENV)/.docs: $(VENV)/.test
	@echo "==> installing what the documentation needs into $(VENV)"
	@$(PIP) --editable ".[test,docs]"
	@touch $@

$(VENV)/.bench: $(VENV)/.test benchmarks/requirements.txt
	@echo "==> installing the libraries that pngroup is timed beside into $(VENV)"
	@$(PIP) --requirement benchmarks/requirements.txt
	@touch $@

.PHONY: demo
demo: $(VENV)/.demo
	@$(BIN)/pngroup demo $(ARGS)

.PHONY: test
test: $(VENV)/.test
	@echo "==> pytest, a file to a core"
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

.PHONY: lint
lint: $(VENV)/.test
	@echo "==> ruff check"
	@$(BIN)/python -m ruff check . $(ARGS)
	@echo "==> ruff format --check"
	@$(BIN)/python -m ruff format --check .

.PHONY: types
types: $(VENV)/.test
	@echo "==> mypy --strict src"
	@$(BIN)/python -m mypy --strict src $(ARGS)

.PHONY: docs
docs: $(VENV)/.docs
	@echo "==> sphinx-build, warnings are errors"
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html $(ARGS)
	@echo "docs/_build/html/index.html"

.PHONY: refresh
refresh: $(VENV)/.test
	@echo "==> running the code blocks of README and docs, and writing what they print now"
	@$(BIN)/python docs/refresh.py $(ARGS)

.PHONY: catalogue
catalogue: $(VENV)/.test
	@echo "==> measuring the catalogue against lists of others; writes docs/reference/catalogue*.md"
	@$(BIN)/python catalogue_checks $(ARGS)

.PHONY: bench
bench: $(VENV)/.bench
	@echo "==> timing; takes about a quarter of an hour"
	@$(BIN)/python benchmarks $(ARGS)

.PHONY: dist
dist: $(VENV)/.test
	@echo "==> building wheel and source archive"
	@$(BIN)/python -m build --no-isolation --outdir dist .

.PHONY: clean
clean:
	rm -rf $(VENV) build dist docs/_build pngroup-demo .benchmarks
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
