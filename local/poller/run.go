package poller

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/local/queue"
)

// Run works until the context ends. Batches that are with the function by then are waited for. Errors: the queue's own.
func (m *Mapping) Run(ctx context.Context) error {
	turn := make(chan struct{}, 1) // one collects at a time, so that a window fills one batch rather than several
	work, ctx := errgroup.WithContext(ctx)
	for range m.MaxConcurrency {
		work.Go(func() error {
			for {
				turn <- struct{}{}
				messages, err := m.collect(ctx)
				<-turn
				if err != nil || ctx.Err() != nil {
					return err
				}
				if err := m.process(ctx, messages); err != nil {
					return err
				}
			}
		})
	}
	return work.Wait()
}

// collect waits for a batch: full, or as large as it became within the window. None: the context has ended.
func (m *Mapping) collect(ctx context.Context) ([]queue.Message, error) {
	b := batch{most: m.BatchSize}
	messages, err := m.queue.Receive(ctx, b.fits)
	if m.Window == 0 || err != nil {
		return messages, err
	}
	ctx, cancel := context.WithTimeout(ctx, m.Window)
	defer cancel()
	for ctx.Err() == nil && !b.full {
		more, err := m.queue.Receive(ctx, b.fits)
		if err != nil {
			return nil, err
		}
		messages = append(messages, more...)
	}
	return messages, nil
}

// process has the function work on a batch, and deletes what is done.
func (m *Mapping) process(ctx context.Context, messages []queue.Message) error {
	// What the function has begun is waited for; whoever stops the function ends the wait.
	answer, err := m.function.Invoke(context.WithoutCancel(ctx), m.newEvent(messages))
	var done []queue.Message
	if err == nil {
		done, err = m.judge(messages, answer)
	}
	if err != nil && ctx.Err() == nil { // otherwise we may be the reason
		m.log.WarnContext(ctx, "batch failed", "messages", len(messages), "done", len(done), "again", m.queue.Visibility, "error", err)
	}
	return m.queue.Delete(done...)
}
