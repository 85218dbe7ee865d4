# Every target sets up what it needs; `make` alone lists them. Only packages come from the network; as root a lacking Python too (apt-get).
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install demo test lint format fuzz fuzz-api kill-test schedule-test cluster-test campaign-test bench bench-scale bench-nation simulate lock clean
RUN := .venv/bin/python -m
WORKERS := $(shell expr $$(nproc) + 1)# tests wait a third of their time for programs they started

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: ## make .venv with the locked packages and .venv/bin/xxgk (again: nothing to do)
	@PYTHON="$(PYTHON)" .ci/venv

demo: install ## crawl a replayed portal into a fresh archive and show what xxgk finds in it
	@$(RUN) tests.replay.demo

test: install ## run the tests (ARGS='-k deadlines' for some of them)
	@.ci/replay-venv
	@$(RUN) compileall -q parser archive spiders crawler tests
	@$(RUN) pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: install ## ruff, mypy --strict, the import rules, and that no file names a package index
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@.venv/bin/lint-imports
	@$(RUN) pytest -q -p no:cacheprovider tests/test_house.py -k "index or locks"

format: install ## let ruff lay out the code and mend what it can
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

fuzz: install ## damage tables, documents and WARC files in thousands of ways and look for a wrong figure
	@XXGK_FUZZ_ROUNDS=1000 $(RUN) pytest -q tests/parser/test_mutations.py tests/parser/test_damage.py tests/archive/test_verify.py

fuzz-api: install ## ask every page and operation of the dashboard in hundreds of ways
	@XXGK_FUZZ_ROUNDS=200 $(RUN) pytest -q tests/archive/web/test_api.py

kill-test: install ## kill crawls and writers at 50 points, within writes and commits too: every report once, nothing loose
	@XXGK_KILLS=50 $(RUN) pytest -q -n auto tests/crawler/test_kills.py tests/archive/test_crash_safety.py

schedule-test: install ## kill schedules at many moments, and let two share the work: every due crawl once
	@XXGK_SCHEDULE_ROUNDS=10 XXGK_SCHEDULE_KILLS=6 $(RUN) pytest -q tests/crawler/test_schedule.py -k killed

cluster-test: install ## three machines over 24 portals, one killed every 20 s: ten minutes
	@XXGK_CLUSTER=1 $(RUN) pytest -q tests/crawler/test_workers.py

campaign-test: install ## two years of the campaign over replay portals: a quarter of an hour
	@XXGK_TWO_YEARS=1 $(RUN) pytest -q tests/crawler/test_two_years.py

bench: install ## measure the parser and the archive (ARGS='crawling' for one of them)
	@$(RUN) benchmarks $(ARGS)

bench-scale: install ## measure a million reports and a long crawl: half an hour, 6 GB in the temporary folder
	@$(RUN) benchmarks scale memory

bench-nation: install ## ask how a nation of publishers stands: a quarter of an hour, 8 GB in the temporary folder
	@$(RUN) benchmarks nation

simulate: install ## a nation against 1 to 16 workers, on paper: two minutes (ARGS='--workers 4 --json')
	@$(RUN) benchmarks simulate $(ARGS)

lock: install ## write the locks again from pyproject.toml (UPGRADE=1 moves the pins)
	@UPGRADE="$(UPGRADE)" .ci/lock

clean: ## remove what tools left behind; the environments and archives stay
	@rm -rf build dist ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -path './.venv*' -prune -o -name __pycache__ -type d -exec rm -rf {} +
