package peers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// correlation is what all systems store with a commit.
const correlation = "0b0e6a4e-9f0a-4a53-b3a7-1d1f0d9c5a10"

type ledgerEvent interface{ isLedgerEvent() }

func (deposited) isLedgerEvent() {}

var ledgers = es.Aggregate[ledger, ledgerEvent]{
	StreamType: "Ledger",
	Events:     es.NewRegistry(es.Type[ledgerEvent]("Deposited", 1, deposited{})),
	Evolve: func(l *ledger, e ledgerEvent) {
		if d, ok := e.(deposited); ok {
			l.add(d)
		}
	},
}

var rows = projection.New("ledgers", 1, projection.From(ledgers, projection.On(
	func(l *ledger, e projection.Event[deposited], _ *projection.Writes) error {
		l.add(e.Data)
		return nil
	})))

// library is this project's: pkg/es, dynamostore and dynamoview, as they come.
type library struct {
	store  *dynamostore.Store
	plain  *es.Repository[ledger, ledgerEvent]
	engine *projection.Engine
	ends   map[string]es.Head // of streams that add appends to
}

func newLibrary(tb testing.TB, connect func() client) system {
	tb.Helper()
	c := connect()
	unread := dynamostore.EventsTable
	unread.Stream = false // the emulator slows down with every record of a stream
	store, err := dynamostore.New(c, dynamotest.Table(tb, c, unread))
	if err != nil {
		tb.Fatal(err)
	}
	engine := projection.NewEngine(store, dynamoview.NewCatalog(c, dynamotest.Table(tb, c, dynamoview.ReadTable)),
		projection.Config{Log: slog.New(slog.DiscardHandler)},
		projection.Subscription{Projection: rows, View: dynamoview.New(c, dynamotest.Table(tb, c, dynamoview.ReadTable))})
	return &library{
		store: store, engine: engine, ends: map[string]es.Head{},
		plain: es.Open(store, ledgers),
	}
}

func (l *library) add(ctx context.Context, stream string, events []deposited) error {
	raw := make([]es.RawEvent, len(events))
	for i, e := range events {
		var err error
		if raw[i], err = ledgers.Events.Encode(e); err != nil {
			return err
		}
	}
	head, known := l.ends[stream]
	if !known {
		head = l.store.Empty(ledgers.Stream(stream))
	}
	stored, err := l.store.Append(ctx, es.Append{
		Writes: []es.Write{{Head: head, Events: raw}}, Meta: es.Meta{CorrelationID: correlation},
	})
	if err == nil {
		l.ends[stream] = stored[0].Head
	}
	return err
}

func (l *library) load(ctx context.Context, stream string) (ledger, error) {
	loaded, err := l.plain.Load(ctx, stream)
	return loaded.State, err
}

// writer is a repository of its own, as another process has one, with a cache of states.
func (l *library) writer(tb testing.TB, stream string) func(context.Context) error {
	tb.Helper()
	cache, err := lru.New[es.StreamID, any](10)
	if err != nil {
		tb.Fatal(err)
	}
	repository := es.Open(l.store, ledgers, es.RepositoryConfig{StateCache: cache})
	event := []ledgerEvent{events(1, 0)[0]}
	command := es.Command{Meta: es.Meta{CorrelationID: correlation}}
	return func(ctx context.Context) error {
		for {
			_, err := repository.Execute(ctx, stream, command, func(ledger) ([]ledgerEvent, error) { return event, nil })
			var conflict *es.ConflictError
			if !errors.As(err, &conflict) { // which comes after ten attempts
				return err
			}
		}
	}
}

func (l *library) project(ctx context.Context, batches [][]commit) error {
	hash := make([]byte, 32)
	for _, batch := range batches {
		commits := make([]es.Commit, len(batch))
		for i, c := range batch {
			commits[i] = es.Commit{
				Stream: ledgers.Stream(c.stream), Version: c.version, At: time.Now(), Hash: hash,
				Events: []es.RawEvent{{Type: "Deposited", Schema: 1, Data: c.data}},
			}
		}
		if failed := l.engine.Apply(ctx, commits); len(failed) > 0 {
			return fmt.Errorf("%d streams are not brought forward: %v", len(failed), failed)
		}
	}
	return nil
}

func encoded(tb testing.TB, events []deposited) [][]byte {
	tb.Helper()
	all := make([][]byte, len(events))
	for i, e := range events {
		raw, err := ledgers.Events.Encode(e)
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = raw.Data
	}
	return all
}
