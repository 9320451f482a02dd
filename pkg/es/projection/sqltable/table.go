// Package sqltable declares the tables in which people query a projection by SQL: typed columns of its documents, rows
// and counters. Package sqlview stores them. This package links no driver, so declarations may stand beside the
// projections. Start with [Documents].
package sqltable

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/internal/jsonpath"
)

// Table is what people query: an SQL view over the generation that serves. All its fields are plain data, which is
// stored with each generation.
type Table struct {
	// Name is the view's name, such as "order_lines".
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// List is the name of the list whose rows the table shows, for the kinds Own and Appended.
	List string `json:"list,omitempty"`
	// Partition is the only partition whose counters the table shows, empty for all.
	Partition string   `json:"partition,omitempty"`
	Columns   []Column `json:"columns"`
	// Indexes are the columns of each index.
	Indexes [][]string `json:"indexes,omitempty"`

	mistakes []string
}

// Kind says what the rows of a table are.
type Kind string

// The kinds of tables.
const (
	Document Kind = "document"
	Own      Kind = "own"
	Appended Kind = "appended"
	Counter  Kind = "counter"
)

// Added are the columns that tables have besides their own: the stream, such as "Order#o-1", and its version, which is
// that of the document, or of the event that appended the row. Tables of counters have neither.
var Added = []string{"stream", "version"}

// Documents declares a table with a row for each document of a projection.
func Documents[S any](name string, columns ...Column) Table {
	return declare(Table{Name: name, Kind: Document, Columns: columns}, reflect.TypeFor[S]())
}

// Rows declares a table with the rows of a list, which is one of [projection.OwnRows] or [projection.AppendRows].
func Rows[R any](list *projection.Rows[R], name string, columns ...Column) Table {
	t := Table{Name: name, Kind: Own, List: list.Name(), Columns: columns}
	switch list.Kind() {
	case projection.OwnRow:
	case projection.AppendedRow:
		t.Kind = Appended
	case projection.SharedRow, projection.IndexedRow:
		t.wrong("list %s is one over an index, which shows documents: declare columns of the documents", list.Name())
	}
	return declare(t, reflect.TypeFor[R]())
}

// Counters declares a table with a row for each row of counters. Its columns are [PartitionKey], [SortKey] and [Count].
func Counters(name string, columns ...Column) Table {
	return declare(Table{Name: name, Kind: Counter, Columns: columns}, nil)
}

// Of limits a table of counters to one partition.
func (t Table) Of(partition string) Table {
	if t.Kind != Counter || partition == "" {
		t.wrong("Of is for the partition of a table of counters")
	}
	t.Partition = partition
	return t
}

// Index adds an index over columns, in this order.
func (t Table) Index(columns ...string) Table {
	t.Indexes = append(slices.Clone(t.Indexes), columns)
	return t
}

func (t *Table) wrong(format string, args ...any) {
	t.mistakes = append(slices.Clip(t.mistakes), fmt.Sprintf(format, args...))
}

// identifier is a name that needs no quotes, with room for prefixes: PostgreSQL cuts names at 63 bytes.
var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// declare finds the mistakes in a table whose rows have a type.
func declare(t Table, row reflect.Type) Table {
	if !identifier.MatchString(t.Name) {
		t.wrong("the name %q: want lower-case letters, digits and _, at most 40, with a letter first", t.Name)
	}
	seen := map[string]bool{}
	for _, c := range t.Columns {
		switch {
		case !identifier.MatchString(c.Name):
			t.wrong("column %q: want lower-case letters, digits and _, at most 40, with a letter first", c.Name)
		case slices.Contains(Added, c.Name):
			t.wrong("column %s: every table has this column", c.Name)
		case seen[c.Name]:
			t.wrong("column %s is declared twice", c.Name)
		case c.From == OfRow == (t.Kind == Counter):
			t.wrong("column %s: PartitionKey, SortKey and Count are for tables of counters, all others for other tables", c.Name)
		case c.From == OfRow:
			if err := jsonpath.Check(row, c.Path, jsonpath.Around); err != nil {
				t.wrong("column %s: %v", c.Name, err)
			}
		}
		if c.mistake != "" {
			t.wrong("column %s: %s", c.Name, c.mistake)
		}
		if c.indexed {
			t.Indexes = append(t.Indexes, []string{c.Name})
		}
		seen[c.Name] = true
	}
	return t
}

// Check returns an error that names all mistakes in the declarations of a projection's tables.
func Check(tables ...Table) error {
	var mistakes []error
	names := map[string]bool{}
	for _, t := range tables {
		for _, m := range t.mistakes {
			mistakes = append(mistakes, fmt.Errorf("table %s: %s", t.Name, m))
		}
		if names[t.Name] {
			mistakes = append(mistakes, fmt.Errorf("two tables have the name %s", t.Name))
		}
		names[t.Name] = true
		for _, index := range t.Indexes {
			for _, name := range index {
				if !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == name }) {
					mistakes = append(mistakes, fmt.Errorf("table %s: there is an index over %q, which is no column", t.Name, name))
				}
			}
			if t.Kind == Counter {
				mistakes = append(mistakes, fmt.Errorf("table %s: counters have no indexes", t.Name))
			}
		}
	}
	return errors.Join(mistakes...)
}
