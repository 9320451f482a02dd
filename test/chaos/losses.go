package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// answerApart is how long a command and a query of other read models may take while stores are away and nothing else
// is wrong. What the faults left behind has to be caught up with in this time.
const answerApart = time.Minute

// oneItem are the items of an order that is not placed. Without them, best sellers would not hear of the order.
var oneItem = []map[string]any{{"productId": "p-0", "quantity": 1, "unitPrice": money(100)}}

// checkApart halts all stores. Commands are stored, and other read models show them; queries of the stores say that
// they are not available. Then the stores go on.
func (m *machine) checkApart(ctx context.Context, s *story) {
	if len(m.stores) == 0 {
		return
	}
	for _, st := range m.stores {
		resume := st.halt()
		defer resume()
	}
	const id = "apart"
	opened := s.command(ctx, operation{Kind: "account opening", Path: "/accounts", To: id, Cents: opening,
		Body: map[string]any{"accountId": id, "ownerName": "Owner of " + id, "initialDeposit": money(opening)}})
	order := s.command(ctx, operation{Kind: "order creation", Path: "/orders", Body: map[string]any{
		"orderId": "o-" + id, "customerId": "c-" + id, "items": oneItem,
	}})
	for path, o := range map[string]*operation{"/accounts/" + id: opened, "/orders/o-" + id: order} {
		if !o.acked() {
			s.history.violated("%s while stores were away: status %d %s", o.Kind, o.Status, o.Answer)
			continue
		}
		s.seenWithin(ctx, answerApart, path, o.Done[0])
	}
	for _, st := range m.stores {
		if status := s.get(ctx, st.query, nil, new(any)); status != http.StatusServiceUnavailable {
			s.history.violated("GET %s while %s was stopped: status %d", st.query, st.title, status)
		}
	}
}

// seenWithin checks that a query with the token of a write is answered in time.
func (c *client) seenWithin(ctx context.Context, long time.Duration, path string, w written) {
	header := http.Header{"Consistency-Token": {fmt.Sprintf("%s@%d", w.stream, w.version)}}
	status := 0
	for end := time.Now().Add(long); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
		var found struct{ Version int64 }
		if status = c.get(ctx, path, header, &found); status == http.StatusOK {
			if found.Version < w.version {
				c.history.violated("GET %s with the token %s@%d answered version %d", path, w.stream, w.version, found.Version)
			}
			return
		}
	}
	c.history.violated("GET %s was held up by stores that were away: status %d after %v", path, status, long)
}

// checkLevel has each store become level with the events after the faults.
func (m *machine) checkLevel(ctx context.Context, c *client, events *dynamostore.Store) {
	m.each(func(s *store) {
		s.level(ctx, c, "the faults", false, func() (expected, error) {
			now, err := readAll(ctx, events) // deadlines may still cancel orders
			if err != nil {
				return nil, err
			}
			return s.of(now.foldStores()), nil
		})
	})
}

// checkLosses stops and kills each server, and wipes what can be lost, while nothing happens that the answers are
// about. So every answer is right or says that it is not available, and soon all are right.
func (m *machine) checkLosses(ctx context.Context, c *client, want expected) {
	m.each(func(s *store) { s.loseInEachWay(ctx, c, s.of(want)) })
}

// each calls do for all stores at the same time.
func (m *machine) each(do func(s *store)) {
	var work sync.WaitGroup
	for _, s := range m.stores {
		work.Go(func() { do(s) })
	}
	work.Wait()
}

// of returns what the store's own queries answer.
func (s *store) of(all expected) expected {
	own := expected{}
	for path, fields := range all {
		if strings.HasPrefix(path, s.prefix) {
			own[path] = fields
		}
	}
	return own
}

func (s *store) loseInEachWay(ctx context.Context, c *client, want expected) {
	if len(s.levels) == 0 {
		return // it was never level: its answers are known to be wrong
	}
	drafts := newStory(c, 0, 1000+int(s.title[0]))
	lose := func(kind string, do func()) {
		do()
		drafts.draft(ctx, s.name) // a batch finds out that a store is away or wiped, a query does not tell
		s.level(ctx, c, s.title+kind, true, func() (expected, error) { return want, nil })
	}
	lose(killed, func() { s.kill(ctx) })
	if s.wipe != nil {
		lose(wiped, func() { s.lose(ctx) })
	}
	resume := s.halt()
	drafts.draft(ctx, s.name)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && ctx.Err() == nil; {
		s.pass(ctx, c, want, true)
	}
	lose(stopped, resume)
}

// draft creates an order that is not placed and has no address: no answer of a store that is compared shows it.
func (s *story) draft(ctx context.Context, name string) {
	o := s.command(ctx, operation{Kind: "order creation", Path: "/orders", Body: map[string]any{
		"orderId": fmt.Sprintf("o-%s-%d", name, s.count), "customerId": "c-draft", "items": oneItem,
	}})
	if !o.acked() {
		s.history.violated("%s after the faults: status %d %s", o.Kind, o.Status, o.Answer)
	}
}

// level waits until all of the store's answers are right, and notes how long that took. With strict, answers that are
// wrong before that are violations.
func (s *store) level(ctx context.Context, c *client, after string, strict bool, want func() (expected, error)) {
	begin := time.Now()
	for ; ctx.Err() == nil; sleep(ctx, 200*time.Millisecond) {
		now, err := want()
		if err != nil {
			c.history.violated("read the events after %s: %v", after, err)
			return
		}
		wrong := s.pass(ctx, c, now, strict)
		if wrong == "" {
			s.levels, s.compared = append(s.levels, time.Since(begin)), len(now)
			return
		}
		if time.Since(begin) > level {
			c.history.violated("%s is not level %v after %s: %s", s.title, level, after, wrong)
			return
		}
	}
}

// pass compares the answers of queries until one is not right, and describes it. With strict, it is a violation unless
// its status is 503.
func (s *store) pass(ctx context.Context, c *client, want expected, strict bool) (wrong string) {
	for _, path := range slices.Sorted(maps.Keys(want)) {
		got, status := c.answer(ctx, path)
		difference := ""
		if status == http.StatusOK {
			difference = compare(want[path], got)
		}
		if status == http.StatusOK && difference == "" {
			continue
		}
		wrong = fmt.Sprintf("GET %s: status %d, %s", path, status, difference)
		if strict && status != http.StatusServiceUnavailable {
			c.history.violated("%s lost: the answer is neither right nor 503: %s", s.title, wrong)
		}
		return wrong
	}
	return ""
}

// describe says how long it took until the store was level.
func (s *store) describe() string {
	slices.Sort(s.levels)
	if len(s.levels) == 0 {
		return s.title + ": never level"
	}
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
	return fmt.Sprintf("%s: %d answers compared; level %d times, after %v (median), %v (longest)", s.title, s.compared,
		len(s.levels), round(s.levels[len(s.levels)/2]), round(s.levels[len(s.levels)-1]))
}
