package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/verify"
)

// stored is the whole content of the event table, read without the proxy and the service.
type stored struct {
	streams map[string][]es.Commit // in order
	byKey   map[string][]es.Commit // by correlation id
	commits int
}

func readAll(ctx context.Context, store *dynamostore.Store) (*stored, error) {
	s := &stored{streams: map[string][]es.Commit{}, byKey: map[string][]es.Commit{}}
	for page, err := range store.Scan(ctx, es.Segment{Of: 1, Consistent: true}) {
		if err != nil {
			return nil, err
		}
		for _, c := range page.Commits {
			s.add(c)
		}
	}
	for _, commits := range s.streams {
		slices.SortFunc(commits, func(a, b es.Commit) int { return cmp.Compare(a.Version, b.Version) })
	}
	return s, nil
}

func (s *stored) add(c es.Commit) {
	name := c.Stream.String()
	s.streams[name] = append(s.streams[name], c)
	s.byKey[c.Meta.CorrelationID] = append(s.byKey[c.Meta.CorrelationID], c)
	s.commits++
}

// check compares the stored commits with the answers that clients got.
func (s *stored) check(h *history) {
	for name, commits := range s.streams {
		next := int64(1)
		for _, c := range commits {
			if c.Version != next {
				h.violated("%s: version %d is followed by %d", name, next-1, c.Version)
			}
			next = c.LastVersion() + 1
		}
	}
	for _, o := range h.operations {
		s.checkOperation(o, h)
	}
	s.checkMoney(h)
}

// checkChains checks the hashes of all streams.
func checkChains(ctx context.Context, store *dynamostore.Store, h *history) error {
	report, err := verify.Store(ctx, store, verify.Config{})
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		h.violated("%s", f)
	}
	return nil
}

// own returns the commits of a command itself. Commits of reactions have the same correlation id, and another causation
// id.
func (s *stored) own(key string) []es.Commit {
	var own []es.Commit
	for _, c := range s.byKey[key] {
		if c.Meta.CausationID == "" || c.Meta.CausationID == key {
			own = append(own, c)
		}
	}
	return own
}

// checkOperation checks that an acknowledged command is stored once, that a rejected one is not stored, and that one of
// unknown outcome is stored at most once.
func (s *stored) checkOperation(o *operation, h *history) {
	own := s.own(o.Key)
	ids := map[string]bool{}
	for _, c := range own {
		ids[c.ID] = true
	}
	if len(ids) > 1 {
		h.violated("%s %s: stored %d times: %s", o.Kind, o.Key, len(ids), places(own))
	}
	switch {
	case o.rejected() && len(own) > 0:
		h.violated("%s %s: rejected with %d, but stored: %s", o.Kind, o.Key, o.Status, places(own))
	case o.acked():
		var told, kept []string
		for _, w := range o.Done {
			told = append(told, fmt.Sprintf("%s@%d %v", w.stream, w.version, w.events))
		}
		for _, c := range own {
			kept = append(kept, fmt.Sprintf("%s@%d %v", c.Stream, c.LastVersion(), types(c)))
		}
		slices.Sort(told)
		slices.Sort(kept)
		if !slices.Equal(told, kept) {
			h.violated("%s %s: acknowledged as %v, but stored as %v", o.Kind, o.Key, told, kept)
		}
	}
}

func types(c es.Commit) []string {
	var names []string
	for _, e := range c.Events {
		names = append(names, e.Type)
	}
	return names
}

func places(commits []es.Commit) string {
	var names []string
	for _, c := range commits {
		names = append(names, fmt.Sprintf("%s@%d", c.Stream, c.Version))
	}
	return strings.Join(names, " ")
}

// movement is the part of an account's event that is about money.
type movement struct {
	Amount         amount
	InitialDeposit amount
	FromAccountID  string `json:"fromAccountId"`
	ToAccountID    string `json:"toAccountId"`
}

// ledger adds up the events of accounts.
type ledger struct {
	in, out, total int64
	transfers      map[string]*transfer // by append
}

// transfer describes a transfer as each of its two events has it.
type transfer struct{ withdrawn, deposited string }

// book adds an event to the ledger, and returns by how much it changes its account's balance.
func (l *ledger) book(c es.Commit, kind string, m movement) int64 {
	cents := int64(m.Amount + m.InitialDeposit)
	both := l.transfers[c.ID]
	if both == nil {
		both = &transfer{}
	}
	switch {
	case kind == "MoneyDeposited" && m.FromAccountID != "":
		both.deposited = fmt.Sprintf("%d from %s to %s", cents, m.FromAccountID, c.Stream.ID)
	case kind == "MoneyWithdrawn" && m.ToAccountID != "":
		both.withdrawn = fmt.Sprintf("%d from %s to %s", cents, c.Stream.ID, m.ToAccountID)
		cents = -cents
	case kind == "MoneyWithdrawn":
		l.out += cents
		return -cents
	default:
		l.in += cents
		return cents
	}
	l.transfers[c.ID] = both
	return cents
}

// checkMoney checks that the sum of all balances is the sum paid in minus the sum paid out, that both events of each
// transfer agree, and that no account was ever overdrawn.
func (s *stored) checkMoney(h *history) {
	l := &ledger{transfers: map[string]*transfer{}}
	for name, commits := range s.streams {
		if !strings.HasPrefix(name, "Account#") {
			continue
		}
		balance := int64(0)
		for _, c := range commits {
			for _, e := range c.Events {
				var m movement
				if err := json.Unmarshal(e.Data, &m); err != nil {
					h.violated("%s: %v", name, err)
				}
				balance += l.book(c, e.Type, m)
			}
			if balance < 0 {
				h.violated("%s: overdrawn by %d cents at version %d", name, -balance, c.LastVersion())
			}
		}
		l.total += balance
	}
	if l.total != l.in-l.out {
		h.violated("the sum of all balances is %d cents, but %d cents were paid in and %d out", l.total, l.in, l.out)
	}
	for id, t := range l.transfers {
		if t.withdrawn != t.deposited {
			h.violated("transfer %s: withdrawn %q, deposited %q", id, t.withdrawn, t.deposited)
		}
	}
	if sent := s.sent(h); sent != l.total {
		h.violated("the sum of all balances is %d cents, but by the clients' stored commands it should be %d", l.total, sent)
	}
}

// sent returns the sum of all balances by the clients' commands that are stored, each counted once.
func (s *stored) sent(h *history) int64 {
	var cents int64
	for _, o := range h.operations {
		if len(s.own(o.Key)) == 0 {
			continue
		}
		switch o.Kind {
		case "account opening", "account deposit":
			cents += o.Cents
		case "account withdrawal":
			cents -= o.Cents
		}
	}
	return cents - s.taken()
}
