package annalsaws_test

import (
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
)

// TestKeysTable: a service has a table of keys if its events have personal data, by its declaration and by its
// description.
func TestKeysTable(t *testing.T) {
	t.Parallel()
	type plain struct{ Name string }
	type marked struct {
		Name string `personal:"owner"`
	}
	for name, test := range map[string]struct {
		event any
		want  bool
	}{"plain": {plain{}, false}, "marked": {marked{}, true}} {
		s := annals.New("some", annals.Aggregate(es.Aggregate[int, any]{
			StreamType: "Some", Events: es.NewRegistry(es.Type[any]("Some", 1, test.event)), Evolve: func(*int, any) {},
		}))
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
