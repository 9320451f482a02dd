package dynamoview_test

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

var update = flag.Bool("update-stored", false, "rewrite the items of testdata/stored")

var goldenTime = time.Date(2026, 1, 31, 12, 0, 0, 250_000_000, time.UTC)

// TestRowsAreStoredAs: the stored form of checkpoints of all kinds with their documents, an own row, an appended row,
// shared counters, and a parked stream with its place in the list.
func TestRowsAreStoredAs(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamoview.ReadTable)
	view := dynamoview.New(client, table)
	none := projection.Checkpoint{}
	whole := projection.Checkpoint{
		Version: 7, Hash: make([]byte, 32), At: goldenTime, State: json.RawMessage(`{"total":"1.50"}`), Owner: "ada",
	}
	half := projection.Checkpoint{Version: 7, RowsWritten: 99, At: goldenTime}
	behind := projection.Checkpoint{Version: 2, Behind: true}
	own := projection.Key{Partition: "customer/ada", Sort: "2026-01-31#o-1"}
	shared := projection.Key{Partition: "sales", Sort: "tea"}
	rows := []projection.Write{
		{Kind: projection.Put, Key: own, Row: json.RawMessage(`{"id":"o-1"}`)},
		{Kind: projection.Add, Key: shared, Counters: map[string]projection.Number{"quantity": projection.Int(-3)}},
	}
	save := func(g projection.Generation, stream es.StreamID, next projection.Checkpoint, rows ...projection.Write) {
		t.Helper()
		err := view.Save(t.Context(), g, []projection.CheckpointUpdate{{Stream: stream, Prev: none, Next: next}}, rows)
		if err != nil {
			t.Fatal(err)
		}
	}
	place := func(stream es.StreamID, partition, sort string) projection.Key {
		return projection.OwnKey(stream, projection.Key{Partition: partition, Sort: sort})
	}
	listed := projection.Checkpoint{
		Version: 12, Rises: []projection.Rise{{From: 4, Epoch: 2}, {From: 9, Epoch: 3}}, Appended: 30,
		Slots: []projection.Slot{
			{Key: place(note("listed"), "all", "2026"), Row: json.RawMessage(`{"id":"l"}`)},
			{Key: place(note("listed"), "of/ada", "l"), Row: json.RawMessage(`{}`)},
		},
	}
	second := projection.Checkpoint{Version: 1, Slots: []projection.Slot{{}, {Key: place(note("second"), "of/ada", "l")}}}
	parked, long := note("parked"), note(strings.Repeat("x", 2000))
	save(1, note("whole"), whole, rows...)
	save(2, note("half"), half)
	save(1, note("behind"), behind)
	save(1, long, projection.Checkpoint{Version: 1})
	save(1, note("listed"), listed)
	save(1, note("second"), second)
	save(1, parked, whole)
	why := projection.Parked{
		Reason: projection.Failed, Error: "poison", Version: 8, At: goldenTime, Code: "v1", Attempts: 2,
	}
	if err := view.Park(t.Context(), 1, parked, whole, why); err != nil {
		t.Fatal(err)
	}
	if err := view.Seen(t.Context(), 1, parked, 9); err != nil {
		t.Fatal(err)
	}
	for epoch, stream := range []es.StreamID{note("whole"), note("listed")} {
		row := projection.AppendRow{
			Key: projection.AppendKey("log", stream, 7, 2), Epoch: 3 * epoch, Row: json.RawMessage(`{"text":"x"}`),
		}
		if err := view.Append(t.Context(), 1, row); err != nil {
			t.Fatal(err)
		}
	}
	dynamotest.Golden(t, client, table, dynamotest.GoldenConfig{Name: "rows", Update: *update})
}

// TestGenerationsAreStoredAs: the stored form of a record with a build of each status, a segment's position, and notes,
// one of them removed.
func TestGenerationsAreStoredAs(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamoview.ReadTable)
	catalog, ctx := dynamoview.NewCatalog(client, table), t.Context()
	record := projection.Record{Projection: "log", Last: 4, RolledBackFold: 3, Builds: []projection.Build{
		{Generation: 1, Fold: 1, Status: projection.Dropping, Segments: 1, Filled: true, Since: goldenTime},
		{Generation: 2, Fold: 2, Status: projection.Retired, Segments: 4, Filled: true, Since: goldenTime},
		{Generation: 3, Fold: 3, Status: projection.Serving, Segments: 4, Filled: true, Since: goldenTime},
		{
			Generation:    4,
			Fold:          4,
			Status:        projection.Building,
			Segments:      16,
			WorkerStarted: true,
			Failure:       "full",
			Since:         goldenTime,
		},
	}}
	for _, err := range []error{
		catalog.Replace(ctx, record), catalog.SavePosition(ctx, "log", 4, 15, "there"),
		catalog.SaveNote(ctx, "log", 4, "todo", json.RawMessage(`{"a":1}`)), catalog.SaveNote(ctx, "log", 4, "done", nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dynamotest.Golden(t, client, table, dynamotest.GoldenConfig{Name: "generations", Update: *update})
}
