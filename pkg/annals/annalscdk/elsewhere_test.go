package annalscdk

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// rosterBySQL is a service with a read model in SQL, and one route that only SQL can answer.
func rosterBySQL() *annals.Service {
	table := sqltable.Documents[document]("rosters", sqltable.Text("first", "Students"))
	return enrol(annals.ReadModel(roster, annals.InSQL(table)), annals.Document("GET /courses/{id}", roster))
}

const cluster = "arn:aws:dsql:eu-central-1:123456789012:cluster/abc123"

// rosterBySearch is a service with a read model in OpenSearch.
func rosterBySearch() *annals.Service {
	index := searchindex.Documents[document](searchindex.Text("Students"))
	return enrol(annals.ReadModel(roster, annals.InSearch(index)), annals.Document("GET /courses/{id}", roster))
}

const collection = "arn:aws:aoss:eu-central-1:123456789012:collection/abc123"

// TestStores: a stack with the store SQL has a cluster, or takes one, and the functions that read and write read models
// connect to it. A stack without the store has nothing of it, and not the read models and routes that need it.
func TestStores(t *testing.T) {
	for name, settings := range map[string]Settings{
		"own": {Stores: []string{"sql"}}, "another": {Stores: []string{"sql"}, SQLCluster: cluster}, "none": {},
	} {
		made, synth := stackOf(t, rosterBySQL(), settings)
		got := synth()
		clusters := got.ids("AWS::DSQL::Cluster")
		same(t, name+": clusters", name == "own", slices.Equal(clusters, []string{"SqlCluster"}))
		same(t, name+": has the read model", name != "none", made.Declaration.ReadModel("roster") != nil)
		same(t, name+": tables of it", false, made.Tables["roster"] != nil)
		routes := slices.ContainsFunc(made.Declaration.Operations, func(o *annals.Operation) bool { return o.Path == "/courses/{id}" })
		same(t, name+": has the route", name != "none", routes)
		for _, f := range annalsaws.Functions {
			env := variablesOf(t, got, f)
			used := name != "none" && slices.Contains(usesStores, f)
			same(t, name+": "+string(f)+" has an endpoint", used, env[annalsaws.SQLEndpointEnv] != nil)
			same(t, name+": "+string(f)+" knows the stores", used || name != "none" && f == annalsaws.Docs,
				env[annalsaws.StoresEnv] == "sql")
			connects := slices.ContainsFunc(statementsOf(t, got, annalsaws.Pascal(string(f))+"Role"), func(one any) bool {
				return one.(object)["Action"] == "dsql:DbConnectAdmin"
			})
			same(t, name+": "+string(f)+" may connect", used, connects)
		}
		if name == "another" {
			same(t, "endpoint", "abc123.dsql.eu-central-1.on.aws", variablesOf(t, got, annalsaws.Query)[annalsaws.SQLEndpointEnv])
		}
	}
}

// TestStoresAreValid: what is wrong with stores is said with the setting's name.
func TestStoresAreValid(t *testing.T) {
	t.Parallel()
	for want, context := range map[string]object{
		`stores: there is no store "mongo"`:         {"stores": "sql,mongo"},
		"sqlCluster is set, but sql is not among":   {"sqlCluster": cluster},
		`sqlCluster is "abc": it must be the ARN o`: {"sqlCluster": "abc", "stores": list{"sql"}},
		"searchCollection is set, but search is no": {"searchCollection": collection, "stores": "sql"},
		`searchCollection is "abc": it must be the`: {"searchCollection": "abc", "stores": "search"},
		"cacheUrl is set, but cache is not among t": {"cacheUrl": "rediss://cache:6379", "stores": "sql"},
		"cacheUrl is not the address of a Valkey o": {"cacheUrl": "http://cache:6379", "stores": "cache"},
		"cacheUrl has a password, which the templa": {"cacheUrl": "rediss://a:secret@cache:6379", "stores": "cache"},
		"cacheUrl is set without vpcSubnets and vp": {
			"cacheUrl": "rediss://cache:6379", "stores": "cache", "vpcSubnets": "subnet-0123456789abcdef0",
		},
		"vpcSubnets or vpcSecurityGroups is set, b": {"vpcSecurityGroups": list{"sg-0123456789abcdef0"}},
		`vpcSubnets has "subnet-x": it must be a l`: {
			"cacheUrl": "rediss://cache:6379", "stores": "cache", "vpcSubnets": "subnet-x",
			"vpcSecurityGroups": "sg-0123456789abcdef0",
		},
		`vpcSecurityGroups has "x": it must be a l`: {
			"cacheUrl": "rediss://cache:6379", "stores": "cache", "vpcSubnets": "subnet-0123456789abcdef0",
			"vpcSecurityGroups": list{"sg-0123456789abcdef0", "x"},
		},
	} {
		if _, err := readSettings(context); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("settings %v: %v, want an error that begins with %s", context, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

// TestSearch: a stack with the store Search has a collection, or takes one. Its policies let exactly the functions in
// that read and write read models, on the service's own indexes. The query function only reads.
func TestSearch(t *testing.T) {
	for name, settings := range map[string]Settings{
		"own": {Stores: []string{"search"}}, "prod": {Stores: []string{"search"}, Stage: "prod"},
		"another": {Stores: []string{"search"}, SearchCollection: collection}, "none": {},
	} {
		made, synth := stackOf(t, rosterBySearch(), settings)
		got := synth()
		makes := name == "own" || name == "prod"
		same(t, name+": collections", makes, slices.Equal(got.ids("AWS::OpenSearchServerless::Collection"), []string{"SearchCollection"}))
		same(t, name+": has the collection", makes, made.SearchCollection != nil)
		same(t, name+": has the read model", name != "none", made.Declaration.ReadModel("roster") != nil)
		for _, f := range annalsaws.Functions {
			used := name != "none" && slices.Contains(usesStores, f)
			endpoint := variablesOf(t, got, f)[annalsaws.SearchEndpointEnv]
			same(t, name+": "+string(f)+" has an endpoint", used, endpoint != nil)
			if used && name == "another" {
				same(t, "endpoint", any("abc123.eu-central-1.aoss.amazonaws.com"), endpoint)
			}
			var on []any
			for _, one := range statementsOf(t, got, annalsaws.Pascal(string(f))+"Role") {
				if one.(object)["Action"] == "aoss:APIAccessAll" {
					on = append(on, one.(object)["Resource"])
				}
			}
			var want []any
			if used && makes {
				want = []any{object{"Fn::GetAtt": list{"SearchCollection", "Arn"}}}
			} else if used {
				want = []any{collection}
			}
			same(t, name+": "+string(f)+" may connect to", want, on)
		}
		if !makes {
			same(t, name+": policies", 0, len(got.ids("AWS::OpenSearchServerless::AccessPolicy"))+
				len(got.ids("AWS::OpenSearchServerless::SecurityPolicy")))
			continue
		}
		stack, standby := "enrol", "DISABLED"
		if name == "prod" {
			stack, standby = "enrol-prod", "ENABLED"
		}
		c := got.resource(t, "SearchCollection", "AWS::OpenSearchServerless::Collection")
		same(t, name+": collection", list{stack, "SEARCH", standby},
			list{c.Properties["Name"], c.Properties["Type"], c.Properties["StandbyReplicas"]})
		for id, want := range map[string]string{
			"SearchEncryption": `{"AWSOwnedKey":true,"Rules":[{"Resource":["collection/NAME"],"ResourceType":"collection"}]}`,
			"SearchNetwork":    `[{"AllowFromPublic":true,"Rules":[{"Resource":["collection/NAME"],"ResourceType":"collection"}]}]`,
		} {
			p := got.resource(t, id, "AWS::OpenSearchServerless::SecurityPolicy").Properties
			same(t, name+": "+id, list{stack, strings.ReplaceAll(want, "NAME", stack)}, list{p["Name"], p["Policy"]})
		}
		policy := jsonOf(t, got.resource(t, "SearchAccess", "AWS::OpenSearchServerless::AccessPolicy").Properties["Policy"])
		same(t, name+": access", searchAccess(t, stack), policy)
	}
}

// usesStores are the functions that read and write read models.
var usesStores = []annalsaws.Function{annalsaws.Query, annalsaws.Projector, annalsaws.Rebuilder}

// searchAccess is the data access policy of the service with a read model in OpenSearch.
func searchAccess(t *testing.T, stack string) string {
	t.Helper()
	indexes := strings.ReplaceAll(`"Resource":["index/NAME/annals-roster-g*","index/NAME/roster"],"ResourceType":"index"`, "NAME", stack)
	role := func(f string) object { return object{"Fn::GetAtt": list{f + "Role", "Arn"}} }
	return jsonOf(t, object{"Fn::Join": list{"", list{
		`[{"Principal":["`, role("Query"), `"],"Rules":[{"Permission":["aoss:DescribeIndex","aoss:ReadDocument"],` + indexes +
			`}]},{"Principal":["`, role("Projector"), `","`, role("Rebuilder"), `"],"Rules":[{"Permission":` +
			`["aoss:CreateCollectionItems","aoss:DeleteCollectionItems","aoss:DescribeCollectionItems",` +
			`"aoss:UpdateCollectionItems"],"Resource":["collection/` + stack + `"],"ResourceType":"collection"},{"Permission":` +
			`["aoss:DeleteIndex","aoss:DescribeIndex","aoss:ReadDocument","aoss:UpdateIndex",` +
			`"aoss:WriteDocument"],` + indexes + `}]},{"Principal":["`, role("Rebuilder"),
		`"],"Rules":[{"Permission":["aoss:CreateIndex"],` + indexes + `}]}]`,
	}}})
}

// TestCollectionNames: a name that OpenSearch Serverless refuses is an error that says what to do. With a collection of
// one's own there is no such name.
func TestCollectionNames(t *testing.T) {
	settings := Settings{BuildDir: built(t), Stores: []string{"search"}, Stage: "a-name-of-20-letters"}
	named := func(name string) *annals.Service {
		s := rosterBySearch()
		s.Name = name
		return s
	}
	_, err := New(nil, "Stack", named("enrollments-b"), settings)
	want := "the collection of OpenSearch Serverless would have the name enrollmentsb-a-name-of-20-letters, of 33 characters: " +
		"it must have 3 to 32: choose another name"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("a long name: %v, want an error that begins with %s", err, want)
	}
	if made, _ := stackOf(t, named("enrollments"), settings); made.SearchCollection == nil {
		t.Error("the stack makes no collection with a name of 32 characters")
	}
	settings.SearchCollection = collection
	if made, _ := stackOf(t, named("enrollments-b"), settings); made.SearchCollection != nil {
		t.Error("the stack makes a collection, although the settings name one")
	}
}

// TestCache: the functions that read and write read models in a cache get its address, are in its VPC, and may have
// network interfaces there. No other function is, and none without such a read model.
func TestCache(t *testing.T) {
	inCache := func() *annals.Service {
		return enrol(annals.ReadModel(roster, annals.InCache), annals.Document("GET /courses/{id}", roster))
	}
	subnets, groups := []string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}, []string{"sg-0123456789abcdef0"}
	settings := Settings{
		Stores: []string{"cache"}, CacheURL: "rediss://cache.example:6379", VPCSubnets: subnets, VPCSecurityGroups: groups,
	}
	local := Settings{Stores: []string{"cache"}, CacheURL: "redis://localhost:6379"}
	for name, test := range map[string]struct {
		service   *annals.Service
		settings  Settings
		uses, vpc bool
	}{
		"in a VPC": {inCache(), settings, true, true}, "local": {inCache(), local, true, false},
		"no such read model": {enrol(), settings, false, false}, "no such store": {inCache(), Settings{}, false, false},
	} {
		_, synth := stackOf(t, test.service, test.settings)
		got := synth()
		for _, f := range annalsaws.Functions {
			id := annalsaws.Pascal(string(f))
			var address, vpc any
			if test.uses && slices.Contains(usesStores, f) {
				address = test.settings.CacheURL
			}
			inside := test.vpc && slices.Contains(usesStores, f)
			if inside {
				vpc = object{"SubnetIds": list{subnets[0], subnets[1]}, "SecurityGroupIds": list{groups[0]}}
			}
			same(t, name+": address for "+id, address, variablesOf(t, got, f)[annalsaws.CacheURLEnv])
			same(t, name+": VPC of "+id, vpc, got.resource(t, id+"Function", "AWS::Lambda::Function").Properties["VpcConfig"])
			interfaces := strings.Contains(jsonOf(t, statementsOf(t, got, id+"Role")), "ec2:CreateNetworkInterface")
			same(t, name+": network interfaces of "+id, inside, interfaces)
		}
	}
	settings.CacheURL, settings.VPCSubnets, settings.VPCSecurityGroups, settings.BuildDir = "", nil, nil, built(t)
	want := "cache is among the stores, but cacheUrl is not set"
	if _, err := New(nil, "Stack", inCache(), settings); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("without an address: %v, want an error that begins with %s", err, want)
	}
}

// TestStoreAlarm: a store that is away for more than five minutes fires an alarm, whose page tells what to do. A
// service with all read models on DynamoDB has no such alarm.
func TestStoreAlarm(t *testing.T) {
	const id = "StoreAwayAlarm"
	_, synth := stackOf(t, rosterBySearch(), Settings{Stores: []string{"search"}})
	got := synth()
	alarm := got.resource(t, id, "AWS::CloudWatch::Alarm").Properties
	same(t, id, list{
		"StoreAway", "Maximum", 300.0, 1.0, "Enrol", list{object{"Name": "Function", "Value": ref("ProjectorFunction")}},
		list{ref("AlarmTopic")}, "notBreaching",
	}, list{
		alarm["MetricName"], alarm["Statistic"], alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Namespace"],
		alarm["Dimensions"], alarm["AlarmActions"], alarm["TreatMissingData"],
	})
	_, page, _ := strings.Cut(alarm["AlarmDescription"].(string), "What to do: ")
	runbook, err := os.ReadFile("../../../" + page)
	if err != nil || !strings.Contains(string(runbook), "`"+id+"`") {
		t.Errorf("the runbook %q is missing or does not name the alarm %s: %v", page, id, err)
	}
	if !strings.Contains(jsonOf(t, got.resource(t, "Dashboard", "AWS::CloudWatch::Dashboard").Properties), "StoreAway") {
		t.Error("the dashboard does not show StoreAway")
	}
	if _, has := synthesize(t, rosterBySearch()).Resources[id]; has {
		t.Errorf("a stack without stores has %s", id)
	}
}
