package main

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/verify"
)

// Verify compares all streams with their hashes, with the service's snapshots and with the read models' checkpoints.
// See [verify.Store].
//
// Errors: DynamoDB's; those of [verify.Store].
func (s *session) Verify(ctx context.Context, cfg verify.Config) (*verify.Report, error) {
	witnesses, err := s.witnesses(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Witnesses = append(witnesses, cfg.Witnesses...)
	return verify.Store(ctx, s.store, cfg)
}

func (s *session) witnesses(ctx context.Context) ([]verify.Witness, error) {
	var all []verify.Witness
	add := func(source string, marks iter.Seq2[es.CommitRef, error]) error {
		for m, err := range marks {
			if err != nil {
				return err
			}
			all = append(all, verify.Witness{Source: source, Stream: m.Stream, Version: m.Version, Hash: m.Hash})
		}
		return nil
	}
	snapshots := dynamostore.NewSnapshots(s.dynamoDB, s.table(annalsaws.Snapshots))
	if err := add("snapshot", snapshots.Marks(ctx, s.dynamoDB)); err != nil {
		return nil, err
	}
	marks, err := s.marks(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		if err := add("checkpoint of "+name, marks[name]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// marks returns the last commits in the checkpoints of each read model's serving generation, by the read model's name.
// Read models that are replaced and no longer read are left out, and those in other stores than DynamoDB.
//
// Errors: the catalog's.
func (s *session) marks(ctx context.Context) (map[string]iter.Seq2[es.CommitRef, error], error) {
	records, err := s.operator.models.Records(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]iter.Seq2[es.CommitRef, error]{}
	for _, r := range records {
		if view := s.operator.views[r.Projection]; view != nil {
			all[r.Projection] = view.Marks(ctx, r.Serving().Generation)
		}
	}
	return all, nil
}

// sampleOf returns the first streams of a read model, at most n.
func sampleOf(marks iter.Seq2[es.CommitRef, error], n int) ([]string, error) {
	var out []string
	for m, err := range marks {
		if err != nil {
			return out, err
		}
		if out = append(out, m.Stream.String()); len(out) == n {
			break
		}
	}
	return out, nil
}
