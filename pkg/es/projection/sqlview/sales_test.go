package sqlview_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// The domain of these tests: sales.
type saleEvent interface{ isSale() }

type (
	sold struct {
		City   string    `json:"city"`
		Amount string    `json:"amount"`
		Lines  []line    `json:"lines"`
		At     time.Time `json:"at"`
	}
	line struct {
		Product  string `json:"product"`
		Quantity int64  `json:"quantity"`
	}
	moved struct {
		City string `json:"city"`
	}
	returned struct {
		Product string `json:"product"`
	}
)

func (sold) isSale()     {}
func (moved) isSale()    {}
func (returned) isSale() {}

var saleEvents = es.NewRegistry(es.Type[saleEvent]("Sold", 1, sold{}), es.Type[saleEvent]("Moved", 1, moved{}),
	es.Type[saleEvent]("Returned", 1, returned{}))

// sale is the document of a sale.
type sale struct {
	To     place     `json:"to"`
	Amount string    `json:"amount,omitempty"`
	Lines  int64     `json:"lines"`
	At     time.Time `json:"at"`
	Closed bool      `json:"closed"`
}

type place struct {
	City string `json:"city"`
}

var (
	lines   = projection.OwnRows[line]("lines")
	history = projection.AppendRows[moved]("history")
)

// sales is the projection, of a fold version. From version 2 on it closes sales that have no lines.
func sales(fold int) projection.Projection {
	return projection.New("sales", fold,
		projection.From(es.Aggregate[struct{}, saleEvent]{StreamType: "Sale", Events: saleEvents},
			projection.On(func(s *sale, e projection.Event[sold], w *projection.Writes) error {
				if e.Data.City == "poison" && fold == 1 {
					return errors.New("this city can't be folded")
				}
				*s = sale{To: place{e.Data.City}, Amount: e.Data.Amount, Lines: int64(len(e.Data.Lines)), At: e.Data.At}
				for _, l := range e.Data.Lines {
					lines.Put(w, projection.Key{Partition: "lines", Sort: l.Product}, l)
					w.Add(projection.Key{Partition: "sold", Sort: l.Product}, "quantity", projection.Int(l.Quantity))
				}
				history.Append(w, e.Stream.ID, moved{s.To.City})
				return nil
			}),
			projection.On(func(s *sale, e projection.Event[moved], w *projection.Writes) error {
				s.To.City = e.Data.City
				history.Append(w, e.Stream.ID, e.Data)
				return nil
			}),
			projection.On(func(s *sale, e projection.Event[returned], w *projection.Writes) error {
				s.Lines--
				s.Closed = fold > 1 && s.Lines == 0
				lines.Delete(w, projection.Key{Partition: "lines", Sort: e.Data.Product})
				return nil
			})),
		lines, history)
}

// salesTables are what people query. From fold version 2 on the table of sales has one more column.
func salesTables(fold int) []sqltable.Table {
	columns := []sqltable.Column{
		sqltable.Text("city", "to.city").Indexed(), sqltable.Numeric("amount", "amount", 12, 2),
		sqltable.Timestamp("sold_at", "at"), sqltable.Date("day", "at"), sqltable.Integer("lines", "lines"),
	}
	if fold > 1 {
		columns = append([]sqltable.Column{sqltable.Boolean("closed", "closed")}, columns...)
	}
	tables := []sqltable.Table{
		sqltable.Documents[sale]("sales", columns...).Index("day", "city"),
		sqltable.Rows(lines, "sale_lines", sqltable.Text("product", "product"), sqltable.Integer("quantity", "quantity")),
		sqltable.Counters("products", sqltable.SortKey("product"), sqltable.Count("quantity", "quantity")).Of("sold"),
	}
	if fold == 1 {
		tables = append(tables, sqltable.Rows(history, "moves", sqltable.Text("city", "city")))
	}
	return tables
}

// shop is a bench with a database.
type shop struct {
	pool    *pgxpool.Pool
	store   *memstore.Store
	catalog *memview.Catalog
	view    *sqlview.View
	engine  *projection.Engine
	now     time.Time
}

func newShop(t *testing.T) *shop {
	s := &shop{
		pool: pgtest.Pool(t), store: memstore.New(), catalog: memview.NewCatalog(),
		now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	}
	s.deploy(1)
	return s
}

// deploy starts a process whose code has fold versions up to one.
func (s *shop) deploy(fold int) {
	var former []projection.Projection
	for v := fold - 1; v > 0; v-- {
		former = append(former, sales(v))
	}
	s.view = sqlview.New(s.pool, sales(fold), sqlview.Config{}, salesTables(fold)...)
	s.engine = projection.NewEngine(s.store, s.catalog, projection.Config{
		Now: func() time.Time { return s.now }, Log: slog.New(slog.DiscardHandler),
	},
		projection.Subscription{Projection: sales(fold), Former: former, View: s.view, Apart: true})
}

func saleID(id string) es.StreamID { return es.StreamID{Type: "Sale", ID: id} }

// record appends a commit.
func (s *shop) record(t *testing.T, id string, events ...saleEvent) es.Commit {
	t.Helper()
	head, err := s.store.Head(t.Context(), saleID(id))
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]es.RawEvent, len(events))
	for i, e := range events {
		if raw[i], err = saleEvents.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	c, err := s.store.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: head, Events: raw}}, Meta: es.Meta{Actor: "ann", CorrelationID: "corr"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c[0].Commit
}

// sell records a commit and applies it.
func (s *shop) sell(t *testing.T, id string, events ...saleEvent) {
	t.Helper()
	if failed := s.engine.Apply(t.Context(), []es.Commit{s.record(t, id, events...)}); len(failed) > 0 {
		t.Fatalf("streams that failed: %v", failed)
	}
}

// want fails the test unless a query of people returns these rows, each as text.
func (s *shop) want(t *testing.T, query string, want ...string) {
	t.Helper()
	got, err := s.ask(t.Context(), query)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q, %v, want %q", query, got, err, want)
	}
}

func (s *shop) ask(ctx context.Context, query string) ([]string, error) {
	rows, err := s.pool.Query(ctx, "SELECT q::text FROM ("+query+") q")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
