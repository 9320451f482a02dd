package estest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// visits is a projection: it shows who passed each door, lists them, and counts them over all doors.
type visits struct {
	OpenedBy string   `json:"openedBy"`
	Who      []string `json:"who,omitempty"`
}

type visit struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
}

var errBanned = errors.New("banned")

func visitKey(n int) projection.Key {
	return projection.Key{Partition: "visits", Sort: fmt.Sprintf("%04d", n)}
}

func guestKey(who string) projection.Key {
	return projection.Key{Partition: "guests", Sort: who}
}

// visitsWith is visits with an addition to the fold.
func visitsWith(
	name string, more func(s *visits, e projection.Event[doorEvent], w *projection.Writes) error,
) projection.Projection {
	if more == nil {
		more = func(*visits, projection.Event[doorEvent], *projection.Writes) error { return nil }
	}
	return projection.New(name, 1, projection.From(
		es.Aggregate[struct{}, doorEvent]{StreamType: "Door", Events: doorEvents},
		projection.On(func(s *visits, e projection.Event[opened], _ *projection.Writes) error {
			s.OpenedBy = e.Data.By
			return nil
		}),
		projection.On(func(s *visits, e projection.Event[passed], w *projection.Writes) error {
			if e.Data.Who == "Mallory" {
				return errBanned
			}
			s.Who = append(s.Who, e.Data.Who)
			w.Add(guestKey(e.Data.Who), "visits", projection.Int(1))
			lastVisits.Delete(w, visitKey(len(s.Who)-2)) // only the last two stay listed
			lastVisits.Put(w, visitKey(len(s.Who)), visit{e.Data.Who, e.OccurredAt})
			return nil
		}),
		projection.On(more),
	), lastVisits, stamps)
}

var (
	lastVisits = projection.OwnRows[visit]("visits")
	stamps     = projection.OwnRows[int]("stamps")
)

func doorID(id string) es.StreamID { return es.StreamID{Type: "Door", ID: id} }

func TestProject(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC)
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	estest.Project(t, visitsWith("visits", nil), lamps0{}, doorEvents).
		Given(doorID("a"), opened{By: "Ada"}).
		Given(doorID("a"), passed{Who: "Bob"}, passed{Who: "Cy"}).
		With(es.Meta{OccurredAt: long}).
		Given(doorID("b"), passed{Who: "Bob"}).
		State(doorID("a"), visits{OpenedBy: "Ada", Who: []string{"Bob", "Cy"}}).
		Row(doorID("a"), visitKey(2), visit{"Cy", at}).
		Row(doorID("b"), visitKey(1), visit{"Bob", long}).
		NoRow(doorID("b"), visitKey(2)).
		Counters(guestKey("Bob"), map[string]string{"visits": "2.0"}).
		Counters(guestKey("Dan"), nil).
		Given(doorID("b"), passed{Who: "Mallory"}).
		Parked(doorID("b"), 2, projection.Failed).
		Counters(guestKey("Bob"), map[string]string{"visits": "2"}).
		Chaos()
}

// lamps0 is a registry that none of the given events belongs to.
type lamps0 struct{}

func (lamps0) EncodeAny(any) (es.RawEvent, error) { return es.RawEvent{}, errShut }

func TestProjectFinds(t *testing.T) {
	t.Parallel()
	a := doorID("a")
	for name, test := range map[string]struct {
		ask  func(f *estest.Projected)
		says []string
	}{
		"another state": {
			func(f *estest.Projected) { f.State(a, visits{OpenedBy: "Eve"}) }, []string{"state of Door#a", `"Eve"`, `"Ada"`},
		},
		"no state": {
			func(f *estest.Projected) { f.State(doorID("x"), visits{}) }, []string{"state of Door#x: not found"},
		},
		"a state as text": {func(f *estest.Projected) { f.State(a, "text") }, []string{"cannot be decoded as string"}},
		"another row": {
			func(f *estest.Projected) { f.Row(a, visitKey(1), visit{Who: "Eve"}) },
			[]string{"row 0001|Door#a of visits", "Eve", "Bob"},
		},
		"no row": {func(f *estest.Projected) { f.Row(a, visitKey(9), visit{}) }, []string{"not found"}},
		"a row":  {func(f *estest.Projected) { f.NoRow(a, visitKey(1)) }, []string{"want none", "Bob"}},
		"another counter": {
			func(f *estest.Projected) { f.Counters(guestKey("Bob"), map[string]string{"visits": "2"}) },
			[]string{"counters Bob of guests", `"2"`, `"1"`},
		},
		"no counters": {func(f *estest.Projected) { f.Counters(guestKey("Bob"), nil) }, []string{"counters Bob of guests"}},
		"not parked": {
			func(f *estest.Projected) { f.Parked(a, 2, projection.Failed) }, []string{"not parked: it is at version 2"},
		},
		"not an event": {func(f *estest.Projected) { f.Given(a, 7) }, []string{"given Door#a: int is in none"}},
		"no events":    {func(f *estest.Projected) { f.Given(a) }, []string{"given Door#a", es.ErrNoEvents.Error()}},
		"parked elsewhere": {
			func(f *estest.Projected) { f.Given(a, passed{Who: "Mallory"}).Parked(a, 4, projection.TooLarge) },
			[]string{"before version 3 as failed, want version 4, too-large: banned"},
		},
		"parked": {func(f *estest.Projected) {
			f.Given(a, passed{Who: "Mallory"}).State(a, visits{OpenedBy: "Ada", Who: []string{"Bob"}})
		},
			[]string{"Door#a is parked before version 3: banned"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r recorder
			f := estest.Project(&r, visitsWith("visits", nil), doorEvents).Given(a, opened{By: "Ada"}, passed{Who: "Bob"})
			r.wants(t)
			test.ask(f)
			r.wants(t, test.says...)
		})
	}
}

// busyDoors is a history of several doors.
func busyDoors(t *testing.T) *memstore.Store {
	t.Helper()
	store := memstore.New()
	for i := range 40 {
		head, err := store.Head(t.Context(), doorID(fmt.Sprint(i%4)))
		if err != nil {
			t.Fatal(err)
		}
		var events []es.RawEvent
		for j := range 1 + i%3 {
			raw, err := doorEvents.Encode(passed{Who: fmt.Sprint("guest", (i+j)%5)})
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, raw)
		}
		if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events}}}); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// TestChaosFinds: Chaos fails for folds that depend on more than their arguments, and passes for others.
func TestChaosFinds(t *testing.T) {
	t.Parallel()
	var total, clock atomic.Int64
	seen := map[es.StreamID]int64{}
	for name, test := range map[string]struct {
		more func(s *visits, e projection.Event[doorEvent], w *projection.Writes) error
		says []string
	}{
		"nothing": {nil, nil},
		"many rows in no order": {func(_ *visits, _ projection.Event[doorEvent], w *projection.Writes) error {
			for who := range map[string]bool{
				"a": true, "b": true, "c": true, "d": true, "e": true, "f": true, "g": true, "h": true,
			} {
				w.Add(guestKey(who), "seen", projection.Int(1))
			}
			return nil
		}, nil},
		"a counter of the process": {func(s *visits, _ projection.Event[doorEvent], _ *projection.Writes) error {
			s.OpenedBy = fmt.Sprint(total.Add(1))
			return nil
		}, []string{"depends on more than its arguments", "state of Door#"}},
		"a key by the clock": {func(_ *visits, _ projection.Event[doorEvent], w *projection.Writes) error {
			stamps.Put(w, projection.Key{Partition: "clock", Sort: fmt.Sprint(time.Now().UnixNano(), clock.Add(1))}, 1)
			return nil
		}, []string{"depends on more than its arguments", "row clock / "}},
		"the other streams": {func(s *visits, e projection.Event[doorEvent], _ *projection.Writes) error {
			seen[e.Stream] = e.Version // the same in each plain fold
			s.OpenedBy = ""
			if e.Version <= seen[doorID("0")] {
				s.OpenedBy = "after door 0"
			}
			return nil
		}, []string{"seed", "differ from those of a plain fold in order", estest.SeedVariable + "="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r recorder
			estest.Chaos(&r, visitsWith("visits", test.more), busyDoors(t))
			r.wants(t, test.says...)
		})
	}
}

// TestChaosIsReplayed: the same seed repeats the same run.
func TestChaosIsReplayed(t *testing.T) {
	store := busyDoors(t)
	run := func() string {
		var trace strings.Builder
		p := visitsWith("visits", func(_ *visits, e projection.Event[doorEvent], _ *projection.Writes) error {
			_, _ = fmt.Fprintf(&trace, "%s@%d ", e.Stream, e.Version)
			return nil
		})
		estest.Chaos(t, p, store)
		return trace.String()
	}
	t.Setenv(estest.SeedVariable, "7")
	first := run()
	if second := run(); first != second {
		t.Errorf("events folded by seed 7 differ:\n%s\nand then\n%s", first, second)
	}
	t.Setenv(estest.SeedVariable, "8")
	if run() == first {
		t.Error("seeds 7 and 8 make the same run")
	}
	t.Setenv(estest.SeedVariable, "")
	t.Setenv(estest.RoundsVariable, "1")
	if short := run(); len(short) > 2*len(first) {
		t.Error("one round folds more events than one seed")
	}
}

func TestChaosRefuses(t *testing.T) { //nolint:paralleltest // sets the environment
	p := visitsWith("visits", nil)
	var r recorder
	estest.Chaos(&r, p, memstore.New())
	r.wants(t, "read history: the store has no commits")
	for variable, value := range map[string]string{estest.SeedVariable: "x", estest.RoundsVariable: "0"} {
		t.Setenv(estest.SeedVariable, "")
		t.Setenv(variable, value)
		r = recorder{}
		estest.Chaos(&r, p, busyDoors(t))
		r.wants(t, "chaos: ", value)
	}
}
