package annalsaws_test

import (
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
)

type (
	plain  struct{ Name string }
	marked struct {
		Name string `personal:"owner"`
	}
)

// some is a service whose events are like one.
func some(event any) *annals.Service {
	return annals.New("some", annals.Aggregate(es.Aggregate[int, any]{
		StreamType: "Some", Events: es.NewRegistry(es.Type[any]("Some", 1, event)), Evolve: func(*int, any) {},
	}))
}

// TestKeysTable: a service has a table of keys if its events have personal data, by its declaration and by its
// description.
func TestKeysTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		event any
		want  bool
	}{"plain": {plain{}, false}, "marked": {marked{}, true}} {
		s := some(test.event)
		for by, tables := range map[string][]annalsaws.Table{
			"declaration": annalsaws.Tables(s), "description": annalsaws.TablesOf(s.Describe()),
			"command": annalsaws.CommandTables(s), "query": annalsaws.QueryTables(s), "projector": annalsaws.ProjectorTables(s),
			"reactor": annalsaws.ReactorTables(s), "rebuilder": annalsaws.RebuilderTables(s),
		} {
			has := slices.ContainsFunc(tables, func(t annalsaws.Table) bool { return t.Name == annalsaws.Keys.Name })
			if has != test.want {
				t.Errorf("%s events, tables by %s: there is a table of keys: %v, want %v", name, by, has, test.want)
			}
		}
	}
}

// TestForgetting: only a service with personal data has a machine that forgets people, and a rebuilder that removes
// snapshots.
func TestForgetting(t *testing.T) {
	t.Parallel()
	for machine, event := range map[string]any{"": plain{}, "ForgetMachine": marked{}} {
		s := some(event)
		if got := annalsaws.Describe(s).Resources.ForgetMachine; got != machine {
			t.Errorf("events %T: the machine that forgets people is %q, want %q", event, got, machine)
		}
		physical := annalsaws.Describe(s).Resolved(func(id string) string { return "arn:" + id }).Resources.ForgetMachine
		if want := "arn:" + machine; machine != "" && physical != want {
			t.Errorf("events %T: the machine's physical id is %q, want %q", event, physical, want)
		}
		tables := annalsaws.RebuilderTables(s)
		has := slices.ContainsFunc(tables, func(t annalsaws.Table) bool { return t.Name == annalsaws.Snapshots.Name })
		if has != (machine != "") {
			t.Errorf("events %T: the rebuilder uses snapshots: %v, want %v", event, has, machine != "")
		}
	}
}
