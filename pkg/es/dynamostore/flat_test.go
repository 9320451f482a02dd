package dynamostore_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestCostsStayFlat: a transfer costs the same however many transfers an account has received. This holds for the
// payer's and the payee's stream, with a warm cache, and with a cold one except for reading the payer's blocks of
// commands. The payee's stream remembers no commands.
func TestCostsStayFlat(t *testing.T) {
	t.Parallel()
	const many = 4_300 // transfers
	s := newService(t)
	p := s.start(t)
	for _, id := range []string{"payer", "paid"} {
		if err := p.open(t, id, ask("open "+id), 1); err != nil {
			t.Fatal(err)
		}
	}
	snapshots := func() {
		for _, id := range []string{"payer", "paid"} {
			if err := s.start(t).repo.Snapshot(t.Context(), ledgers.Stream(id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	costs := func(p process, key string) dynamotest.Usage {
		p.meter.Take()
		if err := p.transfer(t, "payer", "paid", ask(key)); err != nil {
			t.Fatal(err)
		}
		return p.meter.Take()
	}
	type figures struct{ warm, cold, paid dynamotest.Usage }
	var at []figures
	for i := 1; i <= many; i++ {
		warm := costs(p, fmt.Sprint("k", i))
		if i%100 == 0 {
			snapshots()
		}
		if i != 101 && i != many {
			continue
		}
		snapshots()
		cold := costs(s.start(t), fmt.Sprint("cold ", i))
		p = s.start(t)
		p.meter.Take()
		if err := p.deposit(t, "paid", ask(fmt.Sprint("paid ", i)), 1); err != nil {
			t.Fatal(err)
		}
		paid := p.meter.Take()
		if err := p.transfer(t, "payer", "paid", ask(fmt.Sprint("warms up ", i))); err != nil {
			t.Fatal(err)
		}
		at = append(at, figures{warm, cold, paid})
	}
	few, lots := at[0], at[1]
	if blocks := lots.cold.Requests["BatchGetItem"]; blocks != 1 {
		t.Errorf("a cold transfer read blocks in %d requests, want 1", blocks)
	}
	more := lots.cold.ReadUnits - few.cold.ReadUnits
	if want := float64(many/256) * 1.5; more > want {
		t.Errorf("a cold transfer took %v extra read units for %d blocks, want at most %v", more, many/256, want)
	}
	lots.cold.ReadUnits = few.cold.ReadUnits
	lots.cold.Requests = maps.Clone(lots.cold.Requests)
	delete(lots.cold.Requests, "BatchGetItem")
	if diff := cmp.Diff(few, lots, cmp.AllowUnexported(figures{})); diff != "" {
		t.Errorf("the hundredth and the last transfer differ (-hundredth +last):\n%s", diff)
	}
	// The first transfer is still recognized, warm and cold: nothing is stored again.
	for name, process := range map[string]process{"warm": p, "cold": s.start(t)} {
		if got := costs(process, "k1"); got.WriteUnits != 0 {
			t.Errorf("%s: the first transfer was stored again: %+v", name, got)
		}
	}
}
