package main

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sqs "github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// laterFake keeps the messages that functions send later.
type laterFake struct {
	mu        sync.Mutex
	sent      []string // delayed by less than 15 minutes
	scheduled map[string]string
}

func (l *laterFake) Send(_ context.Context, _ time.Duration, body string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, body)
	return nil
}

func (l *laterFake) Schedule(_ context.Context, id string, _ time.Time, body string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scheduled == nil {
		l.scheduled = map[string]string{}
	}
	l.scheduled[id] = body
	return nil
}

func (l *laterFake) Unschedule(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.scheduled, id)
	return nil
}

// take returns the bodies of the messages that were sent, and forgets them.
func (l *laterFake) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.sent
	l.sent = nil
	return sent
}

// billEvent is an event of a bill, whose events ask for deadlines.
type (
	billEvent interface{ isBillEvent() }
	billAsked struct {
		Timer, Name string
		At          time.Time
	}
	billDunned struct{ Name string }
)

func (billAsked) isBillEvent()  {}
func (billDunned) isBillEvent() {}

// bill is an aggregate that counts the deadlines that were executed.
var bill = es.Aggregate[int, billEvent]{
	StreamType: "Bill",
	Events: es.NewRegistry(
		es.Type[billEvent]("BillAsked", 1, billAsked{}), es.Type[billEvent]("BillDunned", 1, billDunned{}),
	),
	Evolve: func(dunned *int, e billEvent) {
		if _, is := e.(billDunned); is {
			*dunned++
		}
	},
}

// errBroken is the error of a command that fails.
var errBroken = errors.New("the printer is on fire")

// bills is a service with two timers. Their commands fail while broken is set.
func bills(broken *atomic.Bool) *annals.Service {
	timer := func(name string) annals.Part {
		return annals.Deadlines(name, bill, func(t *annals.Timetable, e projection.Event[billEvent]) {
			if asked, is := e.Data.(billAsked); is && asked.Timer == name {
				t.Set(asked.Name, asked.At)
			}
		}, func(tx *annals.Tx, d annals.Due) error {
			if broken.Load() {
				return errBroken
			}
			b, err := annals.Load(tx, bill, d.Stream.ID)
			if err != nil {
				return err
			}
			b.Record(billDunned{d.Name})
			return nil
		})
	}
	return annals.New("bills", annals.Aggregate(bill), timer("dun"), timer("remind"),
		annals.AuditTrail("GET /streams/{type}/{id}"))
}

// asks stores an event that asks for a deadline.
func (f *fake) asks(t *testing.T, id string, e billAsked) {
	t.Helper()
	store, err := dynamostore.New(dynamotest.Client(t), f.located.Resources.Tables["events"], dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	stream := bill.Stream(id)
	head, err := store.Head(t.Context(), stream)
	if errors.As(err, new(*es.NotFoundError)) {
		head, err = store.Empty(stream), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{
		Head: head, Events: []es.RawEvent{{Type: "BillAsked", Schema: 1, Data: data}},
	}}}); err != nil {
		t.Fatal(err)
	}
}

// deliver gives the reactor the messages that were sent.
func (f *fake) deliver(t *testing.T) {
	t.Helper()
	var batch sqs.SQSEvent
	for _, body := range f.later.take() {
		batch.Records = append(batch.Records, sqs.SQSMessage{
			MessageId: "m", Body: body, EventSource: "aws:sqs", Attributes: map[string]string{"ApproximateReceiveCount": "1"},
		})
	}
	payload, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	h, err := f.handler(f.located.Resources.Functions[annalsaws.Reactor])
	f.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.Invoke(t.Context(), payload)
	if err != nil || string(out) != `{"batchItemFailures":[]}` {
		t.Fatalf("deliver %d messages: %s, %v", len(batch.Records), out, err)
	}
}
