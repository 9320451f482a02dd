package dynamoview_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// answers gives every request the same answer, below the SDK, which makes its own errors from it.
type answers string

func (a answers) Do(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(string(a))),
	}, nil
}

func answering(text string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1"), HTTPClient: answers(text),
		Retryer:     aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

func first[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		return err
	}
	return nil
}

// TestThrottlesAreUnavailable: for every call of a view or a catalog, DynamoDB's throttling is es.ErrUnavailable to the
// engine, which does not know AWS. A permanent refusal is not.
func TestThrottlesAreUnavailable(t *testing.T) {
	t.Parallel()
	const canceled = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",` +
		`"CancellationReasons":[{"Code":"None"},{"Code":"`
	for name, test := range map[string]struct {
		answer string
		want   bool
	}{
		"throttled": {`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}`, true},
		"beyond its throughput": {
			`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`, true,
		},
		"too many requests":      {`{"__type":"com.amazonaws.dynamodb.v20120810#RequestLimitExceeded"}`, true},
		"transaction throttled":  {canceled + `ThrottlingError"}]}`, true},
		"transaction throughput": {canceled + `ProvisionedThroughputExceeded"}]}`, true},
		"not allowed":            {`{"__type":"com.amazon.coral.service#AccessDeniedException"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, ctx, stream := answering(test.answer), t.Context(), es.StreamID{Type: "Note", ID: "a"}
			view, catalog := dynamoview.New(client, "rows"), dynamoview.NewCatalog(client, "catalog")
			move := []projection.CheckpointUpdate{{Stream: stream, Next: projection.Checkpoint{Version: 1}}}
			row := []projection.Write{{
				Kind: projection.Put, Key: projection.Key{Partition: "p", Sort: "s"}, Row: json.RawMessage(`1`),
			}}
			for call, err := range map[string]error{
				"checkpoints": second(view.Checkpoints(ctx, 1, stream)),
				"a batch":     second(view.Checkpoints(ctx, 1, stream, es.StreamID{Type: "Note", ID: "b"})),
				"save":        view.Save(ctx, 1, move, nil),
				"save rows":   view.Save(ctx, 1, move, row),
				"park":        view.Park(ctx, 1, stream, projection.Checkpoint{}, projection.Parked{}),
				"seen":        view.Seen(ctx, 1, stream, 1),
				"append":      view.Append(ctx, 1, projection.AppendRow{Key: row[0].Key, Row: row[0].Row}),
				"list":        first(view.List(ctx, 1, projection.Listing{Partition: "p"})),
				"parked":      first(view.Parked(ctx, 1)),
				"keys":        first(view.Keys(ctx, 1)),
				"marks":       first(view.Marks(ctx, 1)),
				"drop":        view.Drop(ctx, 1),
				"records":     second(catalog.Records(ctx)),
				"replace":     catalog.Replace(ctx, projection.Record{Projection: "log"}),
				"position":    catalog.SavePosition(ctx, "log", 1, 0, es.Start),
			} {
				if err == nil || errors.Is(err, es.ErrUnavailable) != test.want {
					t.Errorf("%s: %v, want an error that is ErrUnavailable: %t", call, err, test.want)
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// throttling throttles a number of saves, like DynamoDB.
type throttling struct {
	projection.View
	by   *dynamoview.View
	left int
}

func (v *throttling) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if v.left > 0 {
		v.left--
		return v.by.Save(ctx, g, moves, rows)
	}
	return v.View.Save(ctx, g, moves, rows)
}

// TestThrottledRebuild: a rebuild waits for a table that throttles it, without being told AWS's errors.
func TestThrottledRebuild(t *testing.T) {
	t.Parallel()
	store, stream := memstore.New(), es.StreamID{Type: "Note", ID: "a"}
	raw, err := notes.Encode(noted{"x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), es.Append{
		Writes: []es.Write{{Head: store.Empty(stream), Events: []es.RawEvent{raw}}},
	}); err != nil {
		t.Fatal(err)
	}
	view := &throttling{
		View: memview.New(), left: 3,
		by: dynamoview.New(answering(`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}`), "rows"),
	}
	log := projection.New("log", 1, projection.From(aNote, projection.On(
		func(s *struct{ Text string }, e projection.Event[noted], _ *projection.Writes) error {
			s.Text = e.Data.Text
			return nil
		})))
	quiet := slog.New(slog.DiscardHandler)
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{Log: quiet}, projection.Subscription{
		Projection: log, View: view,
	})
	if _, _, err := projection.NewRebuilder(engine, store, projection.RebuildConfig{
		Segments: 1, Log: quiet,
	}).Run(t.Context(), "log", nil); err != nil {
		t.Error(err)
	}
	if view.left > 0 {
		t.Errorf("%d throttles were not used", view.left)
	}
}
