package readmodel

import (
	"context"
	"errors"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The files replaced*.go are the read models that others replace. Once every deployment has these, filled, the files
// can be deleted, with what names before, replaced, Replaces and tables.Replaced.

// replaced are the read models that others replace. The engine feeds them, and queries read them, until those are
// filled.
var replaced = []projection.Subscription{
	{Projection: accountSummary}, {Projection: accountStatement},
	{Projection: orderSummary}, {Projection: formerActiveOrders}, {Projection: formerCustomerOrders},
	{Projection: productInventory}, {Projection: productSales},
}

// before reads the read models that another one replaces.
type before struct {
	// sessions are theirs, by their names; in others are those that did not give the cursor of the list that is to go
	// on.
	sessions map[string]*projection.Session
	others   map[string]bool
}

// before opens the read models that another one replaces, nil if there are none. A list goes on only where it began.
//
// Errors: [projection.NotFilledError], [projection.UnknownFoldError]; the catalog's.
func (m *Models) before(ctx context.Context, name, cursor string) (*before, error) {
	i := slices.IndexFunc(m.subscriptions, func(s projection.Subscription) bool { return s.Projection.Name() == name })
	if len(m.subscriptions[i].Replaces) == 0 {
		return nil, nil
	}
	b := &before{sessions: map[string]*projection.Session{}, others: map[string]bool{}}
	for _, name := range m.subscriptions[i].Replaces {
		s, err := m.reader.OpenAt(ctx, name, cursor)
		if errors.Is(err, projection.ErrCursor) {
			b.others[name] = true
			s, err = m.reader.Open(ctx, name)
		}
		if err != nil {
			return nil, err
		}
		b.sessions[name] = s
	}
	return b, nil
}

// list is the session of a read model, for a list of it.
//
// Errors: [projection.ErrCursor] if another one gave the cursor.
func (b *before) list(name string) (*projection.Session, error) {
	if b.others[name] {
		return nil, projection.ErrCursor
	}
	return b.sessions[name], nil
}

func (b *before) reads(streamType string) bool {
	for _, s := range b.sessions {
		if s.Reads(streamType) {
			return true
		}
	}
	return false
}

// progress is that of the read model that has come least far, if one does not show the version.
func (b *before) progress(ctx context.Context, v es.StreamVersion) (at projection.Progressed, err error) {
	for _, s := range b.sessions {
		if at, err = s.Progress(ctx, v); err != nil || !at.Shows {
			return at, err
		}
	}
	return at, nil
}
