package viewtest_test

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

// lean is a view that holds some kinds of rows, and refuses the others.
type lean struct {
	projection.View
	has viewtest.Features
}

func (v lean) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	for _, w := range rows {
		switch {
		case w.Kind == projection.Add && !v.has.Counters:
			return fmt.Errorf("%w: it holds no counters", projection.ErrRefused)
		case w.Kind != projection.Add && !v.has.Own:
			return fmt.Errorf("%w: it holds no own rows", projection.ErrRefused)
		}
	}
	for _, m := range moves {
		if len(m.Next.Slots) > 0 && !v.has.Index {
			return fmt.Errorf("%w: it holds no lists over an index", projection.ErrRefused)
		}
	}
	return v.View.Save(ctx, g, moves, rows)
}

func (v lean) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	if !v.has.Append {
		return fmt.Errorf("%w: it holds no append rows", projection.ErrRefused)
	}
	return v.View.Append(ctx, g, rows...)
}

func (v lean) List(
	ctx context.Context, g projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	for kind, lacks := range map[projection.RowKind]string{
		projection.OwnRow:      without(v.has.Own, "own rows"),
		projection.SharedRow:   without(v.has.Counters, "counters"),
		projection.AppendedRow: without(v.has.Append, "append rows"),
		projection.IndexedRow:  without(v.has.Index, "lists over an index"),
	} {
		if l.Kind == kind && lacks != "" {
			return func(yield func(projection.Listed, error) bool) {
				yield(projection.Listed{}, fmt.Errorf("list %s: it holds no %s", l.Partition, lacks))
			}
		}
	}
	return v.View.List(ctx, g, l)
}

func without(has bool, name string) string {
	if has {
		return ""
	}
	return name
}

// each runs a suite for sets of features, each on a store that has these and refuses the others.
func each(t *testing.T, suite func(*testing.T, func(*testing.T) projection.View, ...viewtest.Features)) {
	for name, has := range map[string]viewtest.Features{
		"documents alone": {}, "lists and counters": {Counters: true, Index: true},
		"rows of streams": {Own: true, Append: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite(t, func(*testing.T) projection.View { return lean{memview.New(), has} }, has)
		})
	}
}

// TestRunView: a store that holds some kinds of rows, and refuses the others, passes the suite of views.
func TestRunView(t *testing.T) {
	t.Parallel()
	each(t, viewtest.RunView)
}

// TestRunEngine: the engine works on a store that holds some kinds of rows.
func TestRunEngine(t *testing.T) {
	t.Parallel()
	each(t, viewtest.RunEngine)
}
