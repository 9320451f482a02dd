package annalslambda_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// TestForget: a request to forget a person starts the state machine once, whose steps clear every table.
func TestForget(t *testing.T) {
	t.Parallel()
	s := mail()
	d, log := deployedAs(t, s)
	d.Keys.CacheFor, d.ForgetWait, d.Recoverable = time.Nanosecond, 5*time.Second, 24*time.Hour
	started := map[string]string{}
	d.Forget = func(_ context.Context, name, subject string) error { started[name] = subject; return nil }
	commands, err := d.Command()
	if err != nil {
		t.Fatal(err)
	}
	query, err := d.QueryHandler()
	if err != nil {
		t.Fatal(err)
	}
	queries, err := d.Query()
	if err != nil {
		t.Fatal(err)
	}
	rebuilder, err := d.RebuilderHandler()
	if err != nil {
		t.Fatal(err)
	}
	projector, err := d.Projector()
	if err != nil {
		t.Fatal(err)
	}
	reactor, err := d.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	deliver := func() {
		t.Helper()
		batch := streamOf(t, d)
		for _, p := range []interface {
			Handle(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)
		}{projector, reactor} {
			if out, err := p.Handle(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
				t.Fatalf("handled with %+v, %v; log: %s", out, err, log)
			}
		}
	}
	for id, to := range map[string]string{"p": "ada", "q": "ada", "r": "bob"} {
		body := `{"id":"` + id + `","to":"` + to + `","address":"12 ` + to + ` Square"}`
		if status, out := request(t, s, commands, "POST /parcels", nil, body); status != http.StatusCreated {
			t.Fatalf("send a parcel: %d %s", status, out)
		}
	}
	deliver()
	if got := everything(t, d); strings.Count(got, "12 ada Square") != 4 || strings.Count(got, "12 bob Square") != 2 {
		t.Fatalf("stored before: %s", got)
	}
	about := func(h http.Handler, route string) string {
		t.Helper()
		status, body := request(t, s, h, route, map[string]string{"id": "ada"}, "")
		return http.StatusText(status) + " " + body
	}
	if got := about(commands, "POST /subjects/{id}/forget"); !strings.Contains(got, `Accepted {"subject":"ada","status":"requested"`) {
		t.Errorf("forget: %s", got)
	}
	deliver()
	deliver()
	if len(started) != 1 {
		t.Errorf("executions %v, want one, for ada", started)
	}
	step := func() string {
		t.Helper()
		out, err := rebuilder(t.Context(), json.RawMessage(`{"task":"forget","subject":"ada"}`))
		text, _ := json.Marshal(out)
		if err != nil {
			t.Fatalf("a step of forgetting: %v; log: %s", err, log)
		}
		return string(text)
	}
	const done = `{"subject":"ada","done":true,"wait":0}`
	if got := step(); !strings.HasPrefix(got, `{"subject":"ada","done":false,"wait":`) || strings.HasSuffix(got, `:0}`) {
		t.Errorf("first step: %s, want a wait", got)
	}
	last := ""
	for deadline := time.Now().Add(time.Minute); last != done && time.Now().Before(deadline); last = step() {
		time.Sleep(time.Second)
	}
	if last != done {
		t.Errorf("last step: %s, want %s", last, done)
	}
	deliver()
	if got := everything(t, d); strings.Contains(got, "12 ada Square") || strings.Count(got, "12 bob Square") != 2 {
		t.Errorf("stored after ada was forgotten: %s", got)
	}
	for _, want := range []string{
		`OK {"subject":"ada","status":"forgotten"`, `"streams":2,"documents":2`,
		`"published":[{"type":"mail.parcel.sent.v1","events":2}]`,
	} {
		if got := about(queries, "GET /subjects/{id}"); !strings.Contains(got, want) {
			t.Errorf("report: %s, want %s", got, want)
		}
	}
	if got := about(queries, "GET /subjects/{id}/export"); strings.Count(got, `"address":"(removed)"`) != 2 {
		t.Errorf("export: %s", got)
	}
	asked := func(what, task, want string) {
		t.Helper()
		var text []byte
		var err error
		if strings.Contains(task, `"forget"`) || strings.Contains(task, `"plain"`) {
			var out any
			out, err = rebuilder(t.Context(), json.RawMessage(task))
			text, _ = json.Marshal(out)
		} else {
			text, err = query.Invoke(t.Context(), []byte(task))
		}
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %s, %v, want %s", what, text, err, want)
		}
	}
	asked("report", `{"annals":{"task":"subject","subject":"ada"}}`, `"status":"forgotten"`)
	asked("streams", `{"annals":{"task":"subject","subject":"bob"}}`, `"streams":["Parcel#r"]`)
	asked("export", `{"annals":{"task":"export","subject":"bob","stream":"Parcel#r"}}`, `"address":"12 bob Square"`)
	asked("forget", `{"annals":{"task":"forget","subject":"bob","actor":"tool/eve"}}`, `"status":"requested"`)
	asked("forget nobody", `{"annals":{"task":"forget","subject":"nobody"}}`, `"kind":"stream-not-found"`)
	inTheClear(t, d)
	asked("plain values", `{"annals":{"task":"plain"}}`,
		`"plain":[{"type":"SentOff","schema":1,"events":1,"first":"Parcel#old@1"}],"position":"`)
	if strings.Contains(log.String(), "Square") {
		t.Errorf("the log has personal data: %s", log)
	}
}

// inTheClear stores an event from before its fields were marked.
func inTheClear(t *testing.T, d annalslambda.Deployment) {
	t.Helper()
	store, err := dynamostore.New(d.DynamoDB, d.Tables.Of(annalsaws.Events))
	if err != nil {
		t.Fatal(err)
	}
	head, err := store.Head(t.Context(), parcels.Stream("old"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{
		{Type: "SentOff", Schema: 1, Data: json.RawMessage(`{"to":"carl","address":"1 Old Lane","note":"","weight":1}`)},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
}

// everything is what all tables of a deployment hold, as text.
func everything(t *testing.T, d annalslambda.Deployment) string {
	t.Helper()
	var text strings.Builder
	for _, table := range annalsaws.Tables(d.Service) {
		name := d.Tables.Of(table)
		pages := dynamodb.NewScanPaginator(d.DynamoDB, &dynamodb.ScanInput{TableName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			items, err := json.Marshal(page.Items)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(items)
		}
	}
	return text.String()
}
