# make run    set everything up and open the app         make run PORT=8600 to choose the port
#             make run CLASS=1: for a class in one network, with a code
# make test   set everything up, lint, and run all tests  make test TESTS=tests/core/evaluation for some
# make setup  make lint  make bench                       the parts on their own
# make faults                                             kills jobs and servers at random for half an hour; nothing may be lost
# make proofs                                             what `make test` proves for small backbones, for the large ones

PORT ?= 8501
TESTS ?= tests
FAULTS ?= tests/faults
.PHONY: run test setup setup-dev lint bench proofs faults

run: setup
	@PORT=$(PORT) CLASS=$(CLASS) scripts/run

setup:
	@scripts/setup

setup-dev:
	@scripts/setup dev

lint: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

test: lint
	@scripts/test $(TESTS)

bench: setup-dev
	@scripts/bench

faults: setup-dev
	@scripts/faults $(FAULTS)

proofs: setup-dev
	.venv/bin/python -m pytest -q -m proof tests/core/models
