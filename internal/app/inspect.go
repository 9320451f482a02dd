package app

import (
	"context"
	"iter"
	"slices"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Inspector returns what looks at the service that an operator works on. It needs OperatorTables. Of cfg it sets what the
// service knows: the aggregates and the engines.
func (s Service) Inspector(o *Operator, cfg inspect.Config) (*inspect.Inspector, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	all, err := s.aggregates(0)
	if err != nil {
		return nil, err
	}
	cfg.Engines = o.Engines()
	cfg.Aggregates = map[string]inspect.Replay{
		account.Aggregate.StreamType:  inspect.Replays(all.Accounts),
		order.Aggregate.StreamType:    inspect.Replays(all.Orders),
		product.Aggregate.StreamType:  inspect.Replays(all.Products),
		email.Aggregate.StreamType:    inspect.Replays(all.Emails),
		email.KeyAggregate.StreamType: inspect.Replays(all.EmailKeys),
		//annals:new replays
	}
	return inspect.New(store, cfg), nil
}

// Check tells whether this code can read what is served.
//
// Errors: [projection.UnknownFoldError]; DynamoDB's.
func (s Service) Check(ctx context.Context) error {
	store, err := s.store()
	if err != nil {
		return err
	}
	return s.models(store).Check(ctx)
}

// Sample is some of the streams that a read model keeps.
type Sample struct {
	Streams []es.StreamID
	// Err is why there are not more.
	Err error
}

// Samples yields some streams of each read model, n at most, by the read model's name; of one that others replace, if it has any. It
// reads no more than it needs to.
func (s Service) Samples(ctx context.Context, n int) iter.Seq2[string, Sample] {
	return func(yield func(string, Sample) bool) {
		for name, marks := range s.models(nil).Marks(ctx) { // which reads no events
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
			if out.Err == nil && len(out.Streams) == 0 && isReplaced(name) {
				continue
			}
			if !yield(name, out) {
				return
			}
		}
	}
}

// isReplaced tells whether other read models replace one.
func isReplaced(name string) bool {
	return slices.ContainsFunc(tables.Replaced, func(t tables.Table) bool { return t.Name == name })
}
