package sqlview

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// valuesOf are the values of a table's columns in a row's JSON, as SQL reads them from text; nil is NULL. Columns of
// other origin than the JSON have none.
//
// Errors: [projection.ErrRefused], if a value does not fit its column. It names the column, but cites no value.
func valuesOf(t *sqltable.Table, row json.RawMessage) ([]*string, error) {
	out := make([]*string, len(t.Columns))
	for i, c := range t.Columns {
		if c.From != sqltable.OfRow || len(row) == 0 {
			continue
		}
		value := gjson.GetBytes(row, queryFor(c.Path))
		if !value.Exists() || value.Type == gjson.Null {
			continue
		}
		text, err := textOf(c, value)
		if err != nil {
			return nil, fmt.Errorf("%w: table %s, column %s (%s): %w", projection.ErrRefused, t.Name, c.Name, c.Type, err)
		}
		out[i] = text
	}
	return out, nil
}

// plain is a path without characters that mean something else in a query.
var plain = regexp.MustCompile(`^[\w.-]+$`)

// queryFor is a column's path for gjson.
func queryFor(path string) string {
	if plain.MatchString(path) {
		return path
	}
	parts := strings.Split(path, ".")
	for i, part := range parts {
		parts[i] = gjson.Escape(part)
	}
	return strings.Join(parts, ".")
}

var (
	whole   = regexp.MustCompile(`^-?[0-9]+$`)
	decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// textOf is a JSON value as SQL reads it in a column.
func textOf(c sqltable.Column, value gjson.Result) (*string, error) {
	if value.IsObject() || value.IsArray() {
		return nil, fmt.Errorf("the JSON has an object or a list at %s", c.Path)
	}
	text := value.Raw
	if value.Type == gjson.String {
		text = value.String()
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
