package check

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/test/northwind/internal/client"
)

// subject is one thing to compare: an order, a product, a list.
type subject struct {
	name string
	look func(ctx context.Context, s *sheet) error
}

// round compares each subject once.
func (c *Checker) round(ctx context.Context, subjects []subject) ([]sheet, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.AtOnce)
	sheets := make([]sheet, len(subjects))
	for i, subject := range subjects {
		group.Go(func() error {
			s := &sheets[i]
			s.subject = subject.name
			err := subject.look(ctx, s)
			if errors.Is(err, client.ErrNotYet) {
				s.text("", "an answer", "none yet: "+statusOf(err))
				return nil
			}
			return err
		})
	}
	return sheets, group.Wait()
}
