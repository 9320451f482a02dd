package sqlview

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
		got, err := valuesOf(&table, []byte(row))
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
		_, err := valuesOf(&table, []byte(row))
		if !errors.Is(err, projection.ErrRefused) || !strings.Contains(err.Error(), "column "+column) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want ErrRefused that names %s and cites nothing", row, err, column)
		}
	}
}
