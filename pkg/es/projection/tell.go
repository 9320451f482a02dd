package projection

import "context"

// notify tells the notifier what was kept for it.
func (b *batch) notify(ctx context.Context) {
	if b.cfg.Notifier != nil && len(b.changes) > 0 {
		b.cfg.Notifier.Notify(ctx, b.changes)
	}
}

// changed keeps what the notifier is to be told.
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
