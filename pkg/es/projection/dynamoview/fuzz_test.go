package dynamoview

import "testing"

// FuzzCursor: a cursor that is accepted leads to one place: what is made of that place leads there again.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", "MToy", "MQ", "====", "\xff", "LTE6eA", Reader{g: 3}.cursor("2026-01-31#o-1")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		generation, sort, err := parseCursor(text)
		if err != nil {
			return
		}
		again, same, err := parseCursor(Reader{g: generation}.cursor(sort))
		if err != nil || again != generation || same != sort {
			t.Errorf("%q leads to %d %q, then to %d %q, %v", text, generation, sort, again, same, err)
		}
	})
}
