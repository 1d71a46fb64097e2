# Two commands for a newcomer. Everything else is an npm script: see README.md.
SHELL := /bin/sh
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: demo test install clean
.NOTPARALLEL:

demo: install ## from a clone to a running Mimir with data in it
	@npm run --silent demo

test: install ## lint, types, unit, scenario, integration; ends with "N passed, N failed"
	@npm run --silent test

install: node_modules/.installed

node_modules/.installed: package.json lib/package.json pack/package.json local/package.json package-lock.json
	@command -v npm >/dev/null || { echo "make: npm is missing: install Node.js 20 or newer (it brings npm)" >&2; exit 1; }
	@echo "installing npm packages (the pinned Node among them)"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## what can be made again; built peers stay in ~/.cache/charmwright
	rm -rf dist node_modules
