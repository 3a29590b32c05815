# kolportal. `make help` lists the targets; docs/operations.md tells more.
SHELL := bash
PYTHON_BIN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check fix bench conformance image messages lock verifier

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## set up what is missing and run the site with its demo (PORT=8000); Ctrl-C ends it
	@.ci/setup run
	@$(PYTHON_BIN) .ci/messages.py --compile
	@exec $(PYTHON_BIN) -m kolportal.supervisor

test: ## set up and run every test: SQLite, Postgres + Redis, browser
	@.ci/test

check: ## lint, types, floors, templates, migrations, production settings, messages
	@.ci/check

fix: ## format and mend what ruff can mend by itself
	@.ci/setup check
	@$(PYTHON_BIN) -m ruff check --fix-only --quiet .
	@$(PYTHON_BIN) -m ruff format .

bench: ## measure on throw-away Postgres + Redis; one "name value unit" a line
	@.ci/setup test
	@$(PYTHON_BIN) .ci/messages.py --compile
	@$(PYTHON_BIN) -m tests.servers $(PYTHON_BIN) -m tests.benchmarks

conformance: ## have the PDFs judged by veraPDF and EU DSS (Java, Maven Central); writes docs/conformance.md
	@.ci/conformance

image: ## build the container image, start its web process, ask its health pages
	@.ci/image

verifier: ## build the one-file verifier, var/kolportal-verify.pyz
	@.ci/verifier

messages: ## collect the messages of code and templates, merge the fragments, compile
	@.ci/setup check
	@$(PYTHON_BIN) .ci/messages.py

lock: ## compile the lock files (LOCK=--upgrade for the newest versions)
	@.ci/setup check
	@.ci/lock $(LOCK)
