# Every target sets up what it needs; only Python 3.11+ and make have to be there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SCENARIO ?= rate-limit

.DEFAULT_GOAL := help
.PHONY: help start stop test check format bench soak docs lock pictures wheel clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

start: $(BIN)/.installed ## set up, then start SCENARIO (default: rate-limit)
	@$(BIN)/lab start $(SCENARIO)

stop: $(BIN)/.installed ## end the lab
	@$(BIN)/lab stop

test: $(BIN)/.dev ## set up, then run the tests that need nothing but this machine (or ARGS="a/path -k some")
ifdef ARGS
	$(BIN)/pytest $(ARGS)
else
	$(BIN)/pytest -q -n auto --dist loadfile -m "not e2e and not docker and not browser"
	$(BIN)/pytest -q -n 2 --dist loadfile -m "e2e and not crash and not docs and not long and not docker and not browser"  # few labs at once: they measure time
endif

check: $(BIN)/.dev ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(BIN)/.dev ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BIN)/.dev ## measure every budget beside other programs, an hour (or ARGS="edge_proxy --quick")
ifdef ARGS
	$(BIN)/python -m benchmarks $(ARGS)
else
	$(BIN)/python -m benchmarks --json benchmarks/results.json --page docs/explanation/benchmarks.md
endif

soak: $(BIN)/.dev ## break a lab at random for SECONDS (default: 600), and check that nothing is lost
	PYTHONPATH=tests $(BIN)/python -m soak --seconds $(or $(SECONDS),600) $(if $(PAGE),--page $(PAGE))

docs: $(BIN)/.dev ## write the generated reference pages anew, and make a site of all pages, in site/
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/build_site.py

lock: $(BIN)/.dev ## resolve the dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
	  pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
	  pyproject.toml --group dev -o requirements-dev.lock

pictures: $(BIN)/.dev ## take the documentation's pictures of the console anew (needs chromium)
	$(BIN)/python docs/pictures.py --for-docs

wheel: $(BIN)/.dev ## build the wheel, scenarios included
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) dist build site .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Error: $(PYTHON) is older than Python 3.11."; echo "Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 4; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Error: Python's venv module does not work here."; \
	  echo "Try: install it (Debian, Ubuntu: sudo apt install python3-venv) and run make again."; exit 4; }

$(BIN)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up (once, about a minute) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Setting up for development (once, about a minute) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(BIN)/.installed
