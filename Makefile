# What can be done here; "make" alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip --disable-pip-version-check install --quiet
LOCKED := --require-hashes --only-binary=:all: --requirement requirements/build.txt
NEEDS_MORE := demo or docker or browser or openssh or postgres or kerberos or thorough
DEMO := docker compose --file compose/demo.yaml

# The development environment has all that the demo needs.
DEMO_STAMP := $(or $(wildcard $(VENV)/dev.stamp),$(VENV)/demo.stamp)

# Tests start many Pythons: what has been compiled once should stay so.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check fix up down bench scale faults docs

help: ## List what can be done.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO_STAMP) ## Run the gateway with a stand-in remote and three notebooks, without Docker.
	@exec $(BIN)/gateway demo

test: ## Prove everything; on Debian as root, install what that needs.
	@tests/prepare python >/dev/null
	@left_out=$$(tests/prepare) && $(MAKE) --no-print-directory check && \
	case "$$left_out" in *kerberos*) ;; *) $(MAKE) --no-print-directory $(VENV)/kerberos.stamp ;; esac && \
	$(BIN)/python -m pytest -m "($(NEEDS_MORE))$${left_out:+ and $$left_out}"

check: $(VENV)/dev.stamp ## Prove what needs neither Docker, a browser, OpenSSH, PostgreSQL nor Kerberos; under a minute.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet --numprocesses=4 -m "not ($(NEEDS_MORE))"

fix: $(VENV)/dev.stamp ## Format, and mend what the linter can.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

up: ## Start the demo with Docker Compose, and print the address and the log-ins.
	$(DEMO) up --build --wait
	@echo; echo "http://localhost:$${GATEWAY_DEMO_PORT:-8000}   members alice, bob and carol, each with this password:"
	@$(DEMO) exec -T gateway cat /var/lib/gateway/demo-password

down: ## Stop it, and forget what it kept.
	$(DEMO) down --volumes

bench: $(VENV)/dev.stamp ## Measure the gateway beside ssh -L, nginx and configurable-http-proxy.
	@tests/prepare bench >/dev/null
	$(BIN)/python -m tests.bench

scale: $(VENV)/dev.stamp ## See how the gateway does with 200 notebooks on 20 remotes.
	$(BIN)/python -m tests.scale

faults: $(VENV)/dev.stamp ## Break everything around the gateway and see how it heals; ROWS="8 11" for some. Debian, root.
	@GATEWAY_TEST_REQUIRE_ALL=1 tests/prepare docker faults >/dev/null
	$(BIN)/python -m tests.faults $(ROWS)

docs: $(VENV)/dev.stamp ## Write docs/reference anew from the code.
	$(BIN)/python -m gateway reference docs/reference

$(BIN)/python:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tests/prepare python >/dev/null
	$(PYTHON) -m venv $(VENV)

# gssapi has no wheels for Linux: it is compiled, with what is locked too. -O1 halves the time.
$(VENV)/kerberos.stamp: requirements/kerberos.txt requirements/kerberos-build.txt $(VENV)/dev.stamp
	@echo "Compiling gssapi ..."
	@$(PIP_INSTALL) --require-hashes --only-binary=:all: --requirement requirements/kerberos-build.txt
	@CFLAGS="-O1 -g0" $(PIP_INSTALL) --require-hashes --only-binary=:all: --no-binary=gssapi --no-build-isolation \
		--no-deps --requirement requirements/kerberos.txt
	@touch $@

$(VENV)/%.stamp: requirements/%.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(PIP_INSTALL) $(LOCKED) --requirement requirements/$*.txt
	@$(PIP_INSTALL) --no-build-isolation --no-deps --editable .
	@touch $@
