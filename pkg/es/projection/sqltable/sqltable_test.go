package sqltable_test

import (
	"errors"
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

// TestValues: values are read from a row's JSON as SQL reads them, wherever they stand.
func TestValues(t *testing.T) {
	t.Parallel()
	table := sqltable.Documents[visit]("visits", sqltable.Text("name", "who.name"), sqltable.Integer("n", "more.n"),
		sqltable.Numeric("amount", "more.a.b", 8, 2), sqltable.Float("share", "more.share"), sqltable.Boolean("paid", "Paid"),
		sqltable.Timestamp("at", "at"), sqltable.Date("day", "at"), sqltable.Text("odd", "more.x*|y"))
	if err := sqltable.Check(table); err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]string{
		`{"who":{"name":"O'Hara \"x\""},"at":"2026-01-05T23:30:00.1234567+02:00","more":{"n":-3,"a":{"b":"1.50"},"share":1e-3,"x*|y":"z"},"Paid":true}`: `O'Hara "x"|-3|1.50|1e-3|true|2026-01-05T21:30:00.123456Z|2026-01-05|z`,
		`{"who":null,"at":"0001-01-01T00:00:00Z","more":{"a":2,"n":null}}`:                                                                              "~|~|~|~|~|~|~|~",
		`{"who":{"name":7},"at":"2026-01-05T00:00:00Z","more":[]}`:                                                                                      "7|~|~|~|~|2026-01-05T00:00:00Z|2026-01-05|~",
		``: "~|~|~|~|~|~|~|~", `"text"`: "~|~|~|~|~|~|~|~",
	} {
		got, err := table.Values([]byte(row))
		if err != nil {
			t.Errorf("%s: %v", row, err)
			continue
		}
		texts := make([]string, len(got))
		for i, v := range got {
			if texts[i] = "~"; v != nil {
				texts[i] = *v
			}
		}
		if joined := strings.Join(texts, "|"); joined != want {
			t.Errorf("%s: %s, want %s", row, joined, want)
		}
	}
	for row, column := range map[string]string{
		`{"who":{"name":{"secret":1}}}`: "name", `{"who":{"name":"sec\u0000ret"}}`: "name", `{"more":{"n":1.5}}`: "n", `{"more":{"n":"secret"}}`: "n",
		`{"more":{"a":{"b":"secret"}}}`: "amount", `{"Paid":"secret"}`: "paid", `{"at":"secret"}`: "at",
	} {
		_, err := table.Values([]byte(row))
		if !errors.Is(err, projection.ErrRefused) || !strings.Contains(err.Error(), "column "+column) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want ErrRefused that names %s and cites nothing", row, err, column)
		}
	}
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
