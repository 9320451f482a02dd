package viewtest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Features are the kinds of rows that a store holds. Every store holds documents, which are the states in checkpoints.
//
// A store must refuse what it does not hold. Save and Append fail with [projection.ErrRefused], and write nothing. List
// yields an error. Each error names the kind as it is named here.
type Features struct {
	Own      bool // "own rows"
	Counters bool // "counters"
	Append   bool // "append rows"
	Index    bool // "lists over an index": slots of documents
	// Separate is true if a save of several streams that fails may have saved some of them, each as a whole.
	Separate bool
}

// everything are the features of a store that declares none.
var everything = Features{Own: true, Counters: true, Append: true, Index: true}

func declared(features []Features) Features {
	if len(features) == 0 {
		return everything
	}
	return features[0]
}

// holds reports whether the store holds rows of a kind.
func (f Features) holds(kind projection.RowKind) bool {
	switch kind {
	case projection.OwnRow:
		return f.Own
	case projection.SharedRow:
		return f.Counters
	case projection.AppendedRow:
		return f.Append
	default:
		return f.Index
	}
}

// kindNames are how errors name the kinds of rows.
var kindNames = map[projection.RowKind]string{
	projection.OwnRow: "own rows", projection.SharedRow: "counters", projection.AppendedRow: "append rows",
	projection.IndexedRow: "lists over an index",
}

// kinds are the kinds that the store holds.
func (f Features) kinds() (held []projection.RowKind) {
	for kind := range kindNames {
		if f.holds(kind) {
			held = append(held, kind)
		}
	}
	slices.Sort(held)
	return held
}

// held are the writes of the kinds that the store holds.
func (f Features) held(writes ...projection.Write) (held []projection.Write) {
	for _, w := range writes {
		if w.Kind == projection.Add && f.Counters || w.Kind != projection.Add && f.Own {
			held = append(held, w)
		}
	}
	return held
}

// group is a part of a suite. It runs if the store holds what it needs.
type group[F any] struct {
	needs bool
	tests map[string]func(*testing.T, F)
}

// run runs the tests of a suite in parallel, each on a fixture of its own, and logs the names of those that it leaves
// out.
func run[F any](t *testing.T, open func(t *testing.T) F, groups []group[F]) {
	t.Helper()
	for _, g := range groups {
		if !g.needs {
			t.Logf("left out, because the store lacks a kind of rows: %s",
				strings.Join(slices.Sorted(maps.Keys(g.tests)), ", "))
			continue
		}
		for name, test := range g.tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, open(t))
			})
		}
	}
}

// refusals are the tests that a store refuses the kinds that it does not hold.
func (f Features) refusals() map[string]func(*testing.T, *fixture) {
	tests := map[string]func(*testing.T, *fixture){}
	for kind, name := range kindNames {
		if !f.holds(kind) {
			tests["refused/"+name] = func(t *testing.T, f *fixture) { refused(t, f, kind, name) }
		}
	}
	return tests
}

// refused: rows of a kind can't be written and not be listed, and the errors name the kind.
func refused(t *testing.T, f *fixture, kind projection.RowKind, name string) {
	save := func(next projection.Checkpoint, rows ...projection.Write) error {
		return f.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: stream("a"), Next: next}}, rows)
	}
	errs := map[string]error{}
	switch kind {
	case projection.OwnRow:
		errs["put"] = save(at(1), put(key("p", "s"), `1`))
		errs["delete"] = save(at(1), projection.Write{Kind: projection.Delete, Key: key("p", "s")})
	case projection.SharedRow:
		errs["add"] = save(at(1), add(t, key("p", "s"), "n", "1"))
	case projection.AppendedRow:
		errs["append"] = f.Append(t.Context(), 1, line(1, 0, `1`))
	default:
		cp := at(1)
		cp.Slots = []projection.Slot{{}, slot(stream("a"), "p", "s", `1`)}
		errs["save a slot"] = save(cp)
	}
	for call, err := range errs {
		if !errors.Is(err, projection.ErrRefused) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want ErrRefused for %s", call, err, name)
		}
	}
	var failed error
	for _, err := range f.List(t.Context(), 1, projection.Listing{Kind: kind, Partition: "p", PageSize: 1}) {
		failed = err
	}
	if failed == nil || !strings.Contains(failed.Error(), name) {
		t.Errorf("list %s: %v, want an error that names them", name, failed)
	}
	f.wantAt(t, 1, stream("a"), nil)
	f.wantRows(t, 1, map[projection.RowKey]string{})
}
