# What a newcomer types. `make` alone prints this list.
#   PYTHON=/path/to/python3.12 make run     uses that Python

PYTHON ?=
VENV := PYTHON='$(PYTHON)' tools/venv.sh

.DEFAULT_GOAL := help
.PHONY: help run test bench format clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set everything up, start the demo and print where to click
	@$(VENV) run
	@exec .venv/bin/idp demo

test: ## Install what the tests need, then run linters, types and every test
	@$(VENV) test
	@.venv/bin/python -m tools.needs tests
	@exec .venv/bin/python -m tools.check

bench: ## Measure this provider beside a peer and a floor, and print the table
	@$(VENV) bench
	@.venv/bin/python -m tools.needs benchmarks
	@.venv/bin/python -m benchmarks factors
	@.venv/bin/python -m benchmarks trust
	@exec .venv/bin/python -m benchmarks

format: ## Rewrite the Python files the way `make test` wants them
	@$(VENV) test
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format .

clean: ## Remove everything that make and the demo made here
	@rm -rf .venv .cache var build dist *.egg-info .hypothesis .import_linter_cache
	@find . -name node_modules -prune -exec rm -rf {} +
	@find . -name __pycache__ -prune -exec rm -rf {} +
