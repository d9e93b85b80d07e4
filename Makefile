# Everything runs in .venv, which scripts/environment.sh makes and keeps up to date.
# Written for GNU make 3.81, the one that macOS has.
#
#   PYTHON=python3.12   the Python that .venv is made from (3.11 or newer)
#   ARGS="..."          handed on to app.py, pytest or the benchmarks

PYTHON =
ARGS =
PY = .venv/bin/python
# Whole files go to one process each, since their tests share what was trained once; the longest first, as
# tests/conftest.py orders them. One thread each: two that share the cores would wait for one another.
TESTS = OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
ENVIRONMENT = @PYTHON="$(PYTHON)" sh scripts/environment.sh
# The script says on stdout which browser the tests are to drive.
WITH_BROWSER = @browser=$$(bash scripts/install_browser.sh) && CHROMIUM="$$browser"

.PHONY: help run multilingual setup check fix test test-fast bench screenshots docs clean environment environment-dev

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: environment ## start the page (the first time: install what it needs)
	@$(PY) app.py $(ARGS)

multilingual: ## install a model for a hundred languages that needs no network (91 MB)
	$(ENVIRONMENT) multilingual

setup: environment-dev ## install what the tests need, with a browser, and start nothing
	@bash scripts/install_browser.sh >/dev/null

check: environment-dev ## lint, format and types, as the tests' machine reads them
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy

fix: environment-dev ## mend what ruff can mend, and format
	@$(PY) -m ruff check --fix
	@$(PY) -m ruff format

test: setup ## every test: trains real models and drives a browser
	$(WITH_BROWSER) $(TESTS) $(ARGS)

test-fast: environment-dev ## the tests that need neither a browser nor more than a few seconds
	@$(TESTS) -m "not slow and not browser" $(ARGS)

bench: environment-dev ## measure what the README claims
	@$(PY) -m benchmarks $(ARGS)

screenshots: setup ## take the README's screenshots anew
	$(WITH_BROWSER) $(PY) scripts/screenshots.py $(ARGS)

docs: environment-dev ## write docs/command-line.md anew from the commands
	@$(PY) scripts/command_line.py

clean: ## remove .venv and every cache (never your runs)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .gradio test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	$(ENVIRONMENT) run

environment-dev:
	$(ENVIRONMENT) dev
