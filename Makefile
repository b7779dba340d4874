# kubectl-mc: `make demo` shows it at work, `make test` tests it; both need only Rust.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= record table selector jsonpath kubeconfig mapping credential
# What of the benchmark is run: what has this in its heading
BENCH ?=
# short or full
SOAK ?= full

BINS := kubectl-mc kubectl_complete-mc mc-discover mc-resolve mc-exec mc-merge mc-format mc-setup mc-doctor
RELEASE := target/release

.PHONY: all build demo test soak fuzz e2e record lint bench docs readme install uninstall clean help

all: build

help: ## What there is to make
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## Release binaries, in target/release
	$(CARGO) build --release --bins

demo: ## The main job, on an embedded fleet of a hub and 12 members
	$(CARGO) build --release --bins --example fleet
	@tests/fleet/demo $(RELEASE)

test: ## Unit and integration tests, on the simulated fleet
	$(CARGO) test

soak: ## Tests that take minutes: slow faults in every format, random kills (SOAK=short for some of them)
	SOAK=$(SOAK) $(CARGO) test --test integration -- --include-ignored soak random_kills

fuzz: ## Fuzz what reads other people's text, FUZZ_SECONDS a target (needs a nightly toolchain and cargo-fuzz)
	@set -e; for target in $(FUZZ_TARGETS); do \
	  dictionary=; [ ! -f tests/fuzz/$$target.dict ] || dictionary=-dict=tests/fuzz/$$target.dict; \
	  $(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz --features cluster $$target -- \
	    $$dictionary -max_len=4096 -max_total_time=$(FUZZ_SECONDS); \
	done

e2e: ## End-to-end tests on real API servers (needs Go; the first build takes minutes)
	@assets=$$(tests/e2e/servers/build) && KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --test e2e

record: ## Record the simulated fleet's answers anew, from a real API server
	@assets=$$(tests/e2e/servers/build) && KUBEBUILDER_ASSETS="$$assets" $(CARGO) test --test e2e -- --ignored record

lint: ## Formatting, lints, and that the text tools build without the network's code
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) clippy --test e2e -- -D warnings
	$(CARGO) clippy --no-default-features --lib --bins -- -D warnings

bench: ## Benchmarks beside a loop of kubectl; results are kept in benches/results (BENCH='100 members' for some)
	$(CARGO) build --release --bins --example fleet
	$(CARGO) bench --bench pipeline -- $(if $(BENCH),'$(BENCH)')

docs: ## Man pages, completions and the README's sessions, from the code
	UPDATE=1 $(CARGO) test --test integration -- docs:: readme::

install: build ## Into $(DESTDIR)$(PREFIX): binaries, man pages, completions
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
	  $(DESTDIR)$(PREFIX)/share/man/man7 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(addprefix $(RELEASE)/,$(BINS)) $(DESTDIR)$(PREFIX)/bin
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 man/*.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 completions/bash/* $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 completions/zsh/* $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 completions/fish/* $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

uninstall: ## What install put there
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(BINS))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man1/,$(notdir $(wildcard man/*.1)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man5/,$(notdir $(wildcard man/*.5)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man7/,$(notdir $(wildcard man/*.7)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/bash-completion/completions/,$(notdir $(wildcard completions/bash/*)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/zsh/site-functions/,$(notdir $(wildcard completions/zsh/*)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/,$(notdir $(wildcard completions/fish/*)))

clean: ## target/
	$(CARGO) clean
