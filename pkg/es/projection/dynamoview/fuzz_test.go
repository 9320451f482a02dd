package dynamoview

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCursor: a cursor that is accepted leads to one place: what is made of that place leads there again.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "MToy", "MQ", "====", "\xff", "LTE6eA", Reader{g: 3}.cursor("2026-01-31#o-1"), Reader{g: 1}.cursor(strings.Repeat("x", 1025))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		generation, sort, err := parseCursor(text)
		if err != nil {
			return
		}
		if len(sort) > 1024 || !utf8.ValidString(sort) {
			t.Errorf("%q leads to %q, which is no sort key on DynamoDB", text, sort)
		}
		again, same, err := parseCursor(Reader{g: generation}.cursor(sort))
		if err != nil || again != generation || same != sort {
			t.Errorf("%q leads to %d %q, then to %d %q, %v", text, generation, sort, again, same, err)
		}
	})
}
