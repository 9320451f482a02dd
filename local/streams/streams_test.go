package streams_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/local/streams"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

func TestRead(t *testing.T) {
	t.Parallel()
	db := dynamotest.Client(t)
	table := dynamotest.Table(t, db, dynamotable.Table{
		Partition: dynamotable.Key{Name: "p", Type: dynamotable.String},
		Sort:      dynamotable.Key{Name: "s", Type: dynamotable.Number}, Stream: true,
	})
	put := func(i int) {
		t.Helper()
		_, err := db.PutItem(t.Context(),
			&dynamodb.PutItemInput{TableName: aws.String(table), Item: map[string]types.AttributeValue{
				"s": &types.AttributeValueMemberN{Value: fmt.Sprint(i)},
				"p": &types.AttributeValueMemberS{Value: "ü"},
				"b": &types.AttributeValueMemberB{Value: []byte{0, 255}},
				"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberNULL{Value: true}}},
			}})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	described, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	if err != nil {
		t.Fatal(err)
	}
	arn := *described.Table.LatestStreamArn
	c := streams.NewClient(dynamotest.Endpoint(t), "us-east-1")
	shards, err := c.Shards(t.Context(), arn)
	if err != nil || len(shards) != 1 || shards[0].Parent != "" {
		t.Fatalf("shards: %+v, %v, want one without a parent", shards, err)
	}
	read := func(at streams.Position) []streams.Record {
		t.Helper()
		iterator, err := c.Iterator(t.Context(), arn, shards[0].ID, at)
		if err != nil {
			t.Fatal(err)
		}
		records, next, err := c.Records(t.Context(), iterator)
		if err != nil || next == "" {
			t.Fatalf("next iterator: %q, %v", next, err)
		}
		return records
	}
	all := read(streams.Position{})
	if len(all) != 1 || all[0].Item != `{"p":{"S":"ü"},"s":{"N":"1"}}` || time.Since(all[0].Created) > 2*time.Minute {
		t.Fatalf("records: %+v, want the item that was put", all)
	}
	var got struct {
		EventName   string
		EventSource string
		Dynamodb    struct {
			NewImage       map[string]any
			StreamViewType string
		}
	}
	if err := json.Unmarshal(all[0].JSON, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"p": map[string]any{"S": "ü"}, "s": map[string]any{"N": "1"}, "b": map[string]any{"B": "AP8="},
		"l": map[string]any{"L": []any{map[string]any{"NULL": true}}},
	}
	if diff := cmp.Diff(want, got.Dynamodb.NewImage); diff != "" || got.EventName != "INSERT" ||
		got.EventSource != "aws:dynamodb" {
		t.Errorf("record %s (-want +got): %s", all[0].JSON, diff)
	}
	if latest := read(streams.Position{Latest: true}); len(latest) != 0 {
		t.Errorf("%d records after the latest", len(latest))
	}
	put(2)
	if after := read(streams.Position{After: all[0].Sequence}); len(after) != 1 ||
		after[0].Item != `{"p":{"S":"ü"},"s":{"N":"2"}}` {
		t.Errorf("after the first come %+v", after)
	}
	if _, err := c.Iterator(t.Context(), arn, "shardId-00000000000000000000-00000000", streams.Position{}); !errors.Is(err,
		streams.ErrGone) {
		t.Errorf("iterator of an unknown shard: %v, want ErrGone", err)
	}
	if _, err := c.Shards(t.Context(), arn+"0"); !errors.Is(err, streams.ErrGone) {
		t.Errorf("shards of an unknown stream: %v, want ErrGone", err)
	}
}

// What DynamoDB Local does not do within a test.
func TestPagesAndErrors(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var input struct{ ExclusiveStartShardId, ShardIterator string }
		_ = json.NewDecoder(r.Body).Decode(&input)
		switch input.ShardIterator + input.ExclusiveStartShardId {
		case "":
			fmt.Fprint(w, `{"StreamDescription":{"Shards":[{"ShardId":"a"},{"ShardId":"b","ParentShardId":"a"}],`+
				`"LastEvaluatedShardId":"b"}}`)
		case "b":
			fmt.Fprint(w, `{"StreamDescription":{"Shards":[{"ShardId":"c","ParentShardId":"b"}]}}`)
		case "closed":
			fmt.Fprint(w, `{"Records":[]}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"m"}`, input.ShardIterator)
		}
	}))
	t.Cleanup(server.Close)
	c := streams.NewClient(server.URL, "us-east-1")
	shards, err := c.Shards(t.Context(), "arn")
	if diff := cmp.Diff([]streams.Shard{{ID: "a"}, {ID: "b", Parent: "a"}, {ID: "c", Parent: "b"}}, shards); diff != "" ||
		err != nil {
		t.Errorf("shards (-want +got): %s, %v", diff, err)
	}
	if records, next, err := c.Records(t.Context(), "closed"); len(records) != 0 || next != "" || err != nil {
		t.Errorf("records of a closed shard: %v, next %q, %v; want none", records, next, err)
	}
	for iterator, want := range map[string]error{
		"ExpiredIteratorException": streams.ErrExpired, "TrimmedDataAccessException": streams.ErrTrimmed,
		"ResourceNotFoundException": streams.ErrGone,
	} {
		if _, _, err := c.Records(t.Context(), iterator); !errors.Is(err, want) {
			t.Errorf("records of %s: %v, want %v", iterator, err, want)
		}
	}
}

func TestCompareSequence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"9", "10", -1}, {"000000000000000000010", "9", 1}, {"111", "111", 0},
		{"99999999999999999999999999999999999998", "99999999999999999999999999999999999999", -1},
	} {
		if got := streams.CompareSequence(test.a, test.b); got != test.want {
			t.Errorf("compare %s with %s: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestBorn(t *testing.T) {
	t.Parallel()
	minute := time.Unix(1_700_000_040, 0) // a whole minute
	for _, test := range []struct{ created, seen, want time.Time }{
		{minute, minute.Add(20 * time.Second), minute.Add(20 * time.Second)},
		{minute, minute.Add(time.Hour), minute.Add(time.Minute)},
		{minute.Add(time.Second), minute.Add(time.Hour), minute.Add(time.Second)},
	} {
		if got := (streams.Record{Created: test.created, Seen: test.seen}).Born(); !got.Equal(test.want) {
			t.Errorf("stream created %v, first seen %v: its age begins at %v", test.created, test.seen, got)
		}
	}
}
