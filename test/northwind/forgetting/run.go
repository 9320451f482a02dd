package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/test/northwind/data"
)

// The customers of the story. Nobody else has their names and addresses.
const (
	first   = "SPLIR" // Split Rail Beer & Ale: forgotten when all is quiet
	during  = "QUICK" // QUICK-Stop: forgotten in the middle of an import, while functions are killed
	late    = "HUNGO" // Hungry Owl: forgotten while a projector is halted that still has the data
	slow    = "LILAS" // LILA-Supermercado: forgotten while a snapshot with the data is on its way
	witness = "BERGS" // Berglunds snabbköp: stays
)

var everybody = []string{first, during, late, slow, witness}

// The orders are imported in two parts: those up to quiet, and the rest up to all.
const quiet, all = 100, 280

// story is one run.
type story struct {
	*stack
	out     io.Writer
	nw      data.Northwind
	before  map[string]bool // the orders of the first part
	people  map[string]person
	finders map[string]*finder
	asOf    time.Time // after the first part, before anybody is forgotten
}

func run(ctx context.Context, s *stack, out io.Writer) error {
	nw, err := data.Load()
	if err != nil {
		return err
	}
	nw.Orders = nw.Orders[:all]
	t := &story{stack: s, out: out, nw: nw, before: map[string]bool{}, people: peopleOf(nw), finders: map[string]*finder{}}
	for _, o := range nw.Orders[:quiet] {
		t.before[o.ID] = true
	}
	for _, id := range everybody {
		if len(t.people[id].Values) < 3 {
			return fmt.Errorf("%s has too few personal values of its own: %q", id, t.people[id].Values)
		}
		t.finders[id] = newFinder(t.people[id].Values)
	}
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"a part of Northwind is imported", t.importFirst},
		{"a customer is forgotten", t.forgetFirst},
		{"it does not come back", t.comeBack},
		{"customers are forgotten during an import", t.forgetDuring},
	} {
		started := time.Now()
		t.say("%s:", part.name)
		if err := part.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		t.say("  took %.1f s", time.Since(started).Seconds())
	}
	return nil
}

func (t *story) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// gone checks that no place has data of the people forgotten, and that the same scan finds the witness.
func (t *story) gone(ctx context.Context, forgotten ...string) error {
	for _, id := range forgotten {
		found, err := t.scan(ctx, t.finders[id])
		if err != nil {
			return err
		}
		if len(found.Found) > 0 {
			return fmt.Errorf("%s is forgotten, and there is still %q", id, found.Found)
		}
		if found.Bus == 0 {
			return errors.New("no event was published: the scan of the bus can't fail")
		}
		t.say("  scan: nothing of %s: %s", id, found.size())
	}
	return t.there(ctx, witness)
}

// there checks that the scan finds the data of a person in the tables that hold it in the clear, and nowhere else.
func (t *story) there(ctx context.Context, id string) error {
	found, err := t.scan(ctx, t.finders[id])
	if err != nil {
		return err
	}
	var places []string
	for place := range found.Found {
		places = append(places, place)
	}
	slices.Sort(places)
	want := []string{"table " + t.located.Resources.Tables["accounts"], "table " + t.located.Resources.Tables["snapshots"]}
	slices.Sort(want)
	if !slices.Equal(places, want) {
		return fmt.Errorf("the scan finds data of %s in %q, want it in %q", id, found.Found, want)
	}
	for _, v := range t.people[id].Values {
		if !strings.Contains(fmt.Sprint(found.Found), v) {
			return fmt.Errorf("the scan does not find %q of %s: a check that can't fail", v, id)
		}
	}
	t.say("  scan: all %d values of %s, in %s", len(t.people[id].Values), id, strings.Join(places, " and "))
	return nil
}

func (s scanned) size() string {
	return fmt.Sprintf("%d items of %d tables, %d files, %.1f MB", s.Items, s.Tables, s.Files, float64(s.Bytes)/1e6)
}

// verify checks the stored commits with `annals verify`.
func (t *story) verify(ctx context.Context) error {
	said, err := t.command(ctx, nil, "verify")
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(said, "\n")
	t.say("  annals verify: %s", line)
	return nil
}
