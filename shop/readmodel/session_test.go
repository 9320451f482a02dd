package readmodel_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/readmodel"
)

// TestSession: a session stays in its generation after a swap, and reports that generation's progress.
func TestSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	create(t, w, w.accounts, "a", func() ([]account.Event, error) { return account.Open("a", "Ann Lee", "", usd("5.00")) })
	w.project(t)
	ctx, stream := t.Context(), account.Aggregate.Stream("a")
	s, err := w.models.Reader.Open(ctx, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	if !s.Reads("Account") || s.Reads("Order") {
		t.Error("the session does not know what the read model reads")
	}
	records, err := w.models.catalog.Records(ctx)
	if err != nil {
		t.Fatal(err)
	}
	swapped := records["accounts"]
	swapped.Last, swapped.Builds = 2, []projection.Build{
		{Generation: 1, Fold: 1, Status: projection.Retired}, {Generation: 2, Fold: 1, Status: projection.Serving},
	}
	if err := w.models.catalog.Replace(ctx, swapped); err != nil {
		t.Fatal(err)
	}
	time.Sleep(projection.RecordCacheAge)
	first := es.StreamVersion{Stream: stream, Version: 1}
	cp, err := s.Progress(ctx, first)
	if err != nil || cp.Version != 1 {
		t.Errorf("progress of the session: %+v, %v, want version 1", cp, err)
	}
	page, err := readmodel.Statement.Page(ctx, s, projection.Query{Partitions: []string{stream.String()}, Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("statement in the session: %+v, %v, want 1 item", page, err)
	}
	serving, err := w.models.Reader.Open(ctx, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	if cp, err := serving.Progress(ctx, first); err != nil || cp.Version != 0 {
		t.Errorf("progress of the empty generation that serves: %+v, %v", cp, err)
	}
	of1 := base64.RawURLEncoding.EncodeToString([]byte(`{"g":1,"l":"statement","s":"0"}`))
	old, err := w.models.Reader.OpenAt(ctx, "accounts", of1)
	if err != nil {
		t.Fatal(err)
	}
	if cp, err := old.Progress(ctx, first); err != nil || cp.Version != 1 {
		t.Errorf("progress of the cursor's generation: %+v, %v", cp, err)
	}
	if cp, err := s.Progress(ctx, es.StreamVersion{Stream: account.Aggregate.Stream("b"), Version: 1}); err != nil ||
		cp.Version != 0 {
		t.Errorf("progress with an unknown stream: %+v %v", cp, err)
	}
	if _, err := w.models.Reader.OpenAt(ctx, "accounts", "x"); !errors.Is(err, projection.ErrCursor) {
		t.Errorf("open a malformed cursor: %v, want ErrCursor", err)
	}
}
