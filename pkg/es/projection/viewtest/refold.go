package viewtest

import (
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

// refold: with more own rows than a transaction of DynamoDB holds, a refold leaves nothing of the old result in the
// store. Readers see what a plain fold makes, and verification finds no difference.
func refold(t *testing.T, b *bench) {
	var all []es.Commit
	ids := []string{"a", "b|Note#a"} // by their names, rows of one may belong to the other
	for i := range 52 {
		for _, id := range ids[:1+(i+1)%2] {
			all = append(all, b.write(t, id, noted{fmt.Sprintf("x secret %s %d", id[:1], i)}))
		}
	}
	apply(t, b.engine(fold{version: 1}), all...)
	for n, id := range ids {
		if len(b.holding(t, "secret "+id[:1], 1)) == 0 {
			t.Fatalf("no row of %s holds a secret", id)
		}
		erasing := fold{version: 1, erased: ids[:n+1]}
		e := b.engine(erasing)
		out, err := e.Refold(t.Context(), []es.StreamID{note(id)}, "ledger")
		if err != nil || out.Documents != 1 {
			t.Errorf("refold: %+v, %v, want 1 document", out, err)
		}
		if left := b.holding(t, "secret "+id[:1], 1); len(left) > 0 {
			t.Errorf("after %s was folded again, its secrets are in %v", id, left)
		}
		b.wantShown(t, erasing)
		b.wantVerified(t, e, 1)
	}
}
