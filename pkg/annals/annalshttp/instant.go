package annalshttp

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// instant is an instant that a caller sends: RFC 3339 in its strict form, at most as precise as it is stored.
type instant string

const (
	instantPattern = `^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])` +
		`T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6}0{0,3})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`
	instantForm = "an RFC 3339 instant such as 2026-01-31T12:00:00Z: not before 1970, with a capital T and Z, no " +
		"finer than a microsecond, no leap second"
)

var instantForms = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(instantPattern) })

// Schema implements [huma.SchemaProvider]. It does not use the format date-time, which allows more. The pattern stands
// only in the document: huma would compile it for each operation at each cold start, which takes 2 ms.
func (instant) Schema(huma.Registry) *huma.Schema {
	return textSchema(instantPattern, instantForm)
}

// time parses the instant.
//
// Errors: [Problem], which names the field, if the text is not an instant or can't be stored exactly.
func (i instant) time(field string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, string(i))
	if at = at.UTC(); err != nil || at.Year() < 1970 || at.Year() > 9999 || !instantForms().MatchString(string(i)) {
		says := "must be " + instantForm
		if strings.HasPrefix(field, "query.") {
			says += "; in a query string, + means a space: write %2B"
		}
		return time.Time{}, invalidField(field, says)
	}
	return at, nil
}
