# Every target is a script in tools/; `make help` lists them.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
export COLD
export ICPD_MAKE_TARGET = $@

.PHONY: help run build test install dist bench fuzz fuzz-wasm soak mutants lint fmt check-fresh check-run check-spec-map

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: ## a local network of four nodes with a canister, until Ctrl-C
	@tools/setup build
	@tools/run

build: ## the program: build/icpd
	@tools/setup build
	@tools/build release icpd

test: ## every test (COLD=1: without any cache; STAGES="layers style": only these)
	@tools/setup test
	@tools/test $(STAGES)

install: build ## the program into PREFIX/bin (PREFIX=/usr/local)
	@tools/install "$(DESTDIR)$(PREFIX)"

dist: build ## an archive with the program and its documents, in build/dist
	@tools/dist

bench: ## every benchmark (ROWS="crypto state": only these), into build/bench/report.json
	@tools/setup bench
	@tools/bench $(ROWS)

fuzz: ## each fuzz target for SECONDS (default 60)
	@tools/setup test
	@tools/fuzz "$(or $(SECONDS),60)"

fuzz-wasm: ## RUNS (default 100000) random canisters, run in all the ways that must agree (FIRST=seed)
	@tools/setup build
	@tools/build release fuzz_canisters
	@tools/fuzz_wasm "$(or $(RUNS),100000)" "$(or $(FIRST),1)"

mutants: ## code broken on purpose: simulator and tests have to catch each (ONLY="rules a": only these)
	@tools/setup test
	@tools/mutants $(or $(ONLY),all)

soak: build ## 1,000 simulated seeds for each of 4, 7 and 13 nodes (hours)
	@tools/simulate soak

lint: ## clang-tidy, layers and style over the whole tree
	@tools/setup build lint
	@tools/lint

fmt: ## formats the sources
	@tools/setup lint
	@tools/format --fix

check-fresh: ## make test in an empty Debian 12 root (needs root, and an hour)
	@tools/setup fresh
	@tools/check_fresh

check-spec-map: ## each section of the interfaces, error code and limit has code and a test
	@tools/check_spec_map

check-run: ## make run as a newcomer meets it, without a terminal
	@tools/setup build
	@tools/check_run
