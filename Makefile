# One word each: `make app` and `make test` are all that a fresh machine with Python 3.11+ needs.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
PORT ?= 8501

.PHONY: app test long faults wide check fix e2e e2e-slow bench bench-quick peers messages clean install install-dev chromium

app: $(VENV)/.installed
	$(PY) -m pages.ui.launch --port $(PORT)

# Two processes: most of a browser test is waiting for a page. In the order of the folders, so that the long walks
# through the browser are not left for one process at the end. A thread each: with more, the small products of the
# tests wait for one another, which takes a quarter more of the machine.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
test: $(VENV)/.installed-dev chromium check
	$(ONE_THREAD) $(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Runs $(2) and keeps what it prints in $(1), under the commit that it ran on and without the folder that it ran in;
# fails where it fails.
long faults wide: SHELL := /bin/bash
kept = commit=$$(git describe --always --dirty); set -o pipefail; { echo $$commit; $(2); } | sed --unbuffered '/^rootdir:/d' | tee $(1)

# What takes minutes a test: statistics over whole trainings, a shop's year through the browser.
long: $(VENV)/.installed-dev chromium
	$(call kept,docs/long-tests.txt,$(PY) -m pytest -m long -v)

# Workers, dispatchers and the app are killed, stopped and started again, in the browser and without.
faults: $(VENV)/.installed-dev chromium
	$(call kept,docs/fault-tests.txt,$(ONE_THREAD) $(PY) -m pytest -m faults -v)

# A thousand new cases for each property, by chance: where one is found that breaks it, it goes into the test by name.
wide: $(VENV)/.installed-dev
	$(call kept,docs/wide-tests.txt,$(ONE_THREAD) $(PY) -m pytest -m hypothesis --hypothesis-profile=wide --numprocesses 2 --timeout 900 -v)

check: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

fix: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

e2e: $(VENV)/.installed-dev chromium
	$(PY) -m pytest -m e2e

# Over a line of a fifth of a second each way, in a browser a quarter as fast, nothing tried twice: finds tests that do
# not wait for what they look at.
e2e-slow: export RECSYS_TEST_LINE_SECONDS=0.2
e2e-slow: export RECSYS_TEST_SLOWNESS=4
e2e-slow: e2e

bench: $(VENV)/.installed-dev peers
	$(PY) -m benchmarks.loop

# One seed, fewer models, development rows only; prints, and writes nothing into the repository.
bench-quick: $(VENV)/.installed-dev peers
	$(PY) -m benchmarks.quick

# Other people's libraries, in an environment of their own.
peers: .venv-peers/.installed .venv-peers/evaluators/.installed

.venv-peers/.installed: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	touch $@

.venv-peers/evaluators/.installed: benchmarks/peers/evaluators.txt
	$(PYTHON) -m venv .venv-peers/evaluators
	.venv-peers/evaluators/bin/pip install --quiet --disable-pip-version-check -r benchmarks/peers/evaluators.txt
	touch $@

# Every string that a person sees, ready for a translator: recsys_core/locale/recsys_studio.pot
messages: $(VENV)/.installed-dev
	mkdir -p recsys_core/locale
	$(VENV)/bin/pybabel --quiet extract --keyword N_ --no-location --sort-output --project "Recsys Studio" \
		--output recsys_core/locale/recsys_studio.pot pages recsys_core

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Recsys Studio needs Python 3.11 or newer')"
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(VENV)/.installed

# The browser tests drive Debian's Chromium; without it (and without root to install it) they say so and skip.
chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; } || echo "chromium is not installed: the browser tests will be skipped"

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-artifacts
