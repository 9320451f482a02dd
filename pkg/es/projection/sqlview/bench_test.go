package sqlview_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/annals-es/annals/internal/pgtest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/pkg/es/projection/sqlview"
)

// The benchmarks do everything twice in one run: with the library, and by hand with the bare pgx, into a table with the
// same columns. Compare them with benchstat: make bench.

// document is a projection with one document a stream.
var document = projection.New("document", 1,
	projection.From(es.Aggregate[struct{}, saleEvent]{StreamType: "Sale", Events: saleEvents},
		projection.On(func(s *sale, e projection.Event[sold], _ *projection.Writes) error {
			*s = sale{To: place{e.Data.City}, Amount: e.Data.Amount, Lines: s.Lines + 1, At: e.Data.At}
			return nil
		})))

var documentTable = sqltable.Documents[sale]("documents", sqltable.Text("city", "to.city").Indexed(),
	sqltable.Numeric("amount", "amount", 12, 2), sqltable.Timestamp("sold_at", "at"), sqltable.Integer("lines", "lines"))

const (
	benchStreams = 50 // in a batch
	benchCommits = 2  // of each

	byHandTable = `CREATE TABLE by_hand (stream text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, hash bytea, state text,
		city text, amount numeric(12,2), sold_at timestamptz, lines bigint)`
	byHandInsert = `INSERT INTO by_hand AS t VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (stream) DO UPDATE SET
		version = excluded.version, hash = excluded.hash, state = excluded.state, city = excluded.city, amount = excluded.amount,
		sold_at = excluded.sold_at, lines = excluded.lines WHERE t.version = $9`
)

func encodeSale(b *testing.B) es.RawEvent {
	b.Helper()
	raw, err := saleEvents.Encode(sold{City: "Rio de Janeiro", Amount: "1234.50", At: monday, Lines: []line{{"tea", 2}}})
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// byHand folds an event into a row, as the library does: the values of the columns, from the state on.
func byHand(b *testing.B, raw es.RawEvent, events int) []any {
	b.Helper()
	var e sold
	if err := json.Unmarshal(raw.Data, &e); err != nil {
		b.Fatal(err)
	}
	s := sale{To: place{e.City}, Amount: e.Amount, Lines: int64(events), At: e.At}
	state, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	return []any{string(state), s.To.City, s.Amount, s.At, s.Lines}
}

// BenchmarkEngine applies batches of 100 commits of 50 streams to a projection with one document a stream.
func BenchmarkEngine(b *testing.B) {
	pool := pgtest.Pool(b)
	engine := projection.NewEngine(nil, memview.NewCatalog(), projection.Config{}, projection.Subscription{
		Projection: document, View: sqlview.New(pool, document, sqlview.Config{}, documentTable), Apart: true,
	})
	if _, err := pool.Exec(b.Context(), byHandTable+"; CREATE INDEX ON by_hand (city)"); err != nil {
		b.Fatal(err)
	}
	raw, hash := encodeSale(b), make([]byte, 32)
	run := func(name string, apply func(round string, from int64)) {
		round := 0
		b.Run("by="+name, func(b *testing.B) {
			b.ReportAllocs()
			round++
			for i := range b.N {
				apply(fmt.Sprint(name, round, "-"), int64(i*benchCommits+1))
			}
			b.ReportMetric(float64(b.N*benchStreams*benchCommits)/b.Elapsed().Seconds(), "events/s")
		})
	}
	run("hand", func(round string, from int64) {
		var batch pgx.Batch
		for s := range benchStreams {
			last := from + benchCommits - 1
			args := []any{saleID(round + strconv.Itoa(s)).String(), last, hash}
			var row []any
			for version := from; version <= last; version++ {
				row = byHand(b, raw, int(version))
			}
			batch.Queue(byHandInsert, append(append(args, row...), from-1)...)
		}
		if err := pool.SendBatch(b.Context(), &batch).Close(); err != nil { // one transaction
			b.Fatal(err)
		}
	})
	run("library", func(round string, from int64) {
		commits := make([]es.Commit, 0, benchStreams*benchCommits)
		for i := range int64(benchCommits) {
			for s := range benchStreams {
				commits = append(commits, es.Commit{
					Stream: saleID(round + strconv.Itoa(s)), Version: from + i, At: time.Now(), Events: []es.RawEvent{raw}, Hash: hash,
				})
			}
		}
		if failed := engine.Apply(b.Context(), commits); len(failed) > 0 {
			b.Fatal(failed)
		}
	})
}

const (
	rebuildStreams = 10_000
	rebuildEvents  = 10 // of each stream
)

// BenchmarkRebuild builds a generation from 100,000 events of 10,000 streams. By hand, the same events are read and
// folded, and the rows are copied, which knows nothing of other processes that write meanwhile.
func BenchmarkRebuild(b *testing.B) {
	pool := pgtest.Pool(b)
	store, raw := memstore.New(), encodeSale(b)
	for s := range rebuildStreams {
		events := make([]es.RawEvent, rebuildEvents)
		for i := range events {
			events[i] = raw
		}
		head, err := store.Head(b.Context(), saleID(strconv.Itoa(s)))
		if err == nil {
			_, err = store.Append(b.Context(), es.Append{
				Writes: []es.Write{{Head: head, Events: events}}, Meta: es.Meta{Actor: "ann", CorrelationID: "corr"},
			})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	count := func(table string) {
		var n int
		if err := pool.QueryRow(b.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != rebuildStreams {
			b.Fatalf("%d rows in %s, %v", n, table, err)
		}
	}
	b.Run("by=copy", func(b *testing.B) {
		for range b.N {
			if _, err := pool.Exec(b.Context(), "DROP TABLE IF EXISTS by_hand; "+byHandTable+"; CREATE INDEX ON by_hand (city)"); err != nil {
				b.Fatal(err)
			}
			copyAll(b, store, pool.CopyFrom)
			count("by_hand")
		}
		b.ReportMetric(float64(b.N*rebuildStreams*rebuildEvents)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("by=library", func(b *testing.B) {
		for range b.N {
			log := slog.New(slog.DiscardHandler)
			engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{Log: log}, projection.Subscription{
				Projection: document, View: sqlview.New(pool, document, sqlview.Config{}, documentTable), Apart: true,
			})
			r := projection.NewRebuilder(engine, store, projection.RebuildConfig{Log: log})
			if _, _, err := r.Run(b.Context(), "document", nil); err != nil {
				b.Fatal(err)
			}
			count("documents")
			if _, err := pool.Exec(b.Context(), "DROP SCHEMA annals CASCADE"); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*rebuildStreams*rebuildEvents)/b.Elapsed().Seconds(), "events/s")
	})
}

// copyAll reads, folds and copies all events of a store.
func copyAll(
	b *testing.B, store *memstore.Store,
	copyFrom func(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error),
) {
	b.Helper()
	var rows [][]any
	for page, err := range store.Scan(b.Context(), es.Segment{Of: 1}) {
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range page.Commits {
			var row []any
			for i := range c.Events {
				row = byHand(b, c.Events[i], i+1)
			}
			rows = append(rows, append([]any{c.Stream.String(), c.LastVersion(), c.Hash}, row...))
		}
	}
	columns := []string{"stream", "version", "hash", "state", "city", "amount", "sold_at", "lines"}
	if _, err := copyFrom(b.Context(), pgx.Identifier{"by_hand"}, columns, pgx.CopyFromRows(rows)); err != nil {
		b.Fatal(err)
	}
}
