package projection

import "context"

// notify passes the collected changes to the notifier.
func (b *batch) notify(ctx context.Context) {
	if b.cfg.Notifier != nil && len(b.changes) > 0 {
		b.cfg.Notifier.Notify(ctx, b.changes)
	}
}

// changed collects a change for the notifier.
func (b *batch) changed(w *way) {
	if b.cfg.Notifier == nil || w.t.Status != Serving {
		return
	}
	change := Change{
		Projection: w.t.sub.name(), Stream: w.stream, Version: w.at.Version, Owner: w.at.Owner,
		Topics: w.t.fold.topics(w.at.State),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes = append(b.changes, change)
}
