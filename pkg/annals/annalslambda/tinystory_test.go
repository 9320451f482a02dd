package annalslambda_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/projection"
)

// sent is a bus that keeps its events.
type sent []string

func (s *sent) Send(_ context.Context, m publish.Message) error {
	*s = append(*s, m.Type)
	return nil
}

// ask sends a handler of the tiny service a request as API Gateway does.
func ask(t *testing.T, h http.Handler, route, id, body string) string {
	t.Helper()
	status, out := request(t, tiny, h, route, map[string]string{"id": id}, body)
	if status/100 != 2 {
		t.Fatalf("%s: %d %s, want a success", route, status, out)
	}
	return out
}

// TestTinyService: all functions of a service are made from its declaration alone.
func TestTinyService(t *testing.T) {
	t.Parallel()
	d, log := deployed(t)
	var bus sent
	d.Bus, d.EventSource = &bus, "/annals/Notes"
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	commands, err := d.Command()
	if err != nil {
		t.Fatal(err)
	}
	queries, err := d.Query()
	if err != nil {
		t.Fatal(err)
	}
	ask(t, commands, "POST /notes", "", `{"id":"n","text":"buy milk"}`)
	batch := streamOf(t, d)
	for name, build := range map[string]func() (*annalslambda.Subscriber, error){
		"projector": d.Projector, "reactor": d.Reactor,
	} {
		p, err := build()
		if err != nil {
			t.Fatal(name, err)
		}
		out, err := p.Handle(t.Context(), batch)
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Errorf("%s: %+v, %v, want no failed items; log: %s", name, out, err, log)
		}
	}
	if body := ask(t, queries, "GET /notes/{id}", "n", ""); !strings.Contains(body, "buy milk") {
		t.Error(body)
	}
	if len(bus) != 1 || bus[0] != "notes.note.taken.v1" {
		t.Errorf("events published: %v, want notes.note.taken.v1", bus)
	}
	reactor, err := d.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	handler, err := reactor.Handler()
	if err != nil {
		t.Fatal(err)
	}
	reply, err := handler(t.Context(),
		json.RawMessage(`{"annals": {"task": "republish", "stream": "Note#n", "version": 1}}`))
	if text, _ := json.Marshal(reply); err != nil || string(text) != `{"annals":{"events":1}}` || len(bus) != 2 {
		t.Errorf("republish: %s, %v, published %v; want 1 event", text, err, bus)
	}
	rebuild, err := d.Rebuilder()
	if err != nil {
		t.Fatal(err)
	}
	stage, err := rebuild(t.Context(), annalslambda.RebuildRequest{
		Task: "begin", Stage: projection.Stage{Projection: "texts"},
	})
	if err != nil || stage.Generation != 2 {
		t.Errorf("start a rebuild: %+v, %v, want generation 2", stage, err)
	}
}

// TestNothingPublic: the reactor of a service without public events works with a bus, since each stack has one; with
// reactions and without.
func TestNothingPublic(t *testing.T) {
	t.Parallel()
	reacted := 0
	count := annals.React("count", notes, func(*annals.Tx, projection.Event[noteEvent]) error {
		reacted++
		return nil
	})
	for want, part := range []annals.Part{annals.Parts(), count} {
		d, log := deployedAs(t, annals.New("notes", annals.Aggregate(notes), annals.Create("POST /notes", notes, note.Take), part))
		var bus sent
		d.Bus, d.EventSource = &bus, "/annals/Notes"
		commands, err := d.Command()
		if err != nil {
			t.Fatal(err)
		}
		ask(t, commands, "POST /notes", "", `{"id":"n","text":"buy milk"}`)
		reactor, err := d.Reactor()
		if err != nil {
			t.Fatal(err)
		}
		out, err := reactor.Handle(t.Context(), streamOf(t, d))
		if err != nil || len(out.BatchItemFailures) > 0 || reacted != want || len(bus) != 0 {
			t.Errorf("%+v, %v; reacted %d times, published %v; log: %s", out, err, reacted, bus, log)
		}
		handler, err := reactor.Handler()
		if err != nil {
			t.Fatal(err)
		}
		reply, err := handler(t.Context(), json.RawMessage(`{"annals": {"task": "republish", "stream": "Note#n", "version": 1}}`))
		if text, _ := json.Marshal(reply); err != nil || !strings.Contains(string(text), "declare them by annals.Publish") {
			t.Errorf("republished %s, %v", text, err)
		}
	}
}

// streamOf returns all items of the event table as records of its stream.
func streamOf(t *testing.T, d annalslambda.Deployment) events.DynamoDBEvent {
	t.Helper()
	table := d.Tables.Of(annalsaws.Events)
	found, err := d.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	var batch events.DynamoDBEvent
	for _, item := range found.Items {
		image, err := imageOf(item)
		if err != nil {
			t.Fatal(err)
		}
		batch.Records = append(batch.Records, events.DynamoDBEventRecord{
			EventName: "INSERT", Change: events.DynamoDBStreamRecord{SequenceNumber: "1", Keys: image, NewImage: image},
		})
	}
	return batch
}

// TestFaultyDeclaration: no function starts with a declaration that has mistakes, and the error names them.
func TestFaultyDeclaration(t *testing.T) {
	t.Parallel()
	faulty := annals.New("Not Kebab")
	if _, err := annalslambda.FromEnvironment(aws.Config{}, faulty, nil); err == nil ||
		!strings.Contains(err.Error(), "kebab") {
		t.Errorf("from the environment: %v", err)
	}
	d, _ := deployed(t)
	d.Service = faulty
	for name, build := range map[string]func() error{
		"command":   func() error { _, err := d.Command(); return err },
		"query":     func() error { _, err := d.Query(); return err },
		"projector": func() error { _, err := d.Projector(); return err },
		"reactor":   func() error { _, err := d.Reactor(); return err },
		"rebuilder": func() error { _, err := d.Rebuilder(); return err },
		"tools":     func() error { _, err := d.QueryHandler(); return err },
	} {
		if err := build(); err == nil || !strings.Contains(err.Error(), "kebab") {
			t.Errorf("build %s of a service with a wrong name: %v, want an error about kebab case", name, err)
		}
	}
}

// TestQueriesNeedTheCursorKey: without it, or with one that is too short, the error names the variable.
func TestQueriesNeedTheCursorKey(t *testing.T) {
	t.Parallel()
	d, _ := deployed(t)
	for _, key := range []string{"", "short"} {
		d.CursorKey = key
		if _, err := d.Query(); err == nil || !strings.Contains(err.Error(), annalsaws.CursorKeyEnv) {
			t.Errorf("query function with the cursor key %q: %v, want an error that names the variable", key, err)
		}
	}
}
