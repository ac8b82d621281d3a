# `make run` and `make test` do all set-up themselves, from Python 3.11 and pip.
.PHONY: run test lint bench bench-verifiers setup
BIN := .venv/bin

setup:
	@bash infra/scripts/setup.sh

run: setup
	$(BIN)/factory run demo

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check schemas factory pipelines verifiers
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m infra.bench

bench-verifiers: setup
	$(BIN)/python -m infra.bench_verifiers
