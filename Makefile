# Every target is a short command that also works without make. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench sandbox-up sandbox-down

# A line is `target: ## what it does`; this prints them.
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## watch an alteration under load on a sandbox of its own
	scripts/demo

test: ## build and run every test, on a sandbox of its own
	scripts/test

check: ## format, lints, documentation and the tidy test: no server needed
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked
	cargo test --locked --test tidy

bench: ## measure against the alternatives
	scripts/bench

sandbox-up: ## a MySQL primary and replica on 127.0.0.1 (see scripts/sandbox help)
	scripts/sandbox up

sandbox-down: ## stop them
	scripts/sandbox down
