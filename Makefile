# `make` lists the targets.

SWIFT ?= swift
PYTHON ?= python3
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man
SHAREDIR = $(DESTDIR)$(PREFIX)/share/fedjoin

DEBUG = .build/debug/fedjoin
RELEASE = .build/release/fedjoin
ORACLE = .build/release/oracle
RELEASE_FLAGS = -c release --static-swift-stdlib --disable-local-rpath \
    -Xlinker -L$(CURDIR)/.build/static -Xlinker $(CURDIR)/.build/static/early.ld $$(cat .build/static/flags)
PAGES = $(wildcard man/*.[157])
SWIFT_FILES = Package.swift Sources Tests

.DEFAULT_GOAL = help
.PHONY: help demo diagnose test test-synapse test-causes test-kills test-output test-namespace sanitize mutate-rules bench bench-synapse build release linking oracle roomgen install uninstall lint pages format check clean setup

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## a whole join against an embedded homeserver: no network, no account
	@$(DEBUG) demo

diagnose: build ## a gallery: what is said of each of 30 causes that joins fail of, over real sockets
	@tools/setup.sh causes reports
	@$(PYTHON) Tests/CauseTests/run.py --fedjoin $(DEBUG) --gallery

# All at once, each with its servers, they would have more sockets open than there is time to serve. And those that only
# compute come by themselves: no other test would get a turn for so long that what it waits for is over.
test: setup test-causes test-output ## the tests
	@$(SWIFT) build --build-tests
	@SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 $(SWIFT) test --skip-build --filter '^MatrixTests'
	@SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 $(SWIFT) test --skip-build --skip '^MatrixTests'

test-causes: build ## each cause that joins fail of, run with the command over real sockets
	@tools/setup.sh causes reports
	@$(PYTHON) Tests/CauseTests/run.py --fedjoin $(DEBUG)
	@$(PYTHON) Tests/CauseTests/faults.py --fedjoin $(DEBUG)
	@$(PYTHON) Tests/CauseTests/signals.py --fedjoin $(DEBUG)
	@$(PYTHON) Tests/CauseTests/kills.py --fedjoin $(DEBUG) --times 40

test-kills: build ## joins that are killed at random moments around send_join, 200 times, and go on from what was kept
	@tools/setup.sh causes
	@$(PYTHON) Tests/CauseTests/kills.py --fedjoin $(DEBUG)

test-output: build ## each form of output by its schema, none with a secret in it; and the recipes of docs/
	@tools/setup.sh causes reports recipes
	@$(PYTHON) Tests/OutputTests/run.py --fedjoin $(DEBUG)
	@$(PYTHON) Tests/OutputTests/recipes.py --fedjoin $(DEBUG)

test-synapse: build oracle ## the tests against a real homeserver (installs Synapse into .build-synapse once)
	@tools/setup.sh synapse
	@$(PYTHON) Tests/SynapseTests/run.py --fedjoin $(DEBUG)
	@$(PYTHON) Tests/SynapseTests/differential.py --oracle $(ORACLE)

test-namespace: build ## joins with real names, in a network namespace (as root)
	@tools/setup.sh namespace
	@$(PYTHON) Tests/NamespaceTests/run.py --fedjoin $(DEBUG)

SANITIZERS = address thread

sanitize: setup ## the Swift tests under AddressSanitizer and LeakSanitizer, then ThreadSanitizer (SANITIZERS=thread for one)
	@status=0; for kind in $(SANITIZERS); do SWIFT=$(SWIFT) tools/sanitize.sh $$kind || status=1; done; exit $$status

mutate-rules: setup ## break each authorisation rule in turn, and see that a test notices
	@SWIFT=$(SWIFT) tools/mutate_rules.sh

BENCHMARKS = run verify keyservers

bench: release roomgen ## time, CPU and memory beside curl and beside libsodium (BENCHMARKS=verify for a part of it)
	@tools/setup.sh causes
	@status=0; for part in $(BENCHMARKS); do \
	    $(PYTHON) -B Tests/Benchmarks/$$part.py --fedjoin $(RELEASE) || status=1; done; exit $$status

bench-synapse: release roomgen ## judging a large room beside Synapse's own code
	@tools/setup.sh synapse
	@$(PYTHON) -B Tests/Benchmarks/beside_synapse.py --fedjoin $(RELEASE)

build: setup ## the command, for development: .build/debug/fedjoin
	@$(SWIFT) build --product fedjoin

release: linking ## the command, for use: .build/release/fedjoin
	@$(SWIFT) build --product fedjoin $(RELEASE_FLAGS)

# For a faster start; and no library is looked for beside the command.
linking: setup
	@tools/linking.sh .build/static

# What makes large rooms for the benchmarks.
roomgen: linking
	@$(SWIFT) build --product roomgen $(RELEASE_FLAGS)

# Of the tests: it answers what the rules make of an event. With the flags of a release, so that neither undoes the other.
oracle: linking
	@$(SWIFT) build --product oracle $(RELEASE_FLAGS)

install: ## the command, its man pages and the schema of records to PREFIX (/usr/local), below DESTDIR; after make release
	@test -x $(RELEASE) || { echo 'make install: there is no $(RELEASE): make release first' >&2; exit 1; }
	install -d $(BINDIR) $(SHAREDIR) $(MANDIR)/man1 $(MANDIR)/man5 $(MANDIR)/man7
	install -s -m 755 $(RELEASE) $(BINDIR)/fedjoin
	install -m 644 share/records-1.schema.json $(SHAREDIR)/records-1.schema.json
	install -m 644 man/fedjoin.1 $(MANDIR)/man1/fedjoin.1
	install -m 644 man/matrix-signing-key.5 $(MANDIR)/man5/matrix-signing-key.5
	install -m 644 man/fedjoin-errors.7 $(MANDIR)/man7/fedjoin-errors.7

uninstall: ## takes away what install put there
	rm -f $(BINDIR)/fedjoin $(MANDIR)/man1/fedjoin.1 $(MANDIR)/man5/matrix-signing-key.5 $(MANDIR)/man7/fedjoin-errors.7
	rm -rf $(SHAREDIR)

lint: ## format, scripts, man pages, and the rules that CONTRIBUTING.md names
	@$(SWIFT) format lint --strict -r $(SWIFT_FILES)
	@SWIFT=$(SWIFT) PYTHON=$(PYTHON) tools/lint.sh $(PAGES)

pages: build ## write man/fedjoin-errors.7 from the catalogue of causes
	@$(DEBUG) explain -o json | $(PYTHON) tools/errors_page.py > man/fedjoin-errors.7

format: ## write the sources as swift format has them
	@$(SWIFT) format -i -r $(SWIFT_FILES)

check: lint test ## lint and test: the bar for a commit

clean: ## everything that was built
	@rm -rf .build .build-synapse

setup:
	@tools/setup.sh build
