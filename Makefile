# Every target sets up what it needs: `make install` runs first, and does nothing where nothing changed.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install lock check lint types contracts quick test demo bench check-recordings replay test-emulate test-images test-builds test-postgres test-browser docs man clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

install: $(STAMP) ## Set up .venv with everything, at the locked versions

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: $(STAMP) ## Refresh requirements.lock (names no index: hashes only)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header \
	  --no-emit-index-url --no-emit-find-links --no-annotate --all-extras --group dev pyproject.toml -o requirements.lock
	echo hatchling | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --no-annotate --all-extras -c requirements.lock pyproject.toml - \
	  -o deploy/requirements.lock

check: lint types contracts quick ## The one gate before a commit: format, lint, types, import contracts, all tests but the slow ones

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

quick: $(STAMP) ## The tests that take no seconds of real processes
	$(BIN)/pytest -m "not slow"

test: $(STAMP) ## All tests
	$(BIN)/pytest

demo: $(STAMP) ## The main job on recorded feeds, on loopback: ends with a pull request you can read
	$(BIN)/python -m tests.demo

bench: $(STAMP) ## The benchmarks: each figure beside its floor
	$(BIN)/python -m tests.bench

check-recordings: $(STAMP) ## Every parser over every real recording below RECORDINGS=DIR
	$(BIN)/python -m tests.recordings $(RECORDINGS)

replay: $(STAMP) ## The recorded history of every source, poll by poll, from RECORDINGS=DIR: proposed, missed, false, lag
	$(BIN)/python -m tests.replay $(RECORDINGS) $(SOURCES)

test-emulate: $(STAMP) ## The GitHub adapter, and the whole walk, on npm's emulate, a GitHub that is not ours (needs npm and its registry)
	$(BIN)/python -m tests.emulate

.PHONY: test-fuzz
test-fuzz: $(STAMP) ## Any text at every door, SECONDS=120 SEED=s: Dockerfiles, refs, paths, tags, HTML, and every feed's documents
	$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

.PHONY: test-resilience
test-resilience: $(STAMP) ## From feed to registry, killed at boundaries and at random instants, RUNS=200 SEED=s: nothing lost, nothing twice
	$(BIN)/python -m tests.resilience $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED))

test-postgres: $(STAMP) ## The memory in PostgreSQL: store, migrations, watchers at once (needs Debian's postgresql)
	$(BIN)/pytest -n0 -q tests/postgres

test-images: $(STAMP) ## Really build and run images: as root on Debian, which gets what it needs; asks the registries of packages
	$(BIN)/pytest -n0 -v tests/images

test-browser: $(STAMP) ## The pages in a real Chromium, with axe; leaves tests/screenshots (needs chromium and npm)
	$(BIN)/pytest -n0 -v tests/browser

docs: $(STAMP) ## The documentation, into .cache/site; a link that leads nowhere is an error
	PYTHONPATH=. $(BIN)/mkdocs build --quiet --strict -f deploy/mkdocs.yml

man: $(STAMP) ## The manual page, into .cache/watcher.1
	@mkdir -p .cache
	$(BIN)/python -m watcher.manual.man > .cache/watcher.1

test-builds: $(STAMP) ## A release walks from its feed to named images: as root on Debian, which gets what it needs; REGISTRY=URL ENGINE=buildx
	$(BIN)/python -m tests.builds $(if $(REGISTRY),--registry $(REGISTRY)) $(if $(ENGINE),--engine $(ENGINE)) $(if $(MACHINES),--machines $(MACHINES)) $(if $(FARM_ONLY),--farm-only) $(if $(SHORT),--short) $(if $(OVERHEAD),--overhead)

.PHONY: test-deploy
test-deploy: $(STAMP) ## The container image and the compose file, built and run: as root on Debian, which gets what it needs
	$(BIN)/python -m tests.deployed

.PHONY: test-rootfs
test-rootfs: $(STAMP) ## A root file system made of packages where upstream has none, and an image on it: as root on Debian
	$(BIN)/python -m tests.builds.rootfs

clean: ## Remove what the other targets made
	rm -rf .venv demo .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
