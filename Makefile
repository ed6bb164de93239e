# What one does with this repository. Every target works on a clean clone.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

SWIFT ?= swift
RETORT := .build/release/retort
# Debug information, which nobody asks for in a release build, takes time to make.
BUILD := $(SWIFT) build -c release -debug-info-format none

# Tests look into the modules, which takes code that the program alone leaves out: their build is another one, in a
# folder of its own. In the same folder the two would take turns recompiling everything.
export RETORT_TESTS :=
TESTS := .build-tests
tests test parity ladder: export RETORT_TESTS := 1
RUN_TESTS := $(SWIFT) test -c release --scratch-path $(TESTS) --skip-build --disable-xctest

.PHONY: quickstart build tests packages test parity ladder library lint bench

# A whole distillation on data made here: teacher, student, fine-tuning, table.
quickstart: build
	$(RETORT) run Experiments/quickstart.yaml

# The program.
build: packages
	$(BUILD) --product retort

# The program and its tests, in a folder of their own.
tests: packages
	$(BUILD) --scratch-path $(TESTS) --build-tests

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
test: tests
	@status=0; \
	$(RUN_TESTS) 2>&1 \
	  | tee $(TESTS)/test.log | grep --line-buffered -vE '^(◇|↳|➜ Suite)' || status=$$?; \
	echo; echo "$$(grep -c '^➜ Test .*skipped' $(TESTS)/test.log || true) skipped;" \
	  "$$(grep -o 'Test run with .*' $(TESTS)/test.log || echo 'the tests did not end')"; \
	exit $$status

# The comparisons with PyTorch by themselves, and how far apart they found the two: Results/parity.md.
parity: tests
	RETORT_PARITY_RECORD=$(CURDIR)/$(TESTS)/ladder.json $(RUN_TESTS) --filter '^ParityTests\.'
	mkdir -p Results/records/parity
	mv $(TESTS)/ladder.json Results/records/parity/ladder.json
	$(TESTS)/release/retort report

# The comparison with PyTorch under every OpenBLAS kernel that this processor can run.
ladder: tests
	Tests/ladder

# The library as another package uses it: a classifier fine-tuned and a student distilled.
# It depends on a release, which is made here of the last commit. Each has a number of its own: a released version never
# changes.
RELEASES := $(CURDIR)/.build-library/releases
library: export RETORT_REPOSITORY := file://$(RELEASES)/retort.git
library: packages
	rm -rf $(RELEASES) Tests/LibraryUse/Package.resolved
	git clone --quiet --bare . $(RELEASES)/retort.git
	git -C $(RELEASES)/retort.git tag 1.0.$$(git log -1 --format=%ct)
	$(SWIFT) package --package-path Tests/LibraryUse --scratch-path .build-library update
	for example in fine-tune distil; do \
	  $(SWIFT) run --package-path Tests/LibraryUse --scratch-path .build-library $$example; \
	done

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
