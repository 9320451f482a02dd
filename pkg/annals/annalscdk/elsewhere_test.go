package annalscdk

import (
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// rosterBySQL is a service with a read model in SQL, and one route that only SQL can answer.
func rosterBySQL() *annals.Service {
	table := sqltable.Documents[document]("rosters", sqltable.Text("first", "Students"))
	return enrol(annals.ReadModel(roster, annals.InSQL(table)), annals.Document("GET /courses/{id}", roster))
}

const cluster = "arn:aws:dsql:eu-central-1:123456789012:cluster/abc123"

// TestStores: a stack with the store SQL has a cluster, or takes one, and the functions that read and write read models
// connect to it. A stack without the store has nothing of it, and not the read models and routes that need it.
func TestStores(t *testing.T) {
	uses := []annalsaws.Function{annalsaws.Query, annalsaws.Projector, annalsaws.Rebuilder}
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
			used := name != "none" && slices.Contains(uses, f)
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
	} {
		if _, err := readSettings(context); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("settings %v: %v, want an error that begins with %s", context, err, want)
		}
	}
}
