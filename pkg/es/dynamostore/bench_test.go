package dynamostore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// The benchmarks run each operation twice: with the library, and by hand with the bare SDK. `make bench` compares both
// with benchstat.

// deposited is an event of about 200 bytes.
type deposited struct {
	AccountID   string `json:"accountId"`
	Amount      string `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Sequence    int    `json:"sequence"`
}

type ledgerEvent interface{ isLedgerEvent() }

func (deposited) isLedgerEvent() {}

type ledger struct {
	Sum   int `json:"sum"`
	Count int `json:"count"`
}

func (l *ledger) add(d deposited) {
	l.Sum += d.Sequence
	l.Count++
}

var ledgers = es.Aggregate[ledger, ledgerEvent]{
	StreamType: "Ledger",
	Events:     es.NewRegistry(es.Type[ledgerEvent]("Deposited", 1, deposited{})),
	Evolve: func(l *ledger, e ledgerEvent) {
		if d, ok := e.(deposited); ok {
			l.add(d)
		}
	},
}

func deposit(i int) deposited {
	return deposited{
		AccountID: "acc-0123456789", Amount: "12.34", Currency: "USD", Sequence: i,
		Description: strings.Repeat("rent ", 20),
	}
}

type hand struct {
	client *dynamodb.Client
	table  string
	store  *dynamostore.Store
	exec   *es.Executor
}

func newHand(b *testing.B) hand {
	b.Helper()
	client := dynamotest.Client(b)
	h := hand{client: client, table: dynamotest.Table(b, client, eventsTable)}
	var err error
	if h.store, err = dynamostore.New(client, h.table); err != nil {
		b.Fatal(err)
	}
	h.exec = es.NewExecutor(h.store)
	return h
}

// fill writes a stream of events, one per commit, many commits in parallel.
func (h hand) fill(b *testing.B, stream es.StreamID, n int) {
	b.Helper()
	head := h.store.Empty(stream)
	for i := range n {
		raw, err := ledgers.Events.Encode(deposit(i))
		if err != nil {
			b.Fatal(err)
		}
		stored, err := h.store.Append(b.Context(), es.Append{
			Writes: []es.Write{{Head: head, Events: []es.RawEvent{raw}}},
			Meta:   es.Meta{CorrelationID: "0b0e6a4e-9f0a-4a53-b3a7-1d1f0d9c5a10"},
		})
		if err != nil {
			b.Fatal(err)
		}
		head = stored[0].Head
	}
}

func BenchmarkAppend(b *testing.B) {
	h := newHand(b)
	for i := range 3000 { // warm the emulator up, so that it does not slow down only the first benchmark
		h.put(b, "Ledger#warm-up", i+1, deposit(i))
	}
	b.Run("by=library", func(b *testing.B) {
		b.ReportAllocs()
		defer dynamotest.CPU(b)()
		head := h.store.Empty(es.StreamID{Type: "Ledger", ID: "library " + uuid.NewString()})
		for i := 0; b.Loop(); i++ {
			raw, err := ledgers.Events.Encode(deposit(i))
			if err != nil {
				b.Fatal(err)
			}
			stored, err := h.store.Append(b.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{raw}}}})
			if err != nil {
				b.Fatal(err)
			}
			head = stored[0].Head
		}
	})
	b.Run("by=hand", func(b *testing.B) {
		b.ReportAllocs()
		defer dynamotest.CPU(b)()
		stream := "Ledger#hand " + uuid.NewString()
		for i := 0; b.Loop(); i++ {
			h.put(b, stream, i+1, deposit(i))
		}
	})
}

// put is a minimal append: the same attributes without the hashes, in one conditional PutItem.
func (h hand) put(b *testing.B, stream string, version int, event deposited) {
	b.Helper()
	data, err := json.Marshal(event)
	if err != nil {
		b.Fatal(err)
	}
	str := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	num := func(v int) types.AttributeValue { return &types.AttributeValueMemberN{Value: strconv.Itoa(v)} }
	_, err = h.client.PutItem(b.Context(), &dynamodb.PutItemInput{
		TableName: &h.table,
		Item: map[string]types.AttributeValue{
			"stream": str(stream), "version": num(version), "count": num(1), "id": str("0b0e6a4e-9f0a-4a53-b3a7-1d1f0d9c5a10"),
			"at": str("2026-01-31T12:00:00.000000Z"), "types": &types.AttributeValueMemberSS{Value: []string{"Deposited"}},
			"hash": &types.AttributeValueMemberB{Value: make([]byte, 32)},
			"prev": &types.AttributeValueMemberB{Value: make([]byte, 32)},
			"events": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{
				Value: map[string]types.AttributeValue{"type": str("Deposited"), "schema": num(1), "data": str(string(data))},
			}}},
		},
		ConditionExpression: aws.String("attribute_not_exists(version)"),
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkLoad(b *testing.B) {
	h := newHand(b)
	snapshots := dynamostore.NewSnapshots(h.client, dynamotest.Table(b, h.client, dynamostore.SnapshotsTable))
	for _, n := range []int{1, 100, 10_000} {
		id := fmt.Sprint(n)
		stream := ledgers.Stream(id)
		h.fill(b, stream, n)
		plain := es.NewRepository(h.exec, ledgers)
		quick := es.NewRepository(h.exec, ledgers, es.RepositoryConfig{Snapshots: es.Snapshots{
			Store: snapshots, Every: 100, Schema: 1,
		}})
		if err := quick.Snapshot(b.Context(), stream); err != nil {
			b.Fatal(err)
		}
		for range 30_000 / (n + 9) { // warm the emulator up, so that it does not slow down only the first benchmark
			if _, err := h.query(b.Context(), stream.String()); err != nil {
				b.Fatal(err)
			}
		}
		for _, way := range []struct {
			name string
			load func(context.Context) (ledger, error)
		}{
			{"library", func(ctx context.Context) (ledger, error) { l, err := plain.Load(ctx, id); return l.State, err }},
			{"hand", func(ctx context.Context) (ledger, error) { return h.query(ctx, stream.String()) }},
			{"snapshot", func(ctx context.Context) (ledger, error) { l, err := quick.Load(ctx, id); return l.State, err }},
		} {
			b.Run(fmt.Sprintf("events=%d/by=%s", n, way.name), func(b *testing.B) {
				b.ReportAllocs()
				defer dynamotest.CPU(b)()
				for b.Loop() {
					got, err := way.load(b.Context())
					if err != nil || got.Count != n {
						b.Fatal(got, err)
					}
				}
			})
		}
	}
}

// query is a minimal load: all pages, plain JSON, no checks.
func (h hand) query(ctx context.Context, stream string) (ledger, error) {
	var out ledger
	pages := dynamodb.NewQueryPaginator(h.client, &dynamodb.QueryInput{
		TableName: &h.table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("#s = :s"),
		ExpressionAttributeNames:  map[string]string{"#s": "stream"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":s": &types.AttributeValueMemberS{Value: stream}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return out, err
		}
		for _, item := range page.Items {
			for _, event := range item["events"].(*types.AttributeValueMemberL).Value {
				var d deposited
				data := event.(*types.AttributeValueMemberM).Value["data"].(*types.AttributeValueMemberS).Value
				if err := json.Unmarshal([]byte(data), &d); err != nil {
					return out, err
				}
				out.add(d)
			}
		}
	}
	return out, nil
}

// BenchmarkFold decodes and folds one event, without a store.
func BenchmarkFold(b *testing.B) {
	raw, err := ledgers.Events.Encode(deposit(1))
	if err != nil {
		b.Fatal(err)
	}
	c := es.Commit{Stream: ledgers.Stream("a"), Version: 1, Events: []es.RawEvent{raw}}
	b.Run("by=library", func(b *testing.B) {
		b.ReportAllocs()
		defer dynamotest.CPU(b)()
		var l ledger
		for b.Loop() {
			if err := ledgers.Events.Decode(&c, 0, func(e ledgerEvent) error { ledgers.Evolve(&l, e); return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by=hand", func(b *testing.B) {
		b.ReportAllocs()
		defer dynamotest.CPU(b)()
		var l ledger
		for b.Loop() {
			var d deposited
			if err := json.Unmarshal(raw.Data, &d); err != nil {
				b.Fatal(err)
			}
			l.add(d)
		}
	})
}
