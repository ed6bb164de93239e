# What one does with this repository. Every target works on a clean clone.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

SWIFT ?= swift
RETORT := .build/release/retort

.PHONY: quickstart build packages test parity ladder lint bench

# A whole distillation on data made here: teacher, student, fine-tuning, table.
quickstart: build
	$(RETORT) run Experiments/quickstart.yaml

# One build serves the program and its tests; without --build-tests the two would take turns
# recompiling everything.
build: packages
	$(SWIFT) build -c release --build-tests

# The two libraries, where they are missing and apt-get can bring them.
packages:
	@if ! pkg-config --exists openblas hdf5 2>/dev/null; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo "install OpenBLAS, HDF5 (with headers) and pkg-config first" >&2; exit 1; \
	  fi; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update; \
	  $$as_root apt-get install --yes --no-install-recommends \
	    libopenblas-dev libhdf5-dev pkg-config; \
	fi

# Tests that need RETORT_MIRROR are skipped by name without it.
test: build
	@status=0; \
	$(SWIFT) test -c release --skip-build --disable-xctest 2>&1 \
	  | tee .build/test.log | grep --line-buffered -vE '^(◇|↳|➜ Suite)' || status=$$?; \
	echo; echo "$$(grep -c '^➜ Test .*skipped' .build/test.log || true) skipped;" \
	  "$$(grep -o 'Test run with .*' .build/test.log || echo 'the tests did not end')"; \
	exit $$status

# The comparisons with PyTorch by themselves, and how far apart they found the two: Results/parity.md.
parity: build
	RETORT_PARITY_RECORD=$(CURDIR)/.build/ladder.json \
	  $(SWIFT) test -c release --skip-build --disable-xctest --filter '^ParityTests\.'
	mkdir -p Results/records/parity
	mv .build/ladder.json Results/records/parity/ladder.json
	$(RETORT) report

# The comparison with PyTorch under every OpenBLAS kernel that this processor can run.
ladder: build
	Tests/ladder

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

# Retort and its peers in turns on this machine, some 45 minutes on idle cores: Results/performance.md.
# Needs RETORT_MIRROR, and makes the peers' environments in RETORT_CACHE.
bench: build
	@status=0; \
	Tests/Peers/bench --retort $(RETORT) \
	  --record Results/records/performance/comparison.json || status=$$?; \
	$(RETORT) report; \
	exit $$status
