package projection_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// swelling is a projection with named counters that stores Swollen in an appended row, or leaves it out.
func swelling(counters string, appends bool) projection.Projection {
	return projection.New("log", 1, projection.From(noted(notes),
		projection.On(func(_ *notebook, e projection.Event[Swollen], w *projection.Writes) error {
			for _, letter := range counters {
				w.Add(projection.Key{Partition: "letters", Sort: string(letter)}, "count", projection.Int(1))
			}
			if appends {
				entries.Append(w, "all", strings.Repeat("x", e.Data.Bytes))
			}
			return nil
		})), entries)
}

// TestAppendedRowTooLarge: an event with an appended row that is too large is parked with none of its other rows
// written, because a later fold may make other rows.
func TestAppendedRowTooLarge(t *testing.T) {
	t.Parallel()
	for _, writes := range []int{3, 4, 100} {
		t.Run(fmt.Sprint(writes, " writes"), func(t *testing.T) {
			t.Parallel()
			b := newBench()
			b.view = memview.New(memview.Config{MaxWrites: writes})
			e := b.engineOf(projection.Config{}, swelling("abc", true))
			c := b.write(t, "a", Swollen{500 << 10})
			apply(t, e, c)
			b.wantParked(t, map[string]string{"a": "too-large before 1, seen 1"})
			if at := b.at(t, 1, "a"); at.RowsWritten != 0 {
				t.Errorf("%d rows are written", at.RowsWritten)
			}
			cfg := projection.Config{CodeVersion: func() string { return "mended" }}
			apply(t, b.engineOf(cfg, swelling("cde", false)), c)
			b.wantShown(t, 1, swelling("cde", false), "a")
		})
	}
}
