# What a newcomer types. Each target installs what it needs first (scripts/bootstrap), so a clean clone works.
.DEFAULT_GOAL := help
.PHONY: help run build test demo demo-digest demo-dictionaries scenarios bench bench-micro bench-reload soak hostile lint format examples release clean

SWIFT ?= swift
# One configuration for everything: what is tested, measured and served is the same code, compiled once.
BUILD := $(SWIFT) build -c release
TANDEM := .build/release/tandem
SHELL_SCRIPTS := scripts/bootstrap scripts/run scripts/test scripts/release .ci/run
PYTHON_SCRIPTS := scripts/check-layers scripts/check-scripts Examples/build Benchmarks/run Benchmarks/soak Benchmarks/hostile Benchmarks/reload Scenarios/run demo/run \
	demo/digest demo/dictionaries

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, publish the example site, serve it on port 8080
	@scripts/run $(TANDEM)

build: ## build .build/release/tandem
	@scripts/bootstrap build
	@$(BUILD) --product tandem

test: ## run every test
	@scripts/bootstrap build test
	@scripts/check-layers --self-test
	@Examples/build --check
	@python3 -m unittest discover --quiet --start-directory demo --pattern '*_test.py'
	@python3 -m unittest discover --quiet --start-directory Benchmarks --pattern '*_test.py'
	@$(BUILD) --build-tests
	@python3 -m unittest discover --quiet --start-directory Scenarios --pattern '*_test.py'
	@SWIFT="$(SWIFT)" scripts/test

demo: build ## two successive real builds, visitors, a canary: no request notices
	@scripts/bootstrap demo
	@demo/run --tandem $(TANDEM)

demo-digest: build ## real trees digested, every link followed, pages loaded in Chromium
	@scripts/bootstrap demo
	@demo/digest --tandem $(TANDEM)

demo-dictionaries: build ## a returning visitor in Chromium over TLS: bytes with dictionaries and without
	@scripts/bootstrap demo
	@demo/dictionaries --tandem $(TANDEM)

scenarios: build ## deploys in the wrong order with real nginx and Varnish, alone and with Tandem: docs/compare/poisoning.md
	@scripts/bootstrap test
	@Scenarios/run --tandem $(TANDEM) --write docs/compare/poisoning.md $(ARGS)

bench: build bench-micro ## compare with nginx, h2o and Caddy (ARGS="--quick")
	@scripts/bootstrap bench
	@Benchmarks/run --server-bin $(TANDEM) $(ARGS)

bench-micro: ## nanoseconds and allocations of parser, lookups and a hot answer; fails when a hot answer allocates
	@scripts/bootstrap build
	@$(BUILD) --product tandem-micro
	@.build/release/tandem-micro Benchmarks/results/micro.json

bench-reload: build ## reloads, upgrades and kill -9 under clients that never retry, nginx beside it (ARGS="--reloads 1000 --upgrades 100")
	@scripts/bootstrap bench
	@Benchmarks/reload --server-bin $(TANDEM) $(ARGS)

soak: build ## HTTP/1.1, HTTP/2 and TLS for ten minutes with activations: no error, flat memory (ARGS="--minutes 1")
	@scripts/bootstrap bench
	@Benchmarks/soak --server-bin $(TANDEM) $(ARGS)

hostile: build ## slow clients, floods, 10,000 idle connections: what they cost, and whether others are served on
	@Benchmarks/hostile --server-bin $(TANDEM) $(ARGS)

lint: ## format, layers, syntax of scripts
	@scripts/bootstrap test
	@$(SWIFT) format lint --strict --parallel --recursive Sources Tests Benchmarks/micro Package.swift
	@scripts/check-layers
	@scripts/check-scripts $(SHELL_SCRIPTS) $(PYTHON_SCRIPTS)

format: ## write the sources the way lint wants them
	@$(SWIFT) format --in-place --parallel --recursive Sources Tests Benchmarks/micro Package.swift

examples: ## make Examples/site-v1 and site-v2 from their sources again
	@Examples/build

release: ## one stripped binary in dist/
	@scripts/bootstrap build
	@scripts/release

clean: ## remove what was built and measured here
	rm -rf .build .build-static dist
