package annalslambda

import (
	"context"
	"iter"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
)

// Inspector returns what looks at the service that an operator works on. It needs [annalsaws.Tables]. Of
// cfg it sets what the service knows: the aggregates and the engines.
//
// Errors: those of [annals.Service.Open].
func (d Deployment) Inspector(o *Operator, cfg inspect.Config) (*inspect.Inspector, error) {
	on, err := d.open(use{})
	if err != nil {
		return nil, err
	}
	cfg.Engines = o.Engines()
	cfg.Aggregates = map[string]inspect.Replay{}
	for _, a := range d.Service.Aggregates {
		cfg.Aggregates[a.StreamType] = on.Repository(a.StreamType).Past
	}
	return inspect.New(on.store, cfg), nil
}

// Check tells whether this code can read what is served.
//
// Errors: [projection.UnknownFoldError]; DynamoDB's.
func (d Deployment) Check(ctx context.Context) error {
	o, err := d.openReadModels()
	if err != nil {
		return err
	}
	return o.Reader.Check(ctx)
}

// Sample is some of the streams that a read model keeps.
type Sample struct {
	Streams []es.StreamID
	// Err is why there are not more.
	Err error
}

// Samples yields some streams of each read model, n at most, by the read model's name; of one that others replace, if
// it has any. It reads no more than it needs to. If the service can't be opened, it yields why, under the name "".
func (d Deployment) Samples(ctx context.Context, n int) iter.Seq2[string, Sample] {
	return func(yield func(string, Sample) bool) {
		o, err := d.openReadModels()
		if err != nil {
			yield("", Sample{Err: err})
			return
		}
		for name, marks := range o.marks(ctx) { // which reads no events
			out := sampleOf(marks, n)
			if out.Err == nil && len(out.Streams) == 0 && d.Service.ReadModel(name).Replaced {
				continue
			}
			if !yield(name, out) {
				return
			}
		}
	}
}

// sampleOf is the first streams of a read model, n at most.
func sampleOf(marks iter.Seq2[es.CommitRef, error], n int) Sample {
	var out Sample
	for m, err := range marks {
		if err != nil {
			out.Err = err
			break
		}
		if out.Streams = append(out.Streams, m.Stream); len(out.Streams) == n {
			break
		}
	}
	return out
}
