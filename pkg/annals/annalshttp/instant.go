package annalshttp

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// instant is an instant that callers give: RFC 3339, no looser and no finer than it is kept.
type instant string

const (
	instantPattern = `^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])` +
		`T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6}0{0,3})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`
	instantForm = "an instant as RFC 3339 has it, such as 2026-01-31T12:00:00Z: from 1970 on, with a capital T and " +
		"Z, no finer than a microsecond, no leap second"
)

var instantForms = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(instantPattern) })

// Schema implements [huma.SchemaProvider]. There is no format date-time: it allows more. The pattern is for the
// document: huma would compile it for each operation at each cold start, which takes 2 ms.
func (instant) Schema(huma.Registry) *huma.Schema {
	return textSchema(instantPattern, instantForm)
}

// time is the instant.
//
// Errors: [Problem], naming the field, for what is none, or can't be kept.
func (i instant) time(field string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, string(i))
	if at = at.UTC(); err != nil || at.Year() < 1970 || at.Year() > 9999 || !instantForms().MatchString(string(i)) {
		says := "must be " + instantForm
		if strings.HasPrefix(field, "query.") {
			says += "; in a query string, + stands for a space: write %2B"
		}
		return time.Time{}, invalidField(field, says)
	}
	return at, nil
}
