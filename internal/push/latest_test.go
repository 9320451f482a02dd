package push

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// latest returns the time in the record, 0 if there is no record.
func (b *bundle) latest() int64 {
	b.t.Helper()
	out, err := b.client.GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: &b.connections.table, Key: latestKey, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return secondsOf(out.Item["until"])
}

// process returns another process on the same table. Its clock is ahead by the given time.
func (b *bundle) process(ahead time.Duration) *Connections {
	c := NewConnections(b.client, b.connections.table)
	c.now = func() time.Time { return time.Now().Add(ahead) }
	return c
}

// subscribeWith opens a connection, subscribes it to order 7, and returns when the subscription expires.
func (b *bundle) subscribeWith(c *Connections, id string) int64 {
	b.t.Helper()
	topic := Topic{"order-summary", "Order#7"}
	ctx := context.Background()
	if err := errors.Join(c.Open(ctx, id, "ada"), c.Subscribe(ctx, id, "ada", topic)); err != nil {
		b.t.Error(err)
		return 0
	}
	out, err := b.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &c.table, Key: key(topic.partition("ada"), id), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		b.t.Error(err)
		return 0
	}
	return secondsOf(out.Item["expires"])
}

// spent returns the requests that one Notify of an order's changes sends. The changes have three topics.
func (b *bundle) spent(meter *dynamotest.Meter) dynamotest.Usage {
	b.t.Helper()
	meter.Take()
	b.notifier.Notify(b.t.Context(), []projection.Change{
		change("ada", "7", 3, "customer/ALFKI"), change("ada", "7", 4, "customer/ALFKI"),
		change("ada", "8", 1, "customer/ALFKI"),
	})
	return meter.Take()
}

var (
	noSubscriber  = dynamotest.Usage{Requests: map[string]int{"GetItem": 1}, ReadUnits: 1}
	oneSubscriber = dynamotest.Usage{Requests: map[string]int{"GetItem": 1, "Query": 3}, ReadUnits: 4}
)

// TestABatchWithoutSubscribersCostsOneRead: also while a client is connected that has not subscribed.
func TestABatchWithoutSubscribersCostsOneRead(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	b := newBundle(t, meter.Metered)
	if diff := cmp.Diff(noSubscriber, b.spent(meter)); diff != "" {
		t.Errorf("no client is connected (-want +got):\n%s", diff)
	}
	b.handle(Connect, "c", "ada", "")
	if diff := cmp.Diff(noSubscriber, b.spent(meter)); diff != "" {
		t.Errorf("no client is subscribed (-want +got):\n%s", diff)
	}
	meter.Take()
	b.notifier.Notify(t.Context(), []projection.Change{change("", "7", 3)})
	if diff := cmp.Diff(dynamotest.Usage{}, meter.Take()); diff != "" {
		t.Errorf("the change has no owner (-want +got):\n%s", diff)
	}
}

func TestASubscriberBetweenTwoBatchesIsTold(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	b := newBundle(t, meter.Metered)
	b.spent(meter)
	b.join("c", "ada")
	if diff := cmp.Diff(oneSubscriber, b.spent(meter)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if got := b.gateway.arrived(); len(got) != 2 { // both changes of order 7
		t.Errorf("messages that arrived: %v, want both changes of order 7", got)
	}
}

func TestExpiredRecordCountsAsNoSubscriber(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	b := newBundle(t, meter.Metered)
	b.join("c", "ada")
	at := b.latest()
	for now, want := range map[int64]dynamotest.Usage{at - 1: oneSubscriber, at: noSubscriber, at + 1: noSubscriber} {
		b.connections.now = func() time.Time { return time.Unix(now, 0) }
		got := b.spent(meter)
		if diff := cmp.Diff(want.Requests, got.Requests); diff != "" {
			t.Errorf("at %+d (-want +got):\n%s", now-at, diff)
		}
	}
	// The process that subscribed a client before does so again: the time that it remembers is in the past.
	b.join("d", "ada")
	if diff := cmp.Diff(oneSubscriber.Requests, b.spent(meter).Requests); diff != "" {
		t.Errorf("a client subscribes later (-want +got):\n%s", diff)
	}
}

// TestTheRecordIsNeverLowered: not by subscriptions that expire earlier, of whichever process, and not by clients that
// disconnect.
func TestTheRecordIsNeverLowered(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.subscribeWith(b.process(time.Hour), "late")
	want := b.latest()
	early := b.process(0)
	for _, id := range []string{"early", "again"} {
		if expires := b.subscribeWith(early, id); b.latest() != want || expires >= want {
			t.Errorf("%s expires at %d: the record went from %d to %d", id, expires, want, b.latest())
		}
	}
	b.subscribeWith(early, "late") // the same connection again
	for _, id := range []string{"early", "again", "late"} {
		if err := b.connections.Close(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if b.latest() != want || b.rows() != 0 {
		t.Errorf("all have disconnected: the record went from %d to %d, %d rows", want, b.latest(), b.rows())
	}
}

// TestConcurrentSubscribersAreCovered: the record covers each subscription from the moment that it is stored.
func TestConcurrentSubscribersAreCovered(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	shared := b.process(0) // by two subscribers
	for round := range 5 {
		var wg sync.WaitGroup
		ahead := time.Duration(round) * time.Hour
		for i, c := range []*Connections{b.process(ahead), b.process(ahead + time.Hour), shared, shared} {
			wg.Go(func() {
				if expires := b.subscribeWith(c, strconv.Itoa(i)); expires == 0 || b.latest() < expires {
					t.Errorf("round %d: %d expires at %d, the record holds %d", round, i, expires, b.latest())
				}
			})
		}
		wg.Wait()
	}
}

// TestNoSubscriptionIsLeftUncovered: if the record can't be raised, the subscription fails. The next one raises it.
func TestNoSubscriptionIsLeftUncovered(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.handle(Connect, "c", "ada", "")
	b.connections.client = refusesRecord{b.client}
	for range 2 {
		said := b.said(subscribe, "c", "ada", `{"action":"subscribe","projection":"order-summary","stream":"Order#7"}`)
		if said["code"] != "unavailable" || b.rows() != 1 || b.latest() != 0 {
			t.Errorf("%v, %d rows, the record holds %d", said, b.rows(), b.latest())
		}
	}
	b.connections.client = b.client
	b.subscribe("c", "ada", `"projection":"order-summary","stream":"Order#7"`)
	if b.rows() != 2 || b.latest() == 0 {
		t.Errorf("%d rows, the record holds %d", b.rows(), b.latest())
	}
}

// refusesRecord is a DynamoDB client that fails to write the record.
type refusesRecord struct{ Client }

func (r refusesRecord) UpdateItem(
	ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options),
) (*dynamodb.UpdateItemOutput, error) {
	if reflect.DeepEqual(in.Key, latestKey) {
		return nil, errors.New("throttled")
	}
	return r.Client.UpdateItem(ctx, in, opts...)
}

// TestAProcessRaisesTheRecordOnce: the value that it stored covers the subscriptions of the next minutes.
func TestAProcessRaisesTheRecordOnce(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	b := newBundle(t, meter.Metered)
	begin := time.Now().Truncate(slack)
	b.connections.now = func() time.Time { return begin.Add(time.Second) }
	b.join("first", "ada")
	var got []int
	for _, after := range []time.Duration{time.Second, slack, slack + time.Second} {
		b.connections.now = func() time.Time { return begin.Add(after) }
		b.handle(Connect, after.String(), "ada", "")
		meter.Take()
		b.subscribe(after.String(), "ada", `"projection":"order-summary","stream":"Order#7"`)
		got = append(got, meter.Take().Requests["UpdateItem"])
	}
	if want := []int{1, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("%v updates, want %v", got, want)
	}
}
