package sqltable

import "fmt"

// Column is a typed column. A value that is null or missing in the JSON is NULL.
type Column struct {
	Name string `json:"name"`
	// Type is the column's type in SQL.
	Type string `json:"type"`
	// Path leads to the value in the row's JSON, such as "shipTo.city". For a counter it is the counter's name.
	Path string `json:"path,omitempty"`
	// From is where the value comes from.
	From Origin `json:"from"`

	indexed bool
	mistake string
}

// Origin says where the value of a column comes from.
type Origin string

// The origins of values: the row's JSON, the two parts of the key of a row of counters, and a counter.
const (
	OfRow       Origin = "row"
	OfPartition Origin = "partition"
	OfSort      Origin = "sort"
	OfCounter   Origin = "counter"
)

// Indexed returns the column with an index over it.
func (c Column) Indexed() Column {
	c.indexed = true
	return c
}

// Text is a column for a string, number or boolean, as text.
func Text(name, path string) Column { return at(name, "text", path) }

// Integer is a column for a whole number of 64 bits: bigint.
func Integer(name, path string) Column { return at(name, "bigint", path) }

// Numeric is a column for an exact decimal number, or a string with one, with so many digits in all and after the
// point. A number with more digits after the point is rounded; one that is too large parks its stream. Precision is at
// most 38.
func Numeric(name, path string, precision, scale int) Column {
	c := at(name, fmt.Sprintf("numeric(%d,%d)", precision, scale), path)
	if precision < 1 || precision > 38 || scale < 0 || scale > precision {
		c.mistake = fmt.Sprintf("numeric(%d,%d): want a precision of 1 to 38, and a scale of 0 to the precision", precision, scale)
	}
	return c
}

// Float is a column for a number with about 15 digits: double precision.
func Float(name, path string) Column { return at(name, "double precision", path) }

// Boolean is a column for true or false.
func Boolean(name, path string) Column { return at(name, "boolean", path) }

// Timestamp is a column for an instant, which JSON has in the form of RFC 3339: timestamptz, to the microsecond. Go's
// zero time is NULL.
func Timestamp(name, path string) Column { return at(name, "timestamptz", path) }

// Date is a column for a day: "2026-01-31", or an instant, of which it is the day in UTC. Go's zero time is NULL.
func Date(name, path string) Column { return at(name, "date", path) }

func at(name, typ, path string) Column {
	c := Column{Name: name, Type: typ, Path: path, From: OfRow}
	if path == "" {
		c.mistake = "the path in the row's JSON is missing"
	}
	return c
}

// PartitionKey and SortKey are columns for the two parts of the key of a row of counters.
func PartitionKey(name string) Column { return Column{Name: name, Type: "text", From: OfPartition} }

// SortKey is the column for the sort key: see [PartitionKey].
func SortKey(name string) Column { return Column{Name: name, Type: "text", From: OfSort} }

// Count is a column for the counter of a name. It is 0 if nothing was added to it.
func Count(name, counter string) Column {
	return Column{Name: name, Type: "numeric", Path: counter, From: OfCounter}
}
