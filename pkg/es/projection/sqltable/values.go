package sqltable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Values are the values of a table's columns in a row's JSON, as SQL reads them from text; nil is NULL. Columns of other
// origin than the JSON have none.
//
// Errors: [projection.ErrRefused], if a value does not fit its column. It names the column, but cites no value.
func (t *Table) Values(row json.RawMessage) ([]*string, error) {
	out := make([]*string, len(t.Columns))
	if len(row) == 0 {
		return out, nil
	}
	known := map[string]map[string]json.RawMessage{}
	for i, c := range t.Columns {
		if c.From != OfRow {
			continue
		}
		value := lookUp(row, c.Path, known)
		if len(value) == 0 || value[0] == 'n' {
			continue
		}
		text, err := c.text(value)
		if err != nil {
			return nil, fmt.Errorf("%w: table %s, column %s (%s): %w", projection.ErrRefused, t.Name, c.Name, c.Type, err)
		}
		out[i] = text
	}
	return out, nil
}

// lookUp finds a value. known are the objects that were read before, by their paths.
func lookUp(row json.RawMessage, path string, known map[string]map[string]json.RawMessage) json.RawMessage {
	at, name := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		at, name = path[:i], path[i+1:]
	}
	object, there := known[at]
	if !there {
		if at != "" {
			row = lookUp(row, at, known)
		}
		if json.Unmarshal(row, &object) != nil {
			object = nil // no object: it has no value at the path
		}
		known[at] = object
	}
	return bytes.TrimSpace(object[name])
}

var (
	whole   = regexp.MustCompile(`^-?[0-9]+$`)
	decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// text is a JSON value as SQL reads it.
func (c *Column) text(value json.RawMessage) (*string, error) {
	text := string(value)
	switch value[0] {
	case '{', '[':
		return nil, fmt.Errorf("the JSON has an object or a list at %s", c.Path)
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, fmt.Errorf("the JSON has no valid string at %s", c.Path)
		}
	}
	kind, _, _ := strings.Cut(c.Type, "(")
	fits, want := true, ""
	switch kind {
	case "text":
		fits, want = !strings.ContainsRune(text, 0), "a text without NUL characters"
	case "bigint":
		fits, want = whole.MatchString(text), "a whole number"
	case "numeric", "double precision":
		fits, want = decimal.MatchString(text), "a number"
	case "boolean":
		fits, want = text == "true" || text == "false", "true or false"
	case "timestamptz", "date":
		at, err := time.Parse(time.RFC3339Nano, text)
		if day, dateErr := time.Parse(time.DateOnly, text); err != nil && kind == "date" {
			at, err = day, dateErr
		}
		switch {
		case err != nil:
			fits, want = false, "an instant in the form of RFC 3339"
		case at.IsZero():
			return nil, nil //nolint:nilnil // NULL
		case kind == "date":
			text = at.UTC().Format(time.DateOnly)
		default:
			text = at.UTC().Format("2006-01-02T15:04:05.999999Z")
		}
	}
	if !fits {
		return nil, fmt.Errorf("want %s at %s", want, c.Path)
	}
	return &text, nil
}
