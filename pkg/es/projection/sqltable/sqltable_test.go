package sqltable_test

import (
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

type visit struct {
	Who  *person        `json:"who"`
	At   time.Time      `json:"at"`
	More map[string]any `json:"more"`
	Paid bool
}

type person struct {
	Name string `json:"name"`
}

// TestCheck: mistakes in declarations are named.
func TestCheck(t *testing.T) {
	t.Parallel()
	rows, index := projection.OwnRows[person]("rows"), projection.IndexRows("index", func(*visit) (projection.Key, string, bool) {
		return projection.Key{}, "", false
	})
	for want, table := range map[string]sqltable.Table{
		`the name "Visits": want lower-case`:            sqltable.Documents[visit]("Visits"),
		`column "Name": want lower-case`:                sqltable.Documents[visit]("v", sqltable.Text("Name", "who.name")),
		`column stream: every table has this column`:    sqltable.Documents[visit]("v", sqltable.Text("stream", "who.name")),
		`column a is declared twice`:                    sqltable.Documents[visit]("v", sqltable.Text("a", "at"), sqltable.Text("a", "at")),
		`path "who.nam": the JSON of sqltable_test.per`: sqltable.Documents[visit]("v", sqltable.Text("a", "who.nam")),
		`has no field "paid"`:                           sqltable.Documents[visit]("v", sqltable.Boolean("a", "paid")),
		`the path in the row's JSON is missing`:         sqltable.Rows(rows, "v", sqltable.Text("a", "")),
		`numeric(39,2): want a precision`:               sqltable.Documents[visit]("v", sqltable.Numeric("a", "more.a", 39, 2)),
		`list index is one over an index`:               sqltable.Rows(index, "v"),
		`PartitionKey, SortKey and Count are for tabl`:  sqltable.Rows(rows, "v", sqltable.SortKey("a")),
		`column b: PartitionKey, SortKey and Count a`:   sqltable.Counters("v", sqltable.Text("b", "x")),
		`Of is for the partition of a table of counte`:  sqltable.Documents[visit]("v").Of("p"),
		`an index over "x", which is no column`:         sqltable.Documents[visit]("v", sqltable.Text("a", "at")).Index("x"),
		`counters have no indexes`:                      sqltable.Counters("v", sqltable.SortKey("a")).Index("a"),
	} {
		if err := sqltable.Check(table); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	twice := sqltable.Rows(rows, "v", sqltable.Text("name", "name"))
	if err := sqltable.Check(twice, twice); err == nil || !strings.Contains(err.Error(), "two tables have the name v") {
		t.Errorf("two tables of a name: %v", err)
	}
}
