package viewtest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// RunCatalog runs the suite for catalogs. Each test runs in parallel, on an empty catalog of its own.
func RunCatalog(t *testing.T, open func(t *testing.T) projection.Catalog) {
	for name, test := range map[string]func(*testing.T, projection.Catalog){
		"records/replaced":          replaced,
		"records/stale":             staleRecord,
		"records/one winner":        oneRecord,
		"records/caller's slices":   callersRecord,
		"positions/of each segment": positions,
		"notes/of each generation":  notes,
		"context/ended":             catalogCanceled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// record is the record of a projection with two generations.
func record(name string, revision int64) projection.Record {
	since := time.Date(2026, 1, 31, 12, 0, 0, 123456000, time.UTC)
	return projection.Record{Projection: name, Revision: revision, Last: 2, Builds: []projection.Build{
		{Generation: 1, Fold: 1, Status: projection.Serving, Segments: 1, Filled: true, Since: since},
		{Generation: 2, Fold: 3, Status: projection.Building, Segments: 8, Since: since},
	}}
}

func wantRecords(t *testing.T, c projection.Catalog, want ...projection.Record) {
	t.Helper()
	got, err := c.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]projection.Record{}
	for _, r := range want {
		all[r.Projection] = r
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func replaced(t *testing.T, c projection.Catalog) {
	wantRecords(t, c)
	for _, r := range []projection.Record{record("a", 0), record("b", 0), record("a", 1)} {
		if err := c.Replace(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	wantRecords(t, c, record("a", 2), record("b", 1))
}

func staleRecord(t *testing.T, c projection.Catalog) {
	if err := c.Replace(t.Context(), record("a", 1)); !errors.Is(err, projection.ErrStale) {
		t.Errorf("replace a record that does not exist: %v, want ErrStale", err)
	}
	for revision := range int64(2) {
		if err := c.Replace(t.Context(), record("a", revision)); err != nil {
			t.Fatal(err)
		}
	}
	for _, revision := range []int64{0, 1, 3} {
		if err := c.Replace(t.Context(), record("a", revision)); !errors.Is(err, projection.ErrStale) {
			t.Errorf("replace with revision %d, stored is 2: %v, want ErrStale", revision, err)
		}
	}
	wantRecords(t, c, record("a", 2))
}

func oneRecord(t *testing.T, c projection.Catalog) {
	for revision := range int64(2) {
		wantOneWinner(t, func() error { return c.Replace(t.Context(), record("a", revision)) })
	}
}

func callersRecord(t *testing.T, c projection.Catalog) {
	r := record("a", 0)
	if err := c.Replace(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Builds[0].Status = projection.Dropping
	got, err := c.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got["a"].Builds[0].Status = projection.Dropping
	wantRecords(t, c, record("a", 1))
}

func positions(t *testing.T, c projection.Catalog) {
	save := func(name string, g projection.Generation, segment int, p es.Position) {
		t.Helper()
		if err := c.SavePosition(t.Context(), name, g, segment, p); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []es.Position{"x", "y", es.End} {
		save("a", 1, 10, p)
	}
	save("a", 1, 0, "x")
	save("a", 11, 0, "other generation")
	save("b", 1, 0, "other projection")
	for _, test := range []struct {
		g    projection.Generation
		want map[int]es.Position
	}{{1, map[int]es.Position{0: "x", 10: es.End}}, {11, map[int]es.Position{0: "other generation"}}, {2, nil}} {
		got, err := c.Positions(t.Context(), "a", test.g)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(len(test.want), len(got)); diff != "" || len(got) > 0 && !cmp.Equal(test.want, got) {
			t.Errorf("positions of generation %d: %v, want %v", test.g, got, test.want)
		}
	}
	wantRecords(t, c)
}

func notes(t *testing.T, c projection.Catalog) {
	save := func(name string, g projection.Generation, note, text string) {
		t.Helper()
		var what json.RawMessage
		if text != "" {
			what = json.RawMessage(text)
		}
		if err := c.SaveNote(t.Context(), name, g, note, what); err != nil {
			t.Fatal(err)
		}
	}
	save("a", 1, "x", `1`)
	save("a", 1, "x", `{"a":2}`)
	save("a", 1, "y", `"y"`)
	save("a", 1, "y", "")
	save("a", 1, "z", "") // a note that does not exist
	save("a", 11, "x", `"other generation"`)
	save("b", 1, "x", `"other projection"`)
	got, err := c.Notes(t.Context(), "a", 1)
	if diff := cmp.Diff(map[string]json.RawMessage{"x": json.RawMessage(`{"a":2}`)}, got); err != nil || diff != "" {
		t.Errorf("notes (-want +got): %s %v", diff, err)
	}
	if none, err := c.Notes(t.Context(), "a", 2); err != nil || len(none) != 0 {
		t.Errorf("notes of a generation without notes: %v, %v", none, err)
	}
	wantRecords(t, c)
}

func catalogCanceled(t *testing.T, c projection.Catalog) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err1 := c.Records(ctx)
	_, err2 := c.Positions(ctx, "a", 1)
	_, err3 := c.Notes(ctx, "a", 1)
	for _, err := range []error{
		err1, err2, err3, c.Replace(ctx, record("a", 0)), c.SavePosition(ctx, "a", 1, 0, "x"),
		c.SaveNote(ctx, "a", 1, "n", []byte(`1`)),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("with an ended context: %v, want its error", err)
		}
	}
	wantRecords(t, c)
}
