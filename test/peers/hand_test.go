package peers

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

type client = *dynamodb.Client

// hand is what an experienced engineer writes with the bare SDK: a commit is an item, put on condition that its version
// is free; a load is a Query of all pages. It has no hash chain, no compression, no limits, no repeats of commands, no
// old versions of events.
type hand struct {
	client       client
	events, rows string
	ends         map[string]int64 // of streams that add appends to
}

func newHand(tb testing.TB, connect func() client) system {
	tb.Helper()
	c := connect()
	stream := dynamotable.Key{Name: "stream", Type: dynamotable.String}
	return &hand{
		client: c, ends: map[string]int64{},
		events: dynamotest.Table(tb, c, dynamotable.Table{
			Partition: stream, Sort: dynamotable.Key{Name: "version", Type: dynamotable.Number},
		}),
		rows: dynamotest.Table(tb, c, dynamotable.Table{Partition: stream}),
	}
}

func str(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func num[N int | int64](v N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(v), 10)}
}

func (h *hand) add(ctx context.Context, stream string, events []deposited) error {
	if err := h.put(ctx, stream, h.ends[stream], events); err != nil {
		return err
	}
	h.ends[stream] += int64(len(events))
	return nil
}

// put stores a commit behind a version.
func (h *hand) put(ctx context.Context, stream string, after int64, events []deposited) error {
	list := make([]types.AttributeValue, len(events))
	for i, e := range events {
		data, err := json.Marshal(e)
		if err != nil {
			return err
		}
		list[i] = &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"type": str("Deposited"), "data": str(string(data)),
		}}
	}
	_, err := h.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &h.events,
		Item: map[string]types.AttributeValue{
			"stream": str("Ledger#" + stream), "version": num(after + 1), "count": num(len(events)), "id": str(uuid.NewString()),
			"at": str(time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")), "correlation": str(correlation),
			"events": &types.AttributeValueMemberL{Value: list},
		},
		ConditionExpression: aws.String("attribute_not_exists(version)"),
	})
	return err
}

func (h *hand) load(ctx context.Context, stream string) (ledger, error) {
	var l ledger
	_, err := h.fold(ctx, stream, 0, &l)
	return l, err
}

// fold adds what comes after a version to a state, and returns the version that the stream is at.
func (h *hand) fold(ctx context.Context, stream string, after int64, l *ledger) (int64, error) {
	pages := dynamodb.NewQueryPaginator(h.client, &dynamodb.QueryInput{
		TableName: &h.events, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("#stream = :stream AND version > :after"),
		ExpressionAttributeNames:  map[string]string{"#stream": "stream"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":stream": str("Ledger#" + stream), ":after": num(after)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, item := range page.Items {
			list := item["events"].(*types.AttributeValueMemberL).Value
			for _, event := range list {
				var d deposited
				data := event.(*types.AttributeValueMemberM).Value["data"].(*types.AttributeValueMemberS).Value
				if err := json.Unmarshal([]byte(data), &d); err != nil {
					return 0, err
				}
				l.add(d)
			}
			after += int64(len(list))
		}
	}
	return after, nil
}

// writer keeps the state and reads only what is new after a conflict. It pauses as es.Executor does, so that pauses are
// not what is compared.
func (h *hand) writer(_ testing.TB, stream string) func(context.Context) error {
	var (
		state ledger
		at    int64
		fresh bool
		event = events(1, 0)
	)
	return func(ctx context.Context) error {
		for attempt := 0; ; attempt++ {
			if !fresh {
				var err error
				if at, err = h.fold(ctx, stream, at, &state); err != nil {
					return err
				}
			}
			err := h.put(ctx, stream, at, event)
			var conflict *types.ConditionalCheckFailedException
			if fresh = !errors.As(err, &conflict); fresh {
				if err == nil {
					state.add(event[0])
					at++
				}
				return err
			}
			time.Sleep(rand.N(10 * time.Millisecond << min(attempt, 5)))
		}
	}
}
