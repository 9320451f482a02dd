package annalslambda

import (
	"context"
	"iter"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/verify"
)

// Witnesses are all that the service itself remembers of its streams besides the streams: the snapshots, and the read
// models' checkpoints. It needs [annalsaws.ProjectorTables], and the right to scan them.
//
// Errors: DynamoDB's; one that names what can't be read.
func (d Deployment) Witnesses(ctx context.Context) ([]verify.Witness, error) {
	o, err := d.openReadModels()
	if err != nil {
		return nil, err
	}
	return d.witnesses(ctx, o)
}

func (d Deployment) witnesses(ctx context.Context, o *opened) ([]verify.Witness, error) {
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
	snapshots := dynamostore.NewSnapshots(d.DynamoDB, d.Tables.Of(annalsaws.Snapshots))
	if err := add("snapshot", snapshots.Marks(ctx, d.DynamoDB)); err != nil {
		return nil, err
	}
	for name, marks := range o.marks(ctx) {
		if err := add("checkpoint of "+name, marks); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Verify compares all streams with their own hashes, and with all that the service and the caller remember of them. See
// [verify.Store]. It needs what Witnesses needs.
//
// Errors: those of Witnesses and [verify.Store].
func (d Deployment) Verify(ctx context.Context, cfg verify.Config) (*verify.Report, error) {
	o, err := d.openReadModels()
	if err != nil {
		return nil, err
	}
	own, err := d.witnesses(ctx, o)
	if err != nil {
		return nil, err
	}
	cfg.Witnesses = append(own, cfg.Witnesses...)
	return verify.Store(ctx, o.store, cfg)
}
