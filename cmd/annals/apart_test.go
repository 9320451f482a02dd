package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/shop"
)

// database is the store of read models in SQL, which may be away.
type database struct {
	projection.View
	away atomic.Bool
}

func (d *database) failure() error {
	if d.away.Load() {
		return fmt.Errorf("connection refused: %w", es.ErrUnavailable)
	}
	return nil
}

func (d *database) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	if err := d.failure(); err != nil {
		return nil, err
	}
	return d.View.Checkpoints(ctx, g, streams...)
}

func (d *database) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	if err := d.failure(); err != nil {
		return func(yield func(projection.ParkedStream, error) bool) { yield(projection.ParkedStream{}, err) }
	}
	return d.View.Parked(ctx, g)
}

// runningSQL starts a fake of the runner, of a service with the read model sales in SQL. One stream can't be projected.
func runningSQL(t *testing.T) (f *fake, d *database, port string) {
	t.Helper()
	f, port = newFakeOf(t, shop.New().On(annals.SQL), nil)
	d = &database{View: memview.New()}
	f.stores = map[annals.Store]annalslambda.OpenedStore{
		annals.SQL: {View: func(*annals.DeclaredReadModel) projection.View { return d }},
	}
	f.fill(t)
	return f, d, port
}

// broken is a function that fails.
type broken struct{}

func (broken) Invoke(context.Context, []byte) ([]byte, error) { return nil, errors.New("it is broken") }

// TestReadModelInSQL: the commands read a read model in SQL through the projector, and say what they can't do.
func TestReadModelInSQL(t *testing.T) { //nolint:paralleltest // sets the environment
	_, _, port := runningSQL(t)
	for _, s := range []step{
		{"heal Order#good", "Order#good is up to date", "", 0},
		{"heal Order#good sales", "Order#good is up to date", "", 0},
		{"heal Order#bad sales", "", "Order#bad is parked in sales", 3},
		{"heal Order#bad orders", "", "Order#bad is parked in orders", 3},
		{"projections", "STORE … orders  … 1       dynamodb … sales  … 1       sql", "", 0},
		{"projections -o json", `{"projection":"sales","generation":1, … "parked":1, … "store":"sql"}`, "", 0},
		{"parked list", "orders  … Order#bad … sales  … Order#bad  1       1        needs-newer-code", "", 0},
		{"parked show sales Order#bad", "OrderTeleported schema 1", "", 0},
		{"parked retry sales Order#bad", "retried 1, 1 still parked", "1 streams are still parked", 3},
		{"parked retry", "retried 2, 2 still parked", "2 streams are still parked", 3},
		{"streams show Order#bad", "sales  … parked before version 1: needs-newer-code", "", 0},
		{"streams show Order#good -o json", `"projection":"sales", … "applied":true, … "store":"sql"}`, "", 0},
		{"verify Order#good", "1 streams, 1 commits, 1 events: 0 findings", "", 0},
		{"verify", "not compared with the checkpoints of sales: it is in store sql … 0 findings", "", 0},
		{"verify -o json", `"found":0, … "notCompared":[{"projection":"sales","why":"it is in store sql`, "", 0},
		{"doctor", "skipped … rows of sales … wrong … projection sales … 1 streams are parked", "something wrong", 3},
	} {
		s.run(t, port)
	}
	if out, err := line(t, port, "verify", "Order#good"); strings.Contains(out, "not compared") {
		t.Errorf("annals verify of one stream did not compare it with all read models: %s, %v", out, err)
	}
	remove(t, "Order#good", "1")
	step{"verify Order#good", "checkpoint of sales/1", "findings", 3}.run(t, port)
}

// TestStoreIsAway: while the store of a read model is away, or the projector function, the commands work for all
// others, and say of which they do not know.
func TestStoreIsAway(t *testing.T) { //nolint:paralleltest // sets the environment
	const unread = "read model sales, in store sql: "
	steps := func(why string) []step {
		return []step{
			{"projections", "orders  … 1       dynamodb … sales  … ?       sql … sales are not known: … " + why, "", 0},
			{"projections -o json", `"projection":"orders" … "projection":"sales", … "unread":"`, "", 0},
			{"parked list", "orders  … Order#bad", unread, 1},
			{"parked show orders Order#bad", "OrderTeleported schema 1", "", 0},
			{"parked show sales Order#bad", "", unread, 1},
			{"streams show Order#good", "orders … applied … sales … in store sql … not known: … " + why, "", 0},
			{"verify Order#good", "not compared with the checkpoints of sales: " + unread + " … 0 findings", "", 0},
			{"verify", "not compared with the checkpoints of sales: … 0 findings", "", 0},
			{
				"doctor", "ok … rows of orders … wrong … projection orders … 1 streams are parked … " +
					"wrong … projection sales … parked streams can't be read … " + why, "found something wrong", 3,
			},
		}
	}
	f, d, port := runningSQL(t)
	step{"heal Order#good", "Order#good is up to date", "", 0}.run(t, port)
	step{"heal Order#bad", "", "Order#bad is parked in orders", 3}.run(t, port)
	d.away.Store(true)
	for _, s := range steps("connection refused") {
		s.run(t, port)
	}
	step{"parked retry", "retried 5, 5 still parked", "5 streams are still parked", 3}.run(t, port)
	step{"parked retry", "retried 5, 5 still parked", unread, 3}.run(t, port)
	step{"heal Order#good", "", unread, 1}.run(t, port)
	step{"heal Order#good orders", "Order#good is up to date", "", 0}.run(t, port)
	step{"parked retry orders Order#bad", "retried 1, 1 still parked", "1 streams are still parked", 3}.run(t, port)
	for _, s := range []step{ // the projector found it away
		{"projections", "sales: its store sql has been away since 20 … connection refused", "", 0},
		{"projections -o json", `"projection":"sales", … "outage":{"since":"20`, "", 0},
		{"reconcile --settled 0s", "read models: … sales: left out, its store has been away since 20", "parked streams", 3},
		{"reconcile --settled 0s -o json", `{"of":"sales","outage":{"since":"20`, "parked streams", 3},
		{"doctor", "wrong … store of sales … its store sql has been away since 20 … connection refused", "wrong", 3},
	} {
		s.run(t, port)
	}
	f.mu.Lock()
	f.handlers[annalsaws.Projector] = broken{}
	f.mu.Unlock()
	for _, s := range steps("it is broken") {
		s.run(t, port)
	}
}

// TestApartOnlyReads: the view of a read model in another store refuses all that it can't do, and does not ask a
// function again that just failed.
func TestApartOnlyReads(t *testing.T) { //nolint:paralleltest // sets the environment
	f, d, port := runningSQL(t)
	step{"heal Order#good", "Order#good is up to date", "", 0}.run(t, port)
	o := operatorAt(t, port)
	v := &apart{functions: o.functions, name: "sales", store: annals.SQL}
	ctx, good := t.Context(), es.StreamID{Type: "Order", ID: "good"}
	_, rows := v.Rows(ctx, 1)
	var list, keys error
	for _, err := range v.List(ctx, 1, projection.Listing{}) {
		list = err
	}
	for _, err := range v.Keys(ctx, 1) {
		keys = err
	}
	for name, err := range map[string]error{
		"Save": v.Save(ctx, 1, nil, nil), "Append": v.Append(ctx, 1), "Seen": v.Seen(ctx, 1, good, 1), "Rows": rows,
		"Park": v.Park(ctx, 1, good, projection.Checkpoint{}, projection.Parked{}), "List": list, "Keys": keys,
		"Drop": v.Drop(ctx, 1),
	} {
		if err == nil || !strings.Contains(err.Error(), "reads read models in sql through the service alone") {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	if at, err := v.Checkpoints(ctx, 1, good); err != nil || at[good].Version != 1 || len(at[good].Hash) == 0 {
		t.Errorf("checkpoints %+v, %v; want version 1 with its hash", at, err)
	}
	d.away.Store(true)
	f.tasks()
	for range 3 {
		if _, err := v.Checkpoints(ctx, 1, good); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("checkpoints of a store that is away: %v, want its error", err)
		}
	}
	if tasks := f.tasks(); len(tasks) != 1 {
		t.Errorf("functions were asked for %q, want one task: the first failed", tasks)
	}
}
