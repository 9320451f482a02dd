package httpapi

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Instant is an instant that callers give: RFC 3339, no looser and no finer than it is kept.
type Instant string

const (
	instantPattern = `^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])` +
		`T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6}0{0,3})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`
	instantRule = "an instant as RFC 3339 has it, such as 2026-01-31T12:00:00Z: from 1970 on, with a capital T and Z, " +
		"no finer than a microsecond, no leap second; + is written %2B in a query"
)

// Schema implements [huma.SchemaProvider]. There is no format date-time: it allows more.
func (Instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: instantPattern, PatternDescription: instantRule}
}

// time is the instant. The schema has checked its form.
//
// Errors: [Problem], naming the field, for a day that its month does not have, and for what the offset takes out of the years
// from 1970 to 9999.
func (i Instant) time(field string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, string(i))
	if at = at.UTC(); err != nil || at.Year() < 1970 || at.Year() > 9999 {
		return time.Time{}, invalidField(field, "must be "+instantRule)
	}
	return at, nil
}
