package mapping

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/annals-es/annals/local/lambda"
)

// Waits between attempts.
const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 10 * time.Second
)

// process invokes the function until each record of the batch is done or given up, or the context ends. attempts are
// the failed attempts of the first record.
//
// A throttled invocation is tried again and does not count as an attempt. Halving a batch does not count either, so it
// ends with the failing record alone. If the function reports the failure of a record, the records before it are done.
// The rest becomes a new batch, whose first record has failed once.
func (l *lane) process(ctx context.Context, batch []*entry, attempts int) {
	throttles := 0
	for {
		if batch = l.dropExpired(ctx, batch, attempts); len(batch) == 0 || ctx.Err() != nil {
			return
		}
		o := l.invoke(ctx, batch)
		l.ledger.done(batch[:o.done])
		if o.err == nil {
			return
		}
		if ctx.Err() != nil { // the failure may be caused by the shutdown
			return
		}
		if errors.Is(o.err, lambda.ErrThrottled) {
			throttles++
			l.log.WarnContext(ctx, "batch throttled", "shard", l.id, "from", batch[0].Sequence, "records", len(batch))
			sleep(ctx, backoff(throttles))
			continue
		}
		batch = batch[o.done:]
		l.log.WarnContext(ctx, "batch failed", "shard", l.id, "from", batch[0].Sequence, "records", len(batch),
			"done", o.done, "attempt", attempts+1, "error", o.err)
		switch {
		case o.done > 0 && l.Bisect:
			attempts = 0
		case o.done > 0:
			attempts = 1
		case l.Bisect && len(batch) > 1:
			half := len(batch) / 2
			l.process(ctx, batch[:half], attempts)
			batch = batch[half:]
			continue
		default:
			attempts++
		}
		if l.MaxRetries >= 0 && attempts > l.MaxRetries {
			l.giveUp(ctx, batch, failed{retriesExhausted, attempts, o.functionError})
			return
		}
		sleep(ctx, backoff(attempts))
	}
}

func (l *lane) invoke(ctx context.Context, batch []*entry) outcome {
	// The end of a running invocation is awaited. Stopping the function ends the wait.
	answer, err := l.invoker.Invoke(context.WithoutCancel(ctx), l.newEvent(batch))
	if err != nil {
		return outcome{err: err, functionError: true}
	}
	return l.judge(batch, answer)
}

// dropExpired gives up the records at the front that are older than MaxAge.
func (l *lane) dropExpired(ctx context.Context, batch []*entry, attempts int) []*entry {
	if l.MaxAge < 0 {
		return batch
	}
	n := 0
	for n < len(batch) && time.Since(batch[n].Born()) > l.MaxAge {
		n++
	}
	if n > 0 {
		l.giveUp(ctx, batch[:n], failed{ageExceeded, attempts, attempts > 0})
	}
	return batch[n:]
}

// backoff doubles with each attempt, with jitter.
func backoff(attempts int) time.Duration {
	d := lastBackoff
	if attempts < 8 {
		d = min(firstBackoff<<max(attempts-1, 0), lastBackoff)
	}
	return d/2 + rand.N(d/2)
}
