# Two commands are all a newcomer needs: `make demo` and `make test`. Each sets up what it needs, in either
# order, and is quick the second time: .venv/.ready stands until pyproject.toml or constraints.txt change.
# PYTHON may be given: make demo PYTHON=python3.12

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Trust what the machine trusts: many city networks put a certificate of their own in between.
export UV_SYSTEM_CERTS = 1
export UV_NATIVE_TLS = 1
# Ask no model hub at run time and report nothing to anyone.
export HF_HUB_OFFLINE = 1
export TOKENIZERS_PARALLELISM = false
export STREAMLIT_BROWSER_GATHER_USAGE_STATS = false

.PHONY: help setup demo app test test-all check system-packages samples clean

help:
	@echo "make demo      set up, run the main job on the sample city, print where the report is"
	@echo "make app       the same in the browser"
	@echo "make test      set up and run the tests (make test-all: the long ones too)"
	@echo "make check     formatting, types, and the one-way rule alone"
	@echo "make clean     remove the environment and the demo's output"

.venv/.ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Found no Python 3.11, 3.12 or 3.13 with the venv module. Rightcall needs one of them. Install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: make demo PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Setting up .venv (once, about a minute and 2.5 GB) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@# The CPU build of torch: unpinned, Linux would pull several GB of CUDA. First a local wheel, then the CPU index, then the default.
	@$(BIN)/python -c 'import torch' 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index $$(grep '^torch==' constraints.txt) 2>/dev/null \
		|| $(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend=cpu $$(grep '^torch==' constraints.txt) 2>/dev/null \
		|| $(BIN)/uv pip install --quiet --python $(BIN)/python $$(grep '^torch==' constraints.txt)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e . --group dev
	@touch $@

# The text model is fitted from classifier/training once and kept in the user's cache.
setup: .venv/.ready
	@$(BIN)/python -m classifier.model

demo: setup
	@$(BIN)/rightcall run data_samples/alder_falls_cad_2023-2024.csv.gz --out demo --force

app: setup
	@$(BIN)/rightcall app data_samples/alder_falls_cad_2023-2024.csv.gz

check: .venv/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

system-packages:
	@bash tests/system_packages.sh

test: setup check system-packages
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

# The long tests also run the measures inside Spark, where Java can be had.
.venv/.spark-ready: .venv/.ready
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[spark]' --group dev \
		|| echo "Could not install pyspark: the tests of the Spark engine will be skipped."
	@touch $@

test-all: setup check .venv/.spark-ready
	@bash tests/system_packages.sh all
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

samples: .venv/.ready
	@$(BIN)/python -m data_samples.make_samples

clean:
	@rm -rf .venv demo .pytest_cache .mypy_cache .ruff_cache
