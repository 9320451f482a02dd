package dynamoview_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestParkedWithoutEpoch: a stream that was parked by code without epochs is in epoch 0. It can be parked again, and be
// saved.
func TestParkedWithoutEpoch(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamoview.ReadTable)
	view := dynamoview.New(client, table)
	const why = `{"reason":"failed","error":"poison","version":8,"at":"2026-01-31T12:00:00.25Z","code":"v1"}`
	str := func(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
	seven := &types.AttributeValueMemberN{Value: "7"}
	for _, id := range []string{"a", "b"} {
		for _, stored := range []map[string]types.AttributeValue{
			{"pk": str("1|state|Note#" + id), "sk": str("-"), "version": seven, "parked": str(why)},
			{"pk": str("1|parked|"), "sk": str("Note#" + id), "stream": str("Note#" + id), "parked": str(why)},
		} {
			if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: stored}); err != nil {
				t.Fatal(err)
			}
		}
	}
	parked := projection.Parked{Reason: projection.Failed, Error: "poison", Version: 8, At: goldenTime, Code: "v1"}
	want := projection.Checkpoint{Version: 7, Parked: &parked}
	at, err := view.Checkpoints(t.Context(), 1, note("a"), note("b"))
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"a", "b"} {
		if diff := cmp.Diff(want, at[note(stream)]); diff != "" {
			t.Errorf("checkpoint of %s (-want +got):\n%s", stream, diff)
		}
	}
	next := projection.CheckpointUpdate{Stream: note("a"), Prev: at[note("a")], Next: projection.Checkpoint{Version: 8}}
	if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{next}, nil); err != nil {
		t.Errorf("save a checkpoint of an older version: %v", err)
	}
	if err := view.Park(t.Context(), 1, note("b"), at[note("b")], parked); err != nil {
		t.Errorf("park a stream again: %v", err)
	}
	if at, err = view.Checkpoints(t.Context(), 1, note("b")); err != nil || at[note("b")].EpochAt(8) != 1 {
		t.Errorf("checkpoint after parking again: %+v, %v, want epoch 1", at, err)
	}
}
