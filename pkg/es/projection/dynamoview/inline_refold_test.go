package dynamoview_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
)

// TestInlineRefolded: if a command's stream is refolded between the read and the write of its rows, the commit is
// stored, and its rows are left to the projector. The next command writes its rows again.
func TestInlineRefolded(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	write(t, b.store, "a", noted{"x"}, noted{"y"})
	b.hooks.before = func() error {
		_, err := b.engine.Refold(context.Background(), []es.StreamID{note("a")}, "log")
		return err
	}
	c := write(t, b.store, "a", noted{"z"})
	b.level(t, "a", 2)
	if n := b.store.Unaccompanied(); n != 1 {
		t.Errorf("%d appends were left alone, want 1", n)
	}
	b.apply(t, c)
	b.level(t, "a", 3)
	b.delivered(t, write(t, b.store, "a", noted{"z"}))
	b.level(t, "a", 4)
	if out, err := b.engine.Refold(t.Context(), []es.StreamID{note("a"), note("never")}); err != nil ||
		out.Documents != 1 {
		t.Errorf("refold a and a stream without events: %+v, %v, want 1 document", out, err)
	}
	b.delivered(t, write(t, b.store, "a", noted{"x"}))
	want := rows{
		Notebooks: map[string]notebook{"a": {[]string{"x", "y", "z", "z", "x"}}}, Versions: map[string]int64{"a": 5},
		All: []string{"x", "y", "z", "z", "x"}, Letters: map[string]string{"x": "2", "y": "1", "z": "2"},
	}
	if diff := cmp.Diff(want, b.rows(t, "a")); diff != "" || b.store.Unaccompanied() != 1 {
		t.Errorf("%d left, rows (-want +got):\n%s", b.store.Unaccompanied(), diff)
	}
}
