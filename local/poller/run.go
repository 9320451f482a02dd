package poller

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/local/queue"
)

// Run runs the mapping until the context ends. It then waits for running invocations. Errors: those of the queue.
func (m *Mapping) Run(ctx context.Context) error {
	turn := make(chan struct{}, 1) // only one collects at a time, so that a window fills one batch rather than several
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

// collect waits for a batch: a full one, or what arrived within the window. If it returns none, the context has ended.
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

// process invokes the function with a batch, and deletes the messages that are done.
func (m *Mapping) process(ctx context.Context, messages []queue.Message) error {
	// The end of a running invocation is awaited. Stopping the function ends the wait.
	answer, err := m.function.Invoke(context.WithoutCancel(ctx), m.newEvent(messages))
	var done []queue.Message
	if err == nil {
		done, err = m.judge(messages, answer)
	}
	if err != nil && ctx.Err() == nil { // otherwise the failure may be caused by the shutdown
		m.log.WarnContext(ctx, "batch failed", "messages", len(messages), "done", len(done),
			"again", m.queue.Visibility, "error", err)
	}
	return m.queue.Delete(done...)
}
