package main

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

func TestCards(t *testing.T) {
	t.Parallel()
	collect := func(points int) func(card) ([]cardEvent, error) {
		return func(c card) ([]cardEvent, error) { return c.collect(points) }
	}
	estest.For(cards).Run(t, []estest.Case[card, cardEvent]{
		{Name: "first points", When: collect(10), Then: []cardEvent{pointsCollected{10}}},
		{
			Name:  "gold",
			Given: []cardEvent{pointsCollected{990}},
			When:  collect(10),
			Then:  []cardEvent{pointsCollected{10}, turnedGold{}},
		},
		{
			Name:  "gold once",
			Given: []cardEvent{pointsCollected{1000}, turnedGold{}},
			When:  collect(1),
			Then:  []cardEvent{pointsCollected{1}},
		},
		{Name: "nothing", When: collect(0), ThenError: errNoPoints},
	}, errNoPoints)
}

func TestGoldCards(t *testing.T) {
	t.Parallel()
	ada, bob := cards.Stream("ada"), cards.Stream("bob")
	estest.Project(t, goldCards, cardEvents).
		Given(ada, pointsCollected{900}).
		Given(bob, pointsCollected{20}).
		Given(ada, pointsCollected{100}, turnedGold{}).
		State(ada, card{Points: 1000, Gold: true}).
		State(bob, card{Points: 20}).
		Counters(goldKey, map[string]string{"cards": "1"}).
		Chaos()
}

// TestHandlers sends the functions what Lambda would, as JSON: purchases, one of them twice and one that is none, and
// then records of the event table's stream, twice.
func TestHandlers(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	store, err := dynamostore.New(client, dynamotest.Table(t, client, dynamostore.EventsTable))
	if err != nil {
		t.Fatal(err)
	}
	view := dynamoview.New(client, dynamotest.Table(t, client, dynamoview.ReadTable))
	catalog := dynamoview.NewCatalog(client, dynamotest.Table(t, client, dynamoview.ReadTable))

	const purchases = `{"Records":[
		{"messageId":"m-1","body":"{\"cardId\":\"ada\",\"points\":990}"},
		{"messageId":"m-2","body":"{\"cardId\":\"ada\",\"points\":20}"},
		{"messageId":"m-1","body":"{\"cardId\":\"ada\",\"points\":990}"},
		{"messageId":"m-3","body":"{\"cardId\":\"ada\",\"points\":0}"}]}`
	response, err := newCollect(store)(t.Context(), read[events.SQSEvent](t, purchases))
	want := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "m-3"}}}
	if d := cmp.Diff(want, response); err != nil || d != "" {
		t.Errorf("handle the request: %v (-want +got):\n%s", err, d)
	}
	head, err := store.Head(t.Context(), cards.Stream("ada"))
	if err != nil || head.Version() != 3 { // two purchases, and gold
		t.Errorf("the card is at version %d, %v", head.Version(), err)
	}

	const records = `{"Records":[{"eventName":"INSERT","dynamodb":{"SequenceNumber":"7",` +
		`"Keys":{"stream":{"S":"Card#ada"},"version":{"N":"1"}}}}]}`
	project := newProject(store, catalog, view)
	for range 2 {
		if response, err := project(t.Context(), read[events.DynamoDBEvent](t, records)); err != nil ||
			len(response.BatchItemFailures) > 0 {
			t.Errorf("project a batch: %+v, %v, want no failed items", response, err)
		}
	}
	session, err := projection.NewReader(store, catalog, projection.ReaderConfig{}, projection.Subscription{
		Projection: goldCards, View: view,
	}).
		Open(t.Context(), goldCards.Name())
	if err != nil {
		t.Fatal(err)
	}
	row, err := goldCards.Document(t.Context(), session, cards.Stream("ada"))
	if d := cmp.Diff(card{Points: 1010, Gold: true}, row.Data); err != nil || row.Version != 3 || d != "" {
		t.Errorf("version %d, %v (-want +got):\n%s", row.Version, err, d)
	}
	counters, err := session.Counters(t.Context(), goldKey)
	if n := counters["cards"]; err != nil || n.String() != "1" {
		t.Errorf("counters: %v, %v, want one card", counters, err)
	}
	bad := read[events.DynamoDBEvent](t, `{"Records":[{"dynamodb":{"SequenceNumber":"8","Keys":{"stream":{"S":"no `+
		`stream"}}}}]}`)
	if response, err := project(t.Context(), bad); err != nil || len(response.BatchItemFailures) != 1 {
		t.Errorf("project a batch with a malformed record: %+v, %v, want one failed item", response, err)
	}
}

// read reads an event as aws-lambda-go does.
func read[E any](t *testing.T, text string) E {
	t.Helper()
	var event E
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatal(err)
	}
	return event
}
