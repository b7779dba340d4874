# kubectl-mc: `make demo` shows it at work, `make test` tests it; both need only Rust.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= record table selector jsonpath sort template kubeconfig mapping providers credential
# What of the benchmark is run: what has this in its heading
BENCH ?=
# A commit whose binaries are measured beside today's
BEFORE ?=
# short or full
SOAK ?= full
# More tests at once than processors: many of them wait for a deadline or for a process.
TEST_THREADS ?= $(shell expr 4 '*' $$(getconf _NPROCESSORS_ONLN))

RELEASE := target/release
# Quoted wherever it is used: a folder may have a blank in its name.
TO := $(DESTDIR)$(PREFIX)
# remove FOLDER,FILES: the files of a folder below that, if it is there
remove = for file in $(2); do rm -f "$(TO)/$(1)/$$file"; done

# mc-enrich is for hubs, which run it from an image (deploy/enrich): it is built and installed with ENRICH=1 alone.
ENRICH ?=
ADDON := mc-enrich
BINS := $(filter-out $(ADDON),$(basename $(notdir $(wildcard bins/*.rs))))
FILES := $(wildcard man/*.? completions/*/*)
ADDON_FILES := $(foreach file,$(FILES),$(if $(findstring $(ADDON),$(file)),$(file)))
INSTALLED := $(if $(ENRICH),$(FILES),$(filter-out $(ADDON_FILES),$(FILES)))

.PHONY: all build demo test soak fuzz fuzz-keep e2e record lint bench docs snapshots install uninstall package test-packages clean help

all: build

help: ## What there is to make
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## Release binaries, in target/release
	$(CARGO) build --release --bins $(if $(ENRICH),--features enrich)

demo: ## The main job, on an embedded fleet of a hub and 12 members
	$(CARGO) build --release --bins --example fleet
	@tests/fleet/demo $(RELEASE)

# The addon is tested with everything else; a build without it is what users get, and is linted.
test: ## Unit and integration tests, on the simulated fleet
	RUST_TEST_THREADS=$(TEST_THREADS) $(CARGO) test --features enrich

soak: ## Tests that take minutes: slow faults in every format, random kills (SOAK=short for some of them)
	SOAK=$(SOAK) $(CARGO) test --features enrich --test integration -- --include-ignored soak random_kills

fuzz: ## Fuzz what reads other people's text, FUZZ_SECONDS a target (needs a nightly toolchain and cargo-fuzz)
	@set -e; for target in $(FUZZ_TARGETS); do \
	  dictionary=; [ ! -f tests/fuzz/$$target.dict ] || dictionary=-dict=tests/fuzz/$$target.dict; \
	  mkdir -p tests/fuzz/found/$$target; \
	  $(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz $$target tests/fuzz/found/$$target tests/fuzz/corpus/$$target -- \
	    $$dictionary -max_len=4096 -timeout=20 -max_total_time=$(FUZZ_SECONDS); \
	done

fuzz-keep: ## Of what fuzzing has found, keep in the repository the 40 inputs a target that reach most
	@set -e; for target in $(FUZZ_TARGETS); do \
	  kept=tests/fuzz/found/kept/$$target; rm -rf $$kept; mkdir -p $$kept tests/fuzz/found/$$target; \
	  $(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz $$target $$kept tests/fuzz/corpus/$$target \
	    tests/fuzz/found/$$target -- -set_cover_merge=1 -use_counters=0 -max_len=600; \
	  rm -f tests/fuzz/corpus/$$target/found-*; \
	  : "The one that reaches most is written first."; \
	  for file in $$(ls -tr $$kept | head -40); do \
	    cp $$kept/$$file tests/fuzz/corpus/$$target/found-$$(echo $$file | cut -c1-8); \
	  done; \
	done

e2e: ## End-to-end tests on real API servers (needs Go; the first build takes minutes)
	@assets=$$(tests/e2e/servers/build) && KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --features enrich --test e2e

record: ## Record the simulated fleet's answers anew, from a real API server
	@assets=$$(tests/e2e/servers/build) && KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --features enrich --test e2e -- --ignored record

lint: ## Formatting, lints, man pages (with mandoc and groff), and that the text tools build without the network's code
	$(CARGO) fmt --check
	tests/lint
	tests/lint-man
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) clippy --features enrich --all-targets -- -D warnings
	$(CARGO) clippy --features enrich --test e2e -- -D warnings
	$(CARGO) clippy --no-default-features --lib --bins -- -D warnings
	$(CARGO) clippy --no-default-features --lib --bins --profile test -- -D warnings
	@: "The fuzz targets compile. Nothing is linked, so that libFuzzer itself need not be built."
	CUSTOM_LIBFUZZER_PATH=/dev/null $(CARGO) check --locked --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz

bench: ## Benchmarks beside a loop of kubectl; results are kept in benches/results (BENCH='100 members' for some, BEFORE=COMMIT beside that commit's)
	$(CARGO) build --release --bins --example fleet
	@$(if $(BEFORE),set -e; tree=target/before/$(BEFORE); mkdir -p target/before; \
	  [ -d "$$tree" ] || git worktree add --detach "$$tree" $(BEFORE); \
	  $(CARGO) build --release --bins --manifest-path "$$tree/Cargo.toml" --target-dir target/before/build; \
	  git worktree remove --force "$$tree")
	$(if $(BEFORE),BEFORE=$(BEFORE) BEFORE_BINS=$(CURDIR)/target/before/build/release )$(CARGO) bench --bench pipeline -- $(if $(BENCH),'$(BENCH)')

docs: ## Man pages, completions and the README's sessions, from the code
	UPDATE=1 $(CARGO) test --features enrich --test integration -- docs:: readme::

snapshots: ## What the tests compare whole outputs with (tests/data/snapshots), anew: look at the difference
	UPDATE=1 $(CARGO) test --features enrich --test integration

# A ~ that a shell has not expanded would become a folder of that name.
ifneq ($(filter ~%,$(PREFIX) $(DESTDIR)),)
$(error PREFIX=$(PREFIX) begins with a ~ that the shell did not expand: write PREFIX="$$HOME/.local")
endif

install: build ## Into $(DESTDIR)$(PREFIX): binaries, man pages, completions (ENRICH=1: the hub's addon, too)
	install -d "$(TO)/bin" "$(TO)/share/man/man1" "$(TO)/share/man/man5" "$(TO)/share/man/man7" \
	  "$(TO)/share/bash-completion/completions" "$(TO)/share/zsh/site-functions" \
	  "$(TO)/share/fish/vendor_completions.d"
	install -m 755 $(addprefix $(RELEASE)/,$(BINS) $(if $(ENRICH),$(ADDON))) "$(TO)/bin"
	install -m 644 $(filter man/%.1,$(INSTALLED)) "$(TO)/share/man/man1"
	install -m 644 $(filter man/%.5,$(INSTALLED)) "$(TO)/share/man/man5"
	install -m 644 $(filter man/%.7,$(INSTALLED)) "$(TO)/share/man/man7"
	install -m 644 $(filter completions/bash/%,$(INSTALLED)) "$(TO)/share/bash-completion/completions"
	install -m 644 $(filter completions/zsh/%,$(INSTALLED)) "$(TO)/share/zsh/site-functions"
	install -m 644 $(filter completions/fish/%,$(INSTALLED)) "$(TO)/share/fish/vendor_completions.d"

uninstall: ## What install put there
	$(call remove,bin,$(BINS) $(ADDON))
	$(call remove,share/man/man1,$(notdir $(wildcard man/*.1)))
	$(call remove,share/man/man5,$(notdir $(wildcard man/*.5)))
	$(call remove,share/man/man7,$(notdir $(wildcard man/*.7)))
	$(call remove,share/bash-completion/completions,$(notdir $(wildcard completions/bash/*)))
	$(call remove,share/zsh/site-functions,$(notdir $(wildcard completions/zsh/*)))
	$(call remove,share/fish/vendor_completions.d,$(notdir $(wildcard completions/fish/*)))

package: ## Release archive and packages, in target/package (needs Go; TARGET=x86_64-unknown-linux-musl for another target)
	packaging/build $(TARGET)
	packaging/manifests

test-packages: ## Packages built, installed, tried and removed again (needs Go, rpm, and for the .deb mmdebstrap, as root)
	packaging/test

clean: ## target/
	$(CARGO) clean
