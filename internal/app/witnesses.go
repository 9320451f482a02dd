package app

import (
	"context"
	"iter"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/verify"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Witnesses are all that the service itself remembers of its streams besides the streams: the snapshots, and the read
// models' checkpoints. It needs ProjectorTables, and the right to scan them.
//
// Errors: DynamoDB's; one that names what can't be read.
func (s Service) Witnesses(ctx context.Context) ([]verify.Witness, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
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
	snapshots := dynamostore.NewSnapshots(s.DynamoDB, s.Tables.Of(tables.Snapshots))
	if err := add("snapshot", snapshots.Marks(ctx, s.DynamoDB)); err != nil {
		return nil, err
	}
	for name, marks := range s.models(store).Marks(ctx) {
		if err := add("checkpoint of "+name, marks); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Verify compares all streams with their own hashes, and with all that the service, and whoever asks, remembers of them. See [verify.Store]. It
// needs what Witnesses needs.
//
// Errors: those of Witnesses and [verify.Store].
func (s Service) Verify(ctx context.Context, cfg verify.Config) (*verify.Report, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	own, err := s.Witnesses(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Witnesses = append(own, cfg.Witnesses...)
	return verify.Store(ctx, store, cfg)
}
