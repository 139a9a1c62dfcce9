# All that is needed is Python 3.11 or later with pip, and make. PYTHON= names another interpreter; where packages come
# from is pip's own configuration (PIP_INDEX_URL and its like are honoured, none is set here).

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
PYTEST := $(RUN) -m pytest -n 2 --dist loadgroup

.PHONY: demo test check lint test-media test-hard bench clean

demo: $(VENV)/.ready
	$(RUN) fixtures/demo.py

test: $(VENV)/.ready
	@rm -rf build/truth/small
	$(PYTEST) -m "not media and not hard"

# what a change has to pass: format, lint, types, import contracts, then the tests (documents have tests of their own)
check: lint test

lint: $(VENV)/.ready
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports --no-logo

# every file of PROVENANCE_MEDIA (default ../shared/media) times every transformation; a part: make test-media K=streamio
test-media: $(VENV)/.ready
	@test -n "$(K)" || rm -rf build/truth/media
	$(PYTEST) -p no:randomly -m media $(if $(K),-k "$(K)")

test-hard: $(VENV)/.ready
	$(RUN) -m pytest -m hard --timeout=3600

bench: $(VENV)/.ready
	$(RUN) bench/examine.py
	$(RUN) bench/register.py
	$(RUN) bench/verify.py
	$(RUN) bench/memory.py

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "provenance needs Python 3.11 or later: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "this Python cannot make virtual environments: install its venv package (Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet --editable . --group dev
	@touch $@

clean:
	rm -rf $(VENV) .demo build
