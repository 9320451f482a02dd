package es_test

import (
	"errors"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// TestEvents: events come typed and in order, with their metadata. An event that cannot be read ends the sequence with
// an error. The caller can stop early.
func TestEvents(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	repo := es.Open(store, counters)
	happened := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	cmd := es.Command{Meta: es.Meta{Actor: "ada", OccurredAt: happened}}
	_, err := repo.Create(t.Context(), "a", cmd, func() ([]counterEvent, error) {
		return []counterEvent{raised{1}, raised{2}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var versions []int64
	total := 0
	for e, err := range repo.Events(t.Context(), "a") {
		if err != nil {
			t.Fatal(err)
		}
		if !e.OccurredAt.Equal(happened) || e.At.IsZero() || e.Meta.Actor != "ada" {
			t.Errorf("event: %+v, want its times and its actor", e)
		}
		versions = append(versions, e.Version)
		total += e.Event.(raised).By
		if e.Version == 2 {
			break
		}
	}
	if len(versions) != 2 || total != 3 {
		t.Errorf("versions %v, total %d; want 2 versions and 3", versions, total)
	}
	for e, err := range repo.Events(t.Context(), "nobody") {
		t.Errorf("event of a missing stream: %+v, %v", e, err)
	}
	head, err := store.Head(t.Context(), counters.Stream("a"))
	if err != nil {
		t.Fatal(err)
	}
	foreign := es.Write{
		Head: head,
		Events: []es.RawEvent{
			{Type: "Unheard", Schema: 1, Data: []byte(`{}`)}, {Type: "Unheard", Schema: 1, Data: []byte(`{}`)},
		},
	}
	if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{foreign}}); err != nil {
		t.Fatal(err)
	}
	var unknown *es.UnknownEventError
	n, failures := 0, 0
	for _, err := range repo.Events(t.Context(), "a") {
		if n++; errors.As(err, &unknown) {
			failures++
		}
	}
	if n != 3 || failures != 1 || unknown.Version != 3 {
		t.Errorf("%d yields, %d failures, %v; want 3, 1, and version 3", n, failures, unknown)
	}
}
