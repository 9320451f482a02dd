package push

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// parallel is how many requests one Notify sends at the same time.
	parallel = 32
	// notifyTimeout is how long one Notify may take. Messages that are not sent by then are dropped.
	notifyTimeout = 3 * time.Second
)

// Notifier posts changes to the connections that are subscribed to them. It is a [projection.Notifier].
type Notifier struct {
	connections *Connections
	poster      *Poster
	log         *slog.Logger
}

var _ projection.Notifier = (*Notifier)(nil)

// NewNotifier returns a notifier that finds subscriptions in connections.
func NewNotifier(connections *Connections, poster *Poster, log *slog.Logger) *Notifier {
	return &Notifier{connections: connections, poster: poster, log: log}
}

// Notify posts each change to the subscribed connections of its owner. It costs one read, and, if there are any
// subscriptions at all, one query for each topic. A connection gets its messages in the order of the changes. After a
// message that can't be delivered, it gets no more. Errors are logged.
func (n *Notifier) Notify(ctx context.Context, changes []projection.Change) {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	failures := &failures{}
	var posts errgroup.Group // its functions return no errors: failures are counted
	posts.SetLimit(parallel)
	for id, out := range n.outs(ctx, compose(changes), failures) {
		posts.Go(func() error {
			slices.SortStableFunc(out, func(a, b message) int { return a.place - b.place })
			failures.add(n.deliver(ctx, id, out))
			return nil
		})
	}
	_ = posts.Wait()
	if failures.count > 0 {
		n.log.LogAttrs(ctx, slog.LevelWarn, "changes were not delivered to all subscribers",
			slog.Int("failures", failures.count), slog.String("first", failures.first.Error()))
	}
}

// outs takes messages by partition key, and returns them by subscribed connection.
func (n *Notifier) outs(ctx context.Context, messages map[string][]message, failures *failures) map[string][]message {
	if len(messages) == 0 {
		return nil
	}
	if anybody, err := n.connections.anybody(ctx); !anybody {
		failures.add(err)
		return nil
	}
	var (
		mu      sync.Mutex
		outs    = map[string][]message{}
		queries errgroup.Group // its functions return no errors: failures are counted
	)
	queries.SetLimit(parallel)
	for _, partition := range slices.Sorted(maps.Keys(messages)) {
		queries.Go(func() error {
			found, err := n.connections.subscribers(ctx, partition)
			failures.add(err)
			mu.Lock()
			defer mu.Unlock()
			for _, id := range found {
				outs[id] = append(outs[id], messages[partition]...)
			}
			return nil
		})
	}
	_ = queries.Wait()
	return outs
}

// deliver posts messages to a connection. If the connection does not exist any more, it deletes the connection's rows.
func (n *Notifier) deliver(ctx context.Context, id string, out []message) error {
	for _, m := range out {
		err := n.poster.Post(ctx, id, m.body)
		if !errors.Is(err, ErrGone) {
			if err != nil {
				return err
			}
			continue
		}
		// The subscription may have outlived its connection's row.
		_, err = n.connections.delete(ctx, m.partition, id)
		return errors.Join(err, n.connections.Close(ctx, id))
	}
	return nil
}

// failures counts errors and keeps the first.
type failures struct {
	mu    sync.Mutex
	count int
	first error
}

func (f *failures) add(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count++; f.first == nil {
		f.first = err
	}
}
