# Everything there is to do in this clone: `make help`.
# What a recipe needs to know about the machine, libtorch or cargo is in scripts/.

# rustup's cargo is found even in a shell that was open before rustup was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin

# A LIBTORCH of your own wins; an empty one is none.
ifeq ($(strip $(LIBTORCH)),)
unexport LIBTORCH
endif

PREFIX ?= $(HOME)/.local
# `make libtorch CUDA=1` takes the libraries for NVIDIA GPUs as well.
CUDA ?=
# `make fuzz TARGET=idx SECONDS=900`
TARGET ?=
SECONDS ?=
# `make run ARGS="--data sample"`
ARGS ?=

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := build
.PHONY: build run test test-interop lint tour bench fuzz libtorch install uninstall clean help ready ready-to-lint

build: ready ## build the program (release)
	@scripts/cargo build --release --locked

run: build ## build it and open the trainer; its flags go into ARGS="…"
	@cargo run --release --locked --quiet -- $(ARGS)

test: ready ## run every test
	@scripts/cargo test --locked --no-run
	@cargo test --locked --no-fail-fast

test-interop: ready ## exchange with PyTorch, torchvision and TensorBoard in Python (installs them, 5 GB, into target)
	@scripts/check-machine bench
	@scripts/cargo build --locked
	@scripts/interop/run

lint: ready-to-lint ## formatting, clippy, rustdoc, and the boundaries of the house; no warning passes
	@cargo fmt --check
	@scripts/cargo clippy --locked --all-targets -- -D warnings
	@RUSTDOCFLAGS="-D warnings" scripts/cargo doc --locked --no-deps
	@scripts/cargo test --locked --quiet --test boundaries

tour: build ## make the pictures of docs/tour.md from the real screens; NET=fashion with the real net
	@scripts/tour

bench: build ## time it beside PyTorch in Python (installs that, 5 GB, into target); ARGS="--help" tells more
	@scripts/check-machine bench
	@python3 scripts/bench/compare.py $(ARGS)

fuzz: ready ## feed a reader of foreign bytes with what libFuzzer makes up; TARGET=idx SECONDS=900
	@scripts/fuzz "$(TARGET)" "$(SECONDS)"

libtorch: ## fetch and check libtorch, nothing else; CUDA=1 with its GPU libraries
	@scripts/libtorch $(if $(filter-out 0,$(CUDA)),--cuda)

install: ## copy the program, its libtorch, completions and manual pages to PREFIX (~/.local); the clone may go then
	@scripts/install "$(PREFIX)"

uninstall: ## remove what `make install` put under PREFIX
	rm -rf "$(PREFIX)/bin/alexnet-tui" "$(PREFIX)/lib/alexnet-tui"
	rm -f "$(PREFIX)/share/bash-completion/completions/alexnet-tui" "$(PREFIX)/share/zsh/site-functions/_alexnet-tui"
	rm -f "$(PREFIX)/share/fish/vendor_completions.d/alexnet-tui.fish"
	rm -f "$(PREFIX)/share/man/man1/alexnet-tui.1" "$(PREFIX)/share/man/man1/alexnet-tui-"*.1

clean: ## remove what was built; libtorch stays in .libtorch
	@cargo clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

ready:
	@scripts/check-machine build
	@scripts/libtorch

ready-to-lint:
	@scripts/check-machine lint
	@scripts/libtorch
