package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	write := object{
		"TABLE_EVENTS": ref("EventsTable"), "TABLE_KEYS": ref("KeysTable"), "TABLE_SNAPSHOTS": ref("SnapshotsTable"),
		"FORGET_WAIT_SECONDS": "360",
	}
	read := object{
		"TABLE_EVENTS": ref("EventsTable"), "TABLE_KEYS": ref("KeysTable"), "TABLE_PROJECTIONS": ref("ProjectionsTable"),
		"CATCH_UP_QUEUE_URL": ref("CatchUpQueue"), "FORGET_WAIT_SECONDS": "360",
	}
	for _, readModel := range readTables {
		read[readModel.Env()] = ref(pascal(readModel.Name) + "Table")
	}
	withKey := maps.Clone(write)
	withKey["EMAIL_KEY"] = ref("AWS::StackId")
	withKey["TABLE_PROJECTIONS"], withKey["TABLE_PRODUCT_CATALOG"] = ref("ProjectionsTable"), ref("ProductCatalogTable")
	both := maps.Clone(read)
	maps.Copy(both, write)
	rebuild := maps.Clone(both)
	rebuild["PERSONAL_RECOVERY_DAYS"] = "7"
	both["REBUILD_MACHINE_ARN"] = machineARN
	connections := object{"TABLE_CONNECTIONS": ref("ConnectionsTable")}
	maps.Copy(both, connections)
	both["CONNECTIONS_URL"] = object{"Fn::Join": list{"", list{
		"https://", ref("SocketApi"), ".execute-api.", ref("AWS::Region"), ".", ref("AWS::URLSuffix"), "/live",
	}}}
	react := maps.Clone(write)
	react["TABLE_PROJECTIONS"] = ref("ProjectionsTable")
	for _, table := range reactions { // the publisher's among them
		react[table.Env()] = ref(pascal(table.Name) + "Table")
	}
	withKey["PAYMENT_DEADLINE"], react["PAYMENT_DEADLINE"] = "72h0m0s", "72h0m0s"
	react["DEADLINE_GROUP"], react["DEADLINE_ROLE_ARN"] = "Shop-Deadlines", getAtt("SchedulerRole", "Arn")
	react["DEADLINE_QUEUE_ARN"] = getAtt("ReactionQueue", "Arn")
	react["REACTION_QUEUE_URL"], react["FORGET_MACHINE_ARN"] = ref("ReactionQueue"), forgetMachineARN
	givenUp := func(bucket string) object {
		return object{"Fn::Join": list{"", list{"https://", getAtt(bucket, "RegionalDomainName")}}}
	}
	both["PROJECTOR_FAILURES_URL"], react["REACTOR_FAILURES_URL"] = givenUp("ProjectorFailures"),
		givenUp("ReactorFailures")
	react["EVENT_BUS_ARN"], react["EVENT_SOURCE"] = getAtt("EventBus", "Arn"), "/annals/Shop"
	socketEnv := maps.Clone(connections)
	socketEnv["TOKEN_ISSUER"] = getAtt("UserPool", "ProviderURL")
	socketEnv["TOKEN_AUDIENCE"] = object{"Fn::Join": list{",", list{ref("CustomersClient"), ref("OperatorsClient")}}}
	pages := maps.Clone(read)
	pages["CURSOR_KEY"] = object{"Fn::Join": list{
		"", list{"{{resolve:secretsmanager:", ref("CursorKey"), ":SecretString:::}}"},
	}}
	tests := []struct {
		name            string
		timeout, memory float64
		env             object
	}{
		{name: "command", timeout: 25, memory: 512, env: withKey},
		{name: "query", timeout: 25, memory: 512, env: pages},
		{name: "projector", timeout: 60, memory: 512, env: both},
		{name: "reactor", timeout: 60, memory: 512, env: react},
		{name: "rebuilder", timeout: 900, memory: 1024, env: rebuild},
		{name: "socket", timeout: 25, memory: 256, env: socketEnv},
		{name: "docs", timeout: 25, memory: 256}, // it publishes no metrics
	}
	architectures := map[string]struct {
		assembly assembly
		want     string
	}{
		"arm64": {arm64, "arm64"},
		"amd64": {amd64, "x86_64"},
	}
	for _, test := range tests {
		for arch, architecture := range architectures {
			t.Run(test.name+" on "+arch, func(t *testing.T) {
				id := pascal(test.name)
				deployed := architecture.assembly.resource(t, id+"Function", "AWS::Lambda::Function")
				code := architecture.assembly.codePath(t, deployed)
				same(t, "aws:asset:path", any(code), deployed.Metadata["aws:asset:path"])
				same(t, "bootstrap", fakeBootstrap(arch, test.name), architecture.assembly.read(t, code, "bootstrap"))
				got := maps.Clone(deployed.Properties)
				delete(got, "Code") // compared above, and named by a hash
				if description, _ := got["Description"].(string); description == "" {
					t.Error("a function has no Description")
				}
				delete(got, "Description")
				same(t, "tags", any(list{object{"Key": "component", "Value": test.name}}), got["Tags"])
				delete(got, "Tags")
				want := object{
					"Runtime":       "provided.al2023",
					"Architectures": list{architecture.want},
					"Handler":       "bootstrap",
					"MemorySize":    test.memory,
					"Timeout":       test.timeout,
					"Role":          getAtt(id+"Role", "Arn"),
					"LoggingConfig": object{"LogGroup": ref(id + "Logs"), "LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
				}
				if test.env != nil {
					want["Environment"] = object{"Variables": withMetrics(test.env)}
				}
				same(t, "function", want, got)
			})
		}
	}
	same(t, "functions", []string{
		"CommandFunction", "DocsFunction", "ProjectorFunction", "QueryFunction",
		"ReactorFunction", "RebuilderFunction", "SocketFunction",
	}, arm64.ids("AWS::Lambda::Function"))
}

// Functions that write a new type of event are updated after those that have to read it.
func TestReadersAreDeployedFirst(t *testing.T) {
	for _, writer := range []string{"CommandFunction", "ReactorFunction"} {
		dependsOn := arm64.resource(t, writer, "AWS::Lambda::Function").DependsOn
		for _, reader := range []string{"QueryFunction", "ProjectorFunction"} {
			if !slices.Contains(dependsOn, reader) {
				t.Errorf("%s depends on %v, want %s among them", writer, dependsOn, reader)
			}
		}
	}
}

func TestReservedConcurrency(t *testing.T) {
	want := map[string]any{"CommandFunction": 50.0, "ReactorFunction": 0.0} // 0 = it is switched off
	for _, id := range chosen.ids("AWS::Lambda::Function") {
		same(t, id, want[id], chosen.resource(t, id, "AWS::Lambda::Function").Properties["ReservedConcurrentExecutions"])
		same(t, id+" by default", nil,
			arm64.resource(t, id, "AWS::Lambda::Function").Properties["ReservedConcurrentExecutions"])
	}
}

// withMetrics is a function's environment, with the variables for metrics.
func withMetrics(env object) object {
	env = maps.Clone(env)
	env["METRICS_NAMESPACE"] = "Shop"
	return env
}

// codePath returns the folder of a function's code in the assembly.
func (a assembly) codePath(t *testing.T, function resource) string {
	t.Helper()
	key, _ := function.Properties["Code"].(object)["S3Key"].(string)
	source := a.assets.Files[strings.TrimSuffix(key, ".zip")].Source
	if source.Packaging != "zip" {
		t.Fatalf("asset %s is packed as %q, want zip", key, source.Packaging)
	}
	return source.Path
}

func (a assembly) read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{a.dir}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLogGroups(t *testing.T) {
	ids := []string{
		"ApiAccessLogs", "CommandLogs", "DocsLogs", "ProjectorLogs",
		"QueryLogs", "ReactorLogs", "RebuilderLogs", "SocketLogs",
	}
	for _, id := range ids {
		same(t, id, any(30.0), arm64.resource(t, id, "AWS::Logs::LogGroup").Properties["RetentionInDays"])
	}
	same(t, "log groups", ids, arm64.ids("AWS::Logs::LogGroup"))
}
