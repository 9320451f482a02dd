package sqlview_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/annals-es/annals/internal/pgtest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/pkg/es/projection/sqlview"
)

// apply applies commits, fails the test if a stream failed, and returns the outage that is noted, if one is.
func (s *shop) apply(t *testing.T, commits ...es.Commit) *projection.Outage {
	t.Helper()
	if failed := s.engine.Apply(t.Context(), commits); len(failed) > 0 {
		t.Errorf("streams that failed: %v, want none", failed)
	}
	records, err := s.engine.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return records[0].Outage
}

// pool is a database's pool with another configuration.
func pool(t *testing.T, change func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	cfg := pgtest.Pool(t).Config()
	change(cfg)
	p, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestServerThatDoesNotAnswer: a connection that takes too long is an outage, although its error is that of a deadline.
func TestServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	var hangs atomic.Bool
	p := pool(t, func(cfg *pgxpool.Config) {
		cfg.ConnConfig.ConnectTimeout = 2 * time.Second
		dial := cfg.ConnConfig.DialFunc
		cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			if hangs.Load() {
				address = hole.Addr().String()
			}
			return dial(ctx, network, address)
		}
	})
	s := &shop{pool: p, store: memstore.New(), catalog: memview.NewCatalog(), now: time.Now()}
	s.deploy(1)
	s.sell(t, "1", sold{City: "Rom"})
	hangs.Store(true)
	p.Reset()
	if outage := s.apply(t, s.record(t, "2", sold{City: "Rom"})); outage == nil {
		t.Error("no outage is noted")
	}
	if _, err := s.view.Checkpoints(t.Context(), 1, saleID("1")); !errors.Is(err, es.ErrUnavailable) {
		t.Errorf("checkpoints: %v, want ErrUnavailable", err)
	}
}

// TestContentOfKeys: a value that is too long for an index, and names and keys that SQL can't hold as they are, park
// their stream at most. They are no outage, and hold up no other stream.
func TestContentOfKeys(t *testing.T) {
	t.Parallel()
	long := make([]byte, 5000)
	for i := range long {
		long[i] = byte('a' + rand.N(26))
	}
	s := newShop(t)
	outage := s.apply(t, s.record(t, "long", sold{City: string(long)}), s.record(t, "a\x00b", sold{City: "Rom"}),
		s.record(t, "nul", sold{City: "Rom", Lines: []line{{"te\x00a", 1}}}), s.record(t, "good", sold{City: "Rom"}))
	if outage != nil {
		t.Errorf("an outage is noted: %s", outage.Reason)
	}
	s.apply(t, s.record(t, "a\x00b", moved{"Bonn"}), s.record(t, "good", moved{"Ulm"}))
	var parked []string
	for p, err := range s.view.Parked(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		parked = append(parked, p.Stream.ID)
	}
	slices.Sort(parked)
	if want := []string{"a\x00b", "long", "nul"}; !slices.Equal(parked, want) { // the first's append rows have its name in their keys
		t.Errorf("parked: %q, want %q", parked, want)
	}
	s.want(t, "SELECT city FROM sales", "(Ulm)")
	key := projection.Key{Partition: strings.Repeat("p", 1000), Sort: strings.Repeat("s", 1000)}
	counter := projection.Write{Kind: projection.Add, Key: key, Counters: map[string]projection.Number{strings.Repeat("c", 1000): projection.Int(1)}}
	move := projection.CheckpointUpdate{Stream: saleID("counted"), Next: projection.Checkpoint{Version: 1}}
	if err := s.view.Save(t.Context(), 1, []projection.CheckpointUpdate{move}, []projection.Write{counter}); err != nil {
		t.Errorf("save a counter with long names: %v", err)
	}
	rows, err := s.view.Rows(t.Context(), 1, projection.RowKey{Key: key, Kind: projection.SharedRow})
	if err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v, want 1", len(rows), err)
	}
}

// TestPointsThatFail: what keeps the views for people from being made is no outage. Views and the note about them are
// moved together.
func TestPointsThatFail(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if _, err := s.pool.Exec(t.Context(), "CREATE VIEW sales AS SELECT 1 AS one; CREATE VIEW mine AS SELECT * FROM sales"); err != nil {
		t.Fatal(err)
	}
	if outage := s.apply(t, s.record(t, "1", sold{City: "Rom"})); outage != nil {
		t.Errorf("an outage is noted: %s", outage.Reason)
	}

	f := &failing{}
	torn := pool(t, func(cfg *pgxpool.Config) { cfg.ConnConfig.Tracer = f })
	v := sqlview.New(torn, sales(1), sqlview.Config{}, salesTables(1)...)
	prepare(t, v, 1, 2)
	if err := v.Point(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	f.text.Store("SET serving = (generation = 2)")
	if err := v.Point(t.Context(), 2); err == nil {
		t.Error("a move whose last statement fails succeeds")
	}
	if err := v.Point(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if err := v.Drop(t.Context(), 2); err != nil {
		t.Errorf("drop the generation that people never saw: %v", err)
	}
}

// failing fails the next statement that contains a text.
type failing struct{ text atomic.Value }

func (f *failing) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if text, _ := f.text.Load().(string); text != "" && strings.Contains(d.SQL, text) {
		f.text.Store("")
		ended, cancel := context.WithCancel(ctx)
		cancel()
		return ended
	}
	return ctx
}

func (f *failing) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestSwapBesideReaders: somebody who reads in a transaction that stays open keeps the views from being moved, but for
// a moment only from being read. Other read models do not wait.
func TestSwapBesideReaders(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "1", sold{City: "Rom"})
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT * FROM sales"); err != nil {
		t.Fatal(err)
	}
	prepare(t, s.view, 2)
	moved := make(chan error, 1)
	go func() { moved <- s.view.Point(t.Context(), 2) }()
	other := sqlview.New(s.pool, document, sqlview.Config{}, documentTable)
	move := projection.CheckpointUpdate{Stream: saleID("1"), Next: projection.Checkpoint{Version: 1}}
	prepare(t, other, 1)
	if err := other.Save(t.Context(), 1, []projection.CheckpointUpdate{move}, nil); err != nil {
		t.Errorf("the first save of another read model: %v", err)
	}
	s.want(t, "SELECT city FROM sales", "(Rom)")
	if err := <-moved; !errors.Is(err, projection.ErrContended) {
		t.Errorf("move the views: %v, want ErrContended", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.view.Point(t.Context(), 2); err != nil {
		t.Errorf("move the views when nobody reads: %v", err)
	}
}

// TestViewsOfOthers: a view of another read model that has the name of a former table stays. Views that keep their
// columns keep their rights, and what depends on them.
func TestViewsOfOthers(t *testing.T) {
	t.Parallel()
	db := pgtest.Pool(t)
	x := sqltable.Documents[sale]("x", sqltable.Text("city", "to.city"))
	y := sqltable.Documents[sale]("y", sqltable.Text("city", "to.city"))
	point := func(name string, fold int, tables ...sqltable.Table) {
		t.Helper()
		p := projection.New(name, fold, projection.From(es.Aggregate[struct{}, saleEvent]{StreamType: "Sale", Events: saleEvents},
			projection.On(func(*sale, projection.Event[sold], *projection.Writes) error { return nil })))
		view := sqlview.New(db, p, sqlview.Config{}, tables...)
		prepare(t, view, projection.Generation(fold))
		if err := view.Point(t.Context(), projection.Generation(fold)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(statement string) {
		t.Helper()
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	point("a", 1, x, y)
	run("GRANT SELECT ON y TO PUBLIC; CREATE VIEW mine AS SELECT * FROM y")
	point("b", 1, x) // takes the name over
	point("a", 2, y)
	run("SELECT * FROM x")
	point("a", 3, sqltable.Documents[sale]("z", sqltable.Boolean("closed", "closed")), y)
	run("SELECT * FROM x; SELECT * FROM mine; SELECT * FROM z")
	var rights string
	if err := db.QueryRow(t.Context(), "SELECT relacl::text FROM pg_class WHERE relname = 'y'").Scan(&rights); err != nil ||
		!strings.Contains(rights, "=r/") {
		t.Errorf("rights on the view that kept its columns: %s, %v", rights, err)
	}
}

// TestDroppedStaysDropped: neither a process that knows of no drop nor one that has the tables in memory brings a
// dropped generation back. That is true of one that was never made, too.
func TestDroppedStaysDropped(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "1", sold{City: "Rom"})
	state := projection.Checkpoint{Version: 1, State: []byte(`{"to":{"city":"secret"}}`)}
	move := []projection.CheckpointUpdate{{Stream: saleID("1"), Next: state}}
	old := sqlview.New(s.pool, sales(1), sqlview.Config{}, salesTables(1)...)
	prepare(t, old, 7)
	if err := old.Save(t.Context(), 7, move, nil); err != nil {
		t.Fatal(err)
	}
	for _, g := range []projection.Generation{7, 8} {
		if err := s.view.Drop(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		for name, view := range map[string]*sqlview.View{"that dropped it": s.view, "that has it in memory": old} {
			if err := view.Save(t.Context(), g, move, nil); !errors.Is(err, projection.ErrLost) {
				t.Errorf("generation %d, a process %s saves: %v, want ErrLost", g, name, err)
			}
			if err := view.Prepare(t.Context(), g); !errors.Is(err, projection.ErrStale) {
				t.Errorf("generation %d, a process %s prepares it: %v, want ErrStale", g, name, err)
			}
		}
	}
	s.want(t, "SELECT count(*) FROM pg_tables WHERE tablename ~ '_g[78]'", "(0)")
}

// TestDeclarationIsAnOutage: a read model whose tables were changed without a new fold version waits alone.
func TestDeclarationIsAnOutage(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "1", sold{City: "Rom"})
	changed := sqlview.New(s.pool, sales(1), sqlview.Config{}, salesTables(2)...)
	s.engine = projection.NewEngine(s.store, s.catalog, projection.Config{Log: slog.New(slog.DiscardHandler)},
		projection.Subscription{Projection: sales(1), View: changed, Apart: true})
	outage := s.apply(t, s.record(t, "2", sold{City: "Rom"}))
	if outage == nil || !strings.Contains(outage.Reason, "raise the fold version, now 1") {
		t.Errorf("outage: %+v, want one that says what to do", outage)
	}
}

// prepare makes generations.
func prepare(t *testing.T, v *sqlview.View, generations ...projection.Generation) {
	t.Helper()
	for _, g := range generations {
		if err := v.Prepare(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTablesThatAreGone: what somebody removed is built again from all events, in a generation of its own: the tables
// of a read model, or the whole schema with the notes about generations.
func TestTablesThatAreGone(t *testing.T) {
	t.Parallel()
	for _, removed := range []string{"TABLE annals.sales_g1", "SCHEMA annals"} {
		s := newShop(t)
		s.sell(t, "1", sold{City: "Rom"})
		if _, err := s.pool.Exec(t.Context(), "DROP "+removed+" CASCADE"); err != nil {
			t.Fatal(err)
		}
		outage := s.apply(t, s.record(t, "2", sold{City: "Ulm"}))
		if outage == nil || !strings.Contains(outage.Reason, "there are no tables of generation 1") {
			t.Errorf("outage: %+v, want one that says what is gone", outage)
		}
		r := projection.NewRebuilder(s.engine, s.store, projection.RebuildConfig{Log: slog.New(slog.DiscardHandler)})
		if _, err := r.Recover(t.Context(), "sales"); err != nil {
			t.Fatal(err)
		}
		s.want(t, "SELECT city FROM sales ORDER BY city", "(Rom)", "(Ulm)")
		s.want(t, "SELECT generation FROM annals.generations WHERE serving", "(2)")
	}
}

// TestSavesOfTheSameStreams: transactions over the same streams, in any order, do not wait for each other in a circle.
func TestSavesOfTheSameStreams(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	all := func(prev, next int64) (moves []projection.CheckpointUpdate) {
		for i := range 200 {
			moves = append(moves, projection.CheckpointUpdate{
				Stream: saleID(fmt.Sprint(i)), Prev: projection.Checkpoint{Version: prev}, Next: projection.Checkpoint{Version: next},
			})
		}
		return moves
	}
	prepare(t, s.view, 1)
	if err := s.view.Save(t.Context(), 1, all(0, 1), nil); err != nil {
		t.Fatal(err)
	}
	for version := range int64(10) {
		var won atomic.Int64
		var wg sync.WaitGroup
		for n := range 6 {
			moves := all(version+1, version+2)
			if n%2 == 0 {
				slices.Reverse(moves)
			}
			wg.Go(func() {
				switch err := s.view.Save(t.Context(), 1, moves, nil); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, projection.ErrStale):
					t.Errorf("a save that lost: %v, want ErrStale", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d saves of version %d succeeded, want 1", won.Load(), version+2)
		}
	}
	s.want(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()", "(0)")
}
