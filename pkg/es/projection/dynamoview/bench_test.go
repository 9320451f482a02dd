package dynamoview_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// The benchmarks do everything twice in one run: with the library, and by hand with the same writes through the bare
// SDK. Compare them with benchstat: make bench.

// tally is a document of about 300 bytes.
type tally struct {
	Count int    `json:"count"`
	Text  string `json:"text"`
}

var tallies = projection.New("tally", 1, projection.From(aNote, projection.On(
	func(s *tally, e projection.Event[noted], _ *projection.Writes) error {
		s.Count, s.Text = s.Count+1, e.Data.Text
		return nil
	})))

const filler = "the text of a note, which is as long as many a row of a read model is; the text of a note, which is " +
	"as long as many a row of a read model is; the text of a note, which is as long as many a row of a read model is."

func encode(tb testing.TB, text string) es.RawEvent {
	tb.Helper()
	raw, err := notes.Encode(noted{text})
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// parallel calls do n times, 16 calls at once.
func parallel(tb testing.TB, n int, do func(i int) error) {
	tb.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 16 {
		wg.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

const (
	benchStreams = 50 // in a batch
	benchCommits = 2  // of each
)

// BenchmarkEngine applies batches of 100 commits of 50 streams to a projection with one document a stream.
func BenchmarkEngine(b *testing.B) {
	client := dynamotest.Client(b)
	table := dynamotest.Table(b, client, dynamoview.ReadTable)
	view, catalog := dynamoview.New(client, table),
		dynamoview.NewCatalog(client, dynamotest.Table(b, client, dynamoview.ReadTable))
	engine := projection.NewEngine(nil, catalog, projection.Config{}, projection.Subscription{
		Projection: tallies, View: view,
	})
	raw := encode(b, filler)
	hash := make([]byte, 32)
	batch := func(prefix string, from int64) []es.Commit {
		commits := make([]es.Commit, 0, benchStreams*benchCommits)
		for i := range int64(benchCommits) {
			for s := range benchStreams {
				commits = append(commits, es.Commit{
					Stream: note(prefix + strconv.Itoa(s)), Version: from + i, At: time.Now(), Events: []es.RawEvent{raw}, Hash: hash,
				})
			}
		}
		return commits
	}
	byHand := func(ctx context.Context, prefix string, from int64) {
		state, err := json.Marshal(tally{int(from), filler})
		if err != nil {
			b.Fatal(err)
		}
		parallel(b, benchStreams, func(s int) error {
			put := &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
				"pk":      &types.AttributeValueMemberS{Value: "1|state|" + note(prefix+strconv.Itoa(s)).String()},
				"sk":      &types.AttributeValueMemberS{Value: "-"},
				"version": &types.AttributeValueMemberN{Value: strconv.FormatInt(from+benchCommits-1, 10)},
				"hash":    &types.AttributeValueMemberB{Value: hash}, "state": &types.AttributeValueMemberS{Value: string(state)},
			}, ConditionExpression: aws.String("attribute_not_exists(pk)")}
			if from > 1 {
				put.ConditionExpression = aws.String("version = :v AND attribute_not_exists(done) AND attribute_not_exists(parked)")
				put.ExpressionAttributeValues = map[string]types.AttributeValue{
					":v": &types.AttributeValueMemberN{Value: strconv.FormatInt(from-1, 10)},
				}
			}
			_, err := client.PutItem(ctx, put)
			return err
		})
	}
	for i := range 40 { // the emulator is slow at first
		byHand(b.Context(), "warm", int64(i*benchCommits+1))
	}
	run := func(name string, apply func(round string, from int64)) {
		round := 0
		b.Run("by="+name, func(b *testing.B) {
			b.ReportAllocs()
			defer dynamotest.CPU(b)()
			round++
			for i := range b.N {
				apply(fmt.Sprint(name, round, "-"), int64(i*benchCommits+1))
			}
			b.ReportMetric(float64(b.N*benchStreams*benchCommits)/b.Elapsed().Seconds(), "events/s")
		})
	}
	run("hand", func(round string, from int64) { byHand(b.Context(), round, from) })
	run("library", func(round string, from int64) {
		if failed := engine.Apply(b.Context(), batch(round, from)); len(failed) > 0 {
			b.Fatal(failed)
		}
	})
}

const (
	historyStreams = 10_000
	historyEvents  = 10 // of each, one a commit
	historyParts   = 8
)

// history is an event table of streams with ten events each, one event a commit.
func history(b *testing.B, client *dynamodb.Client, streams int) (*dynamostore.Store, string) {
	b.Helper()
	events := dynamotest.Table(b, client, dynamotest.Unread(dynamostore.EventsTable))
	store, err := dynamostore.New(client, events)
	if err != nil {
		b.Fatal(err)
	}
	raw := encode(b, filler)
	parallel(b, streams, func(i int) error {
		head := store.Empty(note(strconv.Itoa(i)))
		for range historyEvents {
			stored, err := store.Append(b.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{raw}}}})
			if err != nil {
				return err
			}
			head = stored[0].Head
		}
		return nil
	})
	return store, events
}

// rebuildOf begins a generation on tables of its own, and returns the function that fills it.
func rebuildOf(b *testing.B, client *dynamodb.Client, store *dynamostore.Store) (fill func(projection.OnPage)) {
	b.Helper()
	view := dynamoview.New(client, dynamotest.Table(b, client, dynamoview.ReadTable))
	catalog := dynamoview.NewCatalog(client, dynamotest.Table(b, client, dynamoview.ReadTable))
	quiet := slog.New(slog.DiscardHandler)
	engine := projection.NewEngine(store, catalog, projection.Config{Log: quiet}, projection.Subscription{
		Projection: tallies, View: view,
	})
	rebuilder := projection.NewRebuilder(engine, store, projection.RebuildConfig{Segments: historyParts, Log: quiet})
	build, err := rebuilder.Begin(b.Context(), "tally")
	if err != nil {
		b.Fatal(err)
	}
	return func(progress projection.OnPage) {
		parallel(b, historyParts, func(segment int) error {
			_, err := rebuilder.Fill(b.Context(), "tally", build.Generation, segment, progress)
			return err
		})
	}
}

// BenchmarkRebuild rebuilds a projection with one document a stream from 100,000 events. By hand, it reads the events
// and writes the same rows: in batches without a condition, or one at a time on condition that there is none yet. A
// generation that receives live writes during the rebuild, like the library's, needs the condition, which a batch can't
// have.
func BenchmarkRebuild(b *testing.B) {
	client := dynamotest.Client(b)
	store, events := history(b, client, historyStreams)
	byHand := func(name string, write writeItems) {
		b.Run("by="+name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				b.StopTimer()
				table := dynamotest.Table(b, client, dynamoview.ReadTable)
				b.StartTimer()
				rebuildByHand(b, client, events, table, write)
			}
			b.ReportMetric(float64(b.N*historyStreams*historyEvents)/b.Elapsed().Seconds(), "events/s")
		})
	}
	byHand("hand", inBatches)
	byHand("hand-on-condition", onCondition)
	b.Run("by=library", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			b.StopTimer()
			fill := rebuildOf(b, client, store)
			b.StartTimer()
			fill(nil)
		}
		b.ReportMetric(float64(b.N*historyStreams*historyEvents)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkRebuildMemory measures the largest memory in use after a page of a rebuild, for histories of different
// lengths.
func BenchmarkRebuildMemory(b *testing.B) {
	client := dynamotest.Client(b)
	for _, streams := range []int{historyStreams * 3 / 10, historyStreams} {
		store, _ := history(b, client, streams)
		b.Run(fmt.Sprintf("events=%d", streams*historyEvents), func(b *testing.B) {
			most := uint64(0)
			for range b.N {
				var mu sync.Mutex
				rebuildOf(b, client, store)(func(int, int, int) {
					mu.Lock()
					defer mu.Unlock()
					runtime.GC()
					var stats runtime.MemStats
					runtime.ReadMemStats(&stats)
					most = max(most, stats.HeapAlloc)
				})
			}
			b.ReportMetric(float64(most)/(1<<20), "MB-in-use")
		})
	}
}

// rebuildByHand scans the events in parallel and writes a row for the last of each stream.
func rebuildByHand(b *testing.B, client *dynamodb.Client, events, table string, write writeItems) {
	b.Helper()
	state, err := json.Marshal(tally{historyEvents, filler})
	if err != nil {
		b.Fatal(err)
	}
	parallel(b, historyParts, func(segment int) error {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
			TableName: &events, ConsistentRead: aws.Bool(true),
			Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(historyParts),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(b.Context())
			if err != nil {
				return err
			}
			var rows []item
			for _, event := range page.Items {
				if v, ok := event["version"].(*types.AttributeValueMemberN); !ok || v.Value != strconv.Itoa(historyEvents) {
					continue
				}
				rows = append(rows, item{
					"pk": &types.AttributeValueMemberS{Value: "2|state|" + event["stream"].(*types.AttributeValueMemberS).Value},
					"sk": &types.AttributeValueMemberS{Value: "-"}, "version": event["version"], "hash": event["hash"],
					"state": &types.AttributeValueMemberS{Value: string(state)},
				})
			}
			if err := write(b.Context(), client, table, rows); err != nil {
				return err
			}
		}
		return nil
	})
}

type item = map[string]types.AttributeValue

type writeItems func(ctx context.Context, client *dynamodb.Client, table string, items []item) error

func inBatches(ctx context.Context, client *dynamodb.Client, table string, items []item) error {
	for chunk := range slices.Chunk(items, 25) {
		puts := make([]types.WriteRequest, len(chunk))
		for i, row := range chunk {
			puts[i].PutRequest = &types.PutRequest{Item: row}
		}
		_, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: puts},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// onCondition writes as many items concurrently as an engine does.
func onCondition(ctx context.Context, client *dynamodb.Client, table string, items []item) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(64)
	for _, row := range items {
		work.Go(func() error {
			_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
				TableName: &table, Item: row, ConditionExpression: aws.String("attribute_not_exists(pk)"),
			})
			return err
		})
	}
	return work.Wait()
}
