# One command for each thing that one does with this project; `make` alone lists them.
# Everything that is built or installed lands in one cache folder outside the working copy.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/portcullis
export CARGO_TARGET_DIR ?= $(CACHE)/target
export PORTCULLIS_CACHE := $(CACHE)

# Where build scripts build guests.
GUESTS = $(CARGO_TARGET_DIR)/plugins

CARGO := cargo
WASM_TARGET := wasm32-wasip2
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(CACHE)/tools/bin/cargo-deny
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := $(CACHE)/tools/bin/cargo-fuzz

.DEFAULT_GOAL := help
.PHONY: help run install test test-rust test-policies test-sdk test-az fuzz bench lint format clippy docs deny clean tools wasm-target

help: ## Lists these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: wasm-target ## Builds the gateway and starts it on loopback; ARGS="--port 9443 --data DIR" go to `portcullis dev`.
	$(CARGO) build --locked --release --package portcullis-server
	"$(CARGO_TARGET_DIR)/release/portcullis" dev $(ARGS)

install: wasm-target ## Installs the command `portcullis` where cargo installs programs.
	$(CARGO) install --locked --path gateway/server

test: test-rust test-policies test-sdk test-az ## Runs everything: Rust tests, then the Azure SDKs and `az` against a started gateway.

test-rust: wasm-target ## Runs the Rust tests only.
	$(CARGO) test --workspace --locked

test-policies: wasm-target ## Runs the tests of the bundled policies and of the Rust samples in wasm, in the gateway's own sandbox.
	$(CARGO) build --locked --package portcullis-server
	CARGO_TARGET_DIR="$(GUESTS)" CARGO_TARGET_WASM32_WASIP2_RUNNER="$(CARGO_TARGET_DIR)/debug/portcullis policy test" \
		$(CARGO) test --locked --target wasm32-wasip2 --package azure-rbac --package conditional-access --test wasm
	CARGO_TARGET_DIR="$(GUESTS)" $(CARGO) build --locked --profile plugin --target wasm32-wasip2 --package policy-samples --examples
	set -e; for cases in plugins/samples/rust/cases/*.json; do \
		"$(CARGO_TARGET_DIR)/debug/portcullis" policy test --cases $$cases \
			--plugin "$(GUESTS)/wasm32-wasip2/plugin/examples/$$(basename $$cases .json | tr - _).wasm"; \
	done

test-sdk: wasm-target ## Runs the Azure SDK tests only; ARGS="-k listing" go to pytest.
	$(CARGO) build --locked --package portcullis-server
	PORTCULLIS_BIN="$(CARGO_TARGET_DIR)/debug/portcullis" tests/sdk/run $(ARGS)

test-az: wasm-target ## Runs the tests of the Azure command line only; ARGS="-k secrets" go to pytest.
	$(CARGO) build --locked --package portcullis-server
	PORTCULLIS_BIN="$(CARGO_TARGET_DIR)/debug/portcullis" tests/az/run $(ARGS)

fuzz: $(CARGO_FUZZ) ## Fuzzes every parser for five seconds, or SECONDS=...; the first build takes minutes.
	tests/fuzz/run $(or $(SECONDS),5) $(ARGS)

$(CARGO_FUZZ): | tools
	env -u CARGO_TARGET_DIR $(CARGO) install --locked --root "$(CACHE)/tools" cargo-fuzz --version $(CARGO_FUZZ_VERSION)

bench: wasm-target ## Measures the release gateway beside nginx and OpenBao, one plugin evaluation, and large vaults; SECRETS=100000 makes those smaller.
	$(CARGO) build --locked --release --package portcullis-server
	$(CARGO) build --locked --release --package portcullis-crypto --example key_rate
	PORTCULLIS_BIN="$(CARGO_TARGET_DIR)/release/portcullis" PORTCULLIS_KEY_RATE="$(CARGO_TARGET_DIR)/release/examples/key_rate" tests/load/run $(ARGS)
	$(CARGO) bench --locked --package portcullis-plugin-host
	$(CARGO) run --locked --release --package portcullis-engine --example read_rate

lint: format clippy ## Checks formatting, and lints with warnings as errors.

format: tools
	$(CARGO) fmt --all --check

clippy: wasm-target
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

docs: wasm-target ## Builds the code's documentation with warnings as errors.
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

deny: $(CARGO_DENY) ## Checks bans, licences and sources of all dependencies; installs cargo-deny at the first call.
	"$(CARGO_DENY)" --locked check bans licenses sources

$(CARGO_DENY): | tools
	env -u CARGO_TARGET_DIR $(CARGO) install --locked --root "$(CACHE)/tools" cargo-deny --version $(CARGO_DENY_VERSION)

clean: ## Removes what was built; the downloaded tools and packages stay.
	$(CARGO) clean

tools:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs, then open a new shell" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: on Debian and Ubuntu, apt-get install build-essential" >&2; exit 1; }

wasm-target: tools
	@if [ ! -d "$$(rustc --print target-libdir --target $(WASM_TARGET) 2>/dev/null)" ]; then \
		command -v rustup >/dev/null || { echo "the Rust target $(WASM_TARGET) is missing and there is no rustup to add it: install Rust from https://rustup.rs" >&2; exit 1; }; \
		rustup target add $(WASM_TARGET); \
	fi
