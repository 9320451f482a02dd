package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/money"
)

// event is an event of a stream, with the members of its data that the checks need.
type event struct {
	kind   string
	at     time.Time
	actor  string
	amount int64 // cents
	data   struct {
		OrderID   string `json:"orderId"`
		AccountID string `json:"accountId"`
		PaymentID string `json:"paymentId"`
		Quantity  int    `json:"quantity"`
	}
}

// stored are all events, by stream, in order.
type stored map[es.StreamID][]event

func (s *stack) read(ctx context.Context) (stored, error) {
	var commits []es.Commit
	for page, err := range s.store.Scan(ctx, es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			return nil, err
		}
		commits = append(commits, page.Commits...)
	}
	slices.SortFunc(commits, func(a, b es.Commit) int { return cmp.Compare(a.Version, b.Version) })
	all := stored{}
	for _, c := range commits {
		for _, raw := range c.Events {
			e := event{kind: raw.Type, at: c.At, actor: c.Meta.Actor}
			var is struct{ Amount, Total, InitialDeposit *money.Money }
			if err := errors.Join(json.Unmarshal(raw.Data, &e.data), json.Unmarshal(raw.Data, &is)); err != nil {
				return nil, fmt.Errorf("%s@%d: %w", c.Stream, c.Version, err)
			}
			if m := cmp.Or(is.Amount, is.Total, is.InitialDeposit); m != nil {
				e.amount = cents(*m)
			}
			all[c.Stream] = append(all[c.Stream], e)
		}
	}
	return all, nil
}

// cents are an amount of dollars in cents.
func cents(m money.Money) (n int64) {
	whole, part, _ := strings.Cut(m.Amount(), ".")
	_, _ = fmt.Sscan(whole+(part + "00")[:2], &n) // the money of an event is well formed
	return n
}
