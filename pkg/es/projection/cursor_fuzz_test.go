package projection

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/annals-es/annals/pkg/es"
)

// FuzzCursor: a cursor that is accepted leads to one place, and the cursor made from that place leads there again.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{
		"", "MToy", "====", "\xff", cursor{Generation: 3, List: "entries", Sort: "2026-01-31#o-1"}.String(),
		cursor{Generation: 1, Sort: "a", Tokens: []es.StreamID{{Type: "Note", ID: "a"}}}.String(),
		cursor{Generation: 1, Sort: strings.Repeat("x", maxSortBytes+1)}.String(),
		base64.RawURLEncoding.EncodeToString([]byte("{\"s\":\"\xff\",\"t\":[]}")),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil {
			return
		}
		if c.Sort == "" || len(c.Sort) > 1024 || !utf8.ValidString(c.Sort) {
			t.Errorf("%q leads to %q, which is no sort key on DynamoDB", text, c.Sort)
		}
		again, err := parseCursor(c.String())
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%q leads to %+v, then to (-first +again): %v\n%s", text, c, err, diff)
		}
	})
}
