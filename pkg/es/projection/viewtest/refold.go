package viewtest

import (
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
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

// forgetting: of a stream that is folded again, nothing is left in any generation that is kept, whatever a process that
// knew the old texts still saves. A parked stream is forgotten too.
func forgetting(t *testing.T, b *bench) {
	knowing := []fold{{version: 2}, {version: 1}}
	b.upgraded(t, b.write(t, "a", noted{"x secret 1"}, noted{"y secret 2"}), b.write(t, "b", noted{"x"}),
		b.write(t, "parked", noted{"z secret 3"}, poisoned{}))
	late := &halted{View: b.view}
	c := b.write(t, "a", noted{"z secret 4"})
	if failed := b.engineOn(late, 100, knowing...).Apply(t.Context(), []es.Commit{c}); len(failed) != 1 {
		t.Fatalf("a delivery to a process that is halted: %v, want a failure", failed)
	}
	for _, g := range []projection.Generation{1, 2} {
		if found := b.holding(t, "secret", g); len(found) == 0 {
			t.Fatalf("generation %d holds no secrets", g)
		}
	}
	erased := []string{"a", "parked"}
	erasing := []fold{{version: 2, erased: erased}, {version: 1, erased: erased}}
	e := b.engine(erasing...)
	for range 2 {
		out, err := e.Refold(t.Context(), []es.StreamID{note("a"), note("parked"), note("never")})
		if err != nil || out.Documents != 4 {
			t.Errorf("refold: %+v, %v, want 4 documents: two in two generations", out, err)
		}
		late.wantStale(t)
		if left := b.holding(t, "secret", 1, 2); len(left) > 0 {
			t.Errorf("after a refold, secrets are in %v", left)
		}
	}
	apply(t, e, c, b.write(t, "a", noted{"y secret 5"}), b.write(t, "parked", noted{"x secret 6"}))
	if left := b.holding(t, "secret", 1, 2); len(left) > 0 {
		t.Errorf("after later events, secrets are in %v", left)
	}
	b.wantShown(t, erasing[0])
	b.rollBack(t, e)
	b.wantShown(t, erasing[1])
	for _, g := range []projection.Generation{1, 2} {
		b.wantVerified(t, e, g)
		b.wantParked(t, g, map[string]string{"parked": "failed before 2, seen 3: poison"})
	}
}
