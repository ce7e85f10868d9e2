# Pequod: the Docker engine chain in TypeScript. "make help" lists what can be made.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PREFIX ?= /usr/bin
VERSION := $(shell cat VERSION)
BUN := node_modules/.bin/bun
BUNDLE := bundles/$(VERSION)

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: bootstrap ## Run a container through all five programs, in a network namespace of its own
	@hack/isolated $(BUN) hack/demo.ts

.PHONY: run
run: bootstrap ## Leave the daemons in the foreground, with the DOCKER_HOST to paste
	@hack/isolated $(BUN) hack/demo.ts --stay

.PHONY: test
test: test-deps node_modules ## Run everything: style, types, folders, unit and end-to-end tests
	@$(BUN) hack/test.ts

.PHONY: test-vm
test-vm: test-deps node_modules ## The runtime's tests in a virtual machine with cgroup v2, systemd and AppArmor
	@$(BUN) hack/test-vm.ts $(FILES)

.PHONY: check
check: node_modules native ## Style, types and dependency direction only
	@$(BUN) hack/test.ts --only checks

.PHONY: unit
unit: node_modules native ## Unit tests only
	@$(BUN) hack/test.ts --only unit

.PHONY: e2e
e2e: test-deps node_modules ## End-to-end tests only; FILES=test/x.test.ts picks some
	@$(BUN) hack/test.ts --only e2e $(FILES)

.PHONY: bootstrap
bootstrap: build-deps node_modules ## Compile on this host into bundles/VERSION, no engine needed
	@$(BUN) hack/build.ts

.PHONY: native
native: build-deps node_modules ## Compile the C programs, which running from source needs
	@$(BUN) hack/build.ts --native

.PHONY: install
install: ## Copy the programs from bundles/latest to PREFIX (default /usr/bin)
	@test -d $(BUNDLE) || { echo "install: $(BUNDLE) is not there: run make bootstrap first" >&2; exit 1; }
	@$(BUN) hack/install.ts $(PREFIX)

.PHONY: bench
bench: bootstrap test-deps ## Compare with stock docker.io side by side and print ratios
	@hack/isolated $(BUN) bench/engine.ts

.PHONY: swap-matrix
swap-matrix: test-deps node_modules ## Run one scenario over every combination of our and stock's parts
	@$(BUN) hack/build.ts --flat .build/bin
	@hack/isolated $(BUN) hack/swap-matrix.ts $(FILTER)

.PHONY: user-differential
user-differential: test-deps node_modules ## Compare what users type with stock dockerd and stock's client; SUBJECTS="ports exec", LINES=all
	@$(BUN) hack/build.ts --flat .build/bin
	@PEQUOD_BIN=$(CURDIR)/.build/bin PEQUOD_SUBJECTS="$(SUBJECTS)" PEQUOD_LINES=$(LINES) hack/isolated $(BUN) test --timeout 600000 ./test/long/user-differential.test.ts

ROUNDS ?= 200
.PHONY: chaos
chaos: test-deps node_modules ## Kill processes of the chain at random and check that nothing is lost; ROUNDS=, SEED=
	@$(BUN) hack/build.ts --flat .build/bin
	@hack/isolated $(BUN) hack/chaos.ts --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) --keep-going

.PHONY: bench-containerd
bench-containerd: test-deps node_modules ## Compare docker-containerd with stock containerd over gRPC
	@$(BUN) hack/build.ts --flat .build/bin
	@hack/isolated $(BUN) bench/containerd.ts

.PHONY: bench-runc
bench-runc: bootstrap test-deps ## Compare docker-runc with runc and crun on one bundle
	@hack/isolated $(BUN) bench/runc.ts

# The image that the project is built in: any engine that DOCKER_HOST names builds it, ours or stock.
DOCKER ?= $(firstword $(wildcard bundles/latest/binary-client/docker) docker)
IMAGE ?= pequod-dev
TARGET ?= dev
# The network of the build's commands, and of containers that need none of their own.
BUILD_NETWORK ?= default
# A proxy may be given in capitals or not; programs differ in which they look at, so both are passed on.
PROXIES := http_proxy https_proxy no_proxy
upper = $(shell echo $(1) | tr a-z A-Z)
$(foreach name,$(PROXIES),$(eval $(name) ?= $($(call upper,$(name))))$(eval $(call upper,$(name)) ?= $($(name))))
FROM_WHERE := BASE_IMAGE APT_MIRROR NPM_MIRROR $(PROXIES) $(foreach name,$(PROXIES),$(call upper,$(name)))
BUILD_ARGS = $(foreach name,$(FROM_WHERE),$(if $($(name)),--build-arg $(name)=$($(name))))
COMMIT = $(shell git rev-parse --short=10 HEAD)$(shell git diff --quiet HEAD || echo -unsupported)
EPOCH = $(shell git log -1 --format=%ct)
IN_IMAGE = -e DOCKER_GITCOMMIT=$(COMMIT) -e SOURCE_DATE_EPOCH=$(EPOCH)

.PHONY: build
build: ## Build the image of the Dockerfile; BASE_IMAGE, APT_MIRROR, NPM_MIRROR, HTTP_PROXY ... say where from
	$(DOCKER) build $(BUILD_ARGS) --network $(BUILD_NETWORK) --target $(TARGET) -t $(IMAGE) .

.PHONY: binary
binary: ## Compile in a container of that image into bundles/VERSION
	@mkdir -p bundles
	$(DOCKER) run --rm --network none $(IN_IMAGE) -v $(CURDIR)/bundles:/src/bundles $(IMAGE) node_modules/.bin/bun hack/build.ts

.PHONY: shell
shell: ## Open a shell in that image
	$(DOCKER) run --rm -it --privileged --network $(BUILD_NETWORK) $(IN_IMAGE) -v $(CURDIR)/bundles:/src/bundles $(IMAGE) bash

.PHONY: test-in-container
test-in-container: ## Run the tests in a container of that image; FILES=test/x.test.ts picks some
	$(DOCKER) run --rm --privileged --network none $(IN_IMAGE) $(IMAGE) node_modules/.bin/bun hack/test.ts $(if $(FILES),--only e2e $(FILES))

.PHONY: base-image
base-image: test-deps node_modules ## Make the base image from Debian packages alone: .build/base-image.tar
	@hack/base-image

.PHONY: self-host
self-host: bootstrap ## Let the engine build itself twice; the results must be the same
	@[ -e $${BASE_ARCHIVE:-.build/base-image.tar} ] || hack/base-image
	@PEQUOD_HOST_NETWORK=1 hack/isolated $(BUN) hack/self-host.ts

.PHONY: build-mirrors
build-mirrors: bootstrap test-deps ## make build by a mirror, and by a proxy, where nothing else can be reached
	@[ -e $${BASE_ARCHIVE:-.build/base-image.tar} ] || hack/base-image
	@$(BUN) hack/build-mirrors.ts

.PHONY: build-real
build-real: test-deps node_modules ## Build Dockerfiles as people write them by ours and by stock, from the host's sources; NAMES="nginx c"
	@$(BUN) hack/build.ts --flat .build/bin
	@[ -e $${BASE_ARCHIVE:-.build/base-image.tar} ] || hack/base-image
	@PEQUOD_HOST_NETWORK=1 hack/isolated $(BUN) test/build/real.ts $(NAMES)

.PHONY: bench-images
bench-images: bootstrap test-deps ## Compare pull, push, load, save ... of a 20-layer 600 MB image with stock docker.io and podman; OPTIONS="--rounds 1 load pull"
	@BUN_CONFIG_MAX_HTTP_REQUESTS=1000 hack/isolated $(BUN) bench/images.ts --podman $(OPTIONS)

.PHONY: bench-api
bench-api: bootstrap test-deps ## Compare the API under load with stock docker.io side by side; OPTIONS="--log-mb 50 ..."
	@BUN_CONFIG_MAX_HTTP_REQUESTS=1000 hack/isolated $(BUN) bench/api.ts $(OPTIONS)

.PHONY: bench-build
bench-build: bootstrap test-deps ## Compare builds with stock docker.io side by side and print ratios
	@hack/isolated $(BUN) bench/build.ts

.PHONY: proto
proto: node_modules ## Write src/proto again from proto/
	@$(BUN) hack/gen-proto.ts

.PHONY: build-deps
build-deps:
	@hack/deps build

.PHONY: test-deps
test-deps: build-deps
	@hack/deps test

node_modules: package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules

.PHONY: clean
clean: ## Remove what was built
	rm -rf bundles .build
