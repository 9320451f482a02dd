package verify_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/verify"
)

// failing is a list whose scan fails, or whose every second Inspect fails.
type failing struct {
	list
	scan, inspect error
}

func fail(err error) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) { yield(es.ScanPage{}, err) }
}

func (f failing) Scan(ctx context.Context, s es.Segment) iter.Seq2[es.ScanPage, error] {
	if f.scan != nil {
		return fail(f.scan)
	}
	return f.list.Scan(ctx, s)
}

func (f failing) Inspect(ctx context.Context, s es.StreamID, versions es.VersionRange) iter.Seq2[es.ScanPage, error] {
	if f.inspect != nil {
		return fail(f.inspect)
	}
	return f.list.Inspect(ctx, s, versions)
}

// TestErrorsAreNoFindings: a store that cannot be read gives an error, never a report without findings.
func TestErrorsAreNoFindings(t *testing.T) {
	t.Parallel()
	down := errors.New("the store is down")
	l := oneStream(t)
	witness := []verify.Witness{{Source: "anchors", Stream: account(7), Version: 5, Hash: l[0].Hash}}
	sibling := oneStream(t)
	sibling[4].Siblings = []es.StreamVersion{{Stream: account(7), Version: 1}}
	for name, test := range map[string]struct {
		source  failing
		open    int
		witness []verify.Witness
	}{
		"scan":                       {failing{list: l, scan: down}, 100, nil},
		"a look at a witness":        {failing{list: l, inspect: down}, 100, witness},
		"a look at a sibling":        {failing{list: sibling, inspect: down}, 100, nil},
		"a look at a sibling, at it": {failing{list: sibling, inspect: down}, 0, nil},
	} {
		r, err := verify.StoreWithin(t.Context(), test.source, verify.Config{Witnesses: test.witness}, test.open)
		if !errors.Is(err, down) || r != nil {
			t.Errorf("verify, %s: %v, %+v, want the store's error and no report", name, err, r)
		}
	}
	if r, err := verify.Stream(t.Context(), failing{inspect: down}, account(1)); !errors.Is(err, down) || r != nil {
		t.Errorf("verify a stream of a store that fails: %v, %+v, want the store's error", err, r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := verify.Store(ctx, sibling, verify.Config{}); !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("verify with a canceled context: %v, %+v, want context.Canceled", err, r)
	}
	if _, err := verify.Store(t.Context(), l, verify.Config{Segments: -1}); err == nil {
		t.Error("scan of -1 segments: no error")
	}
}

// TestManyFindings: all findings are counted, and MaxFindings of them are kept.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	l := oneStream(t)
	for i := range l {
		l[i].ID = "x"
	}
	r, err := verify.Store(t.Context(), l, verify.Config{MaxFindings: 2})
	if err != nil || r.Found != 5 || len(r.Findings) != 2 {
		t.Errorf("verify with at most 2 findings: %v, %+v, want 5 found and 2 of them listed", err, r)
	}
}
