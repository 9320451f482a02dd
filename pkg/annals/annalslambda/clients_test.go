package annalslambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

// mailbox takes mails, unless it fails. It keeps the id of each attempt.
type mailbox struct {
	fails error
	ids   []string
}

func (m *mailbox) Send(id string) error {
	m.ids = append(m.ids, id)
	return m.fails
}

// mailing is a service that sends a mail by its command and by its reaction.
func mailing(open func(context.Context, func(string) string) (*mailbox, error)) *annals.Service {
	mail := annals.Client("mail", open)
	return annals.New("notes", mail,
		annals.Aggregate(notes),
		annals.CreateTx("POST /notes", notes, func(tx *annals.Tx, _ note, in takeNote) ([]noteEvent, error) {
			return []noteEvent{noted{in.Text}}, mail.In(tx.Running).Send("command")
		}),
		annals.Document("GET /notes/{id}", texts),
		annals.React("tell", notes, func(tx *annals.Tx, _ projection.Event[noteEvent]) error {
			return mail.In(tx.Running).Send(tx.CommandID())
		}),
	)
}

// queued are the jobs that were left to a queue.
type queued []projection.Job

func (q *queued) Enqueue(_ context.Context, _ time.Duration, jobs ...projection.Job) error {
	*q = append(*q, jobs...)
	return nil
}

// TestClients: commands and reactions call the clients that were opened for them. A reaction whose call can't be
// answered now waits in the queue, and every attempt has the same id.
func TestClients(t *testing.T) {
	t.Parallel()
	var box mailbox
	opened := 0
	d, log := deployedAs(t, mailing(func(_ context.Context, getenv func(string) string) (*mailbox, error) {
		opened++
		if getenv("SERVER") != "mail" {
			return nil, errors.New("SERVER is missing")
		}
		return &box, nil
	}))
	jobs := &queued{}
	d.ReactionJobs = jobs
	for name, build := range map[string]func() error{
		"query":     func() error { _, err := d.Query(); return err },
		"projector": func() error { _, err := d.Projector(); return err },
		"rebuilder": func() error { _, err := d.Rebuilder(); return err },
	} {
		if err := build(); err != nil {
			t.Error(name, err)
		}
	}
	for name, build := range map[string]func() error{
		"command": func() error { _, err := d.Command(); return err },
		"start":   func() error { return d.Start(t.Context()) },
		"reactor": func() error { _, err := d.Reactor(); return err },
	} {
		if err := build(); err == nil || !strings.Contains(err.Error(), "client mail is not opened") {
			t.Errorf("build %s without clients: %v, want an error that names mail", name, err)
		}
	}
	if opened != 0 {
		t.Errorf("clients opened %d times, want none", opened)
	}
	d, err := d.OpenClients(t.Context(), func(string) string { return "mail" })
	if err != nil || opened != 1 {
		t.Fatalf("clients opened %d times, %v, want once", opened, err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	commands, err := d.Command()
	if err != nil {
		t.Fatal(err)
	}
	box.fails = fmt.Errorf("%w: status 503", annals.ErrUnavailable)
	if got := post(t, d.Service, commands); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("command whose client fails: status %d, body %s", got.StatusCode, got.Body)
	}
	box.fails = nil
	if got := post(t, d.Service, commands); got.StatusCode != http.StatusCreated {
		t.Fatalf("POST with a client: status %d, body %s; want 201", got.StatusCode, got.Body)
	}
	reactor, err := d.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	box = mailbox{fails: fmt.Errorf("%w: status 503", annals.ErrUnavailable)}
	if out, err := reactor.Handle(t.Context(), streamOf(t, d)); err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("react to a batch: %+v, %v, want no failed items; log: %s", out, err, log)
	}
	if len(box.ids) != 1 || len(*jobs) != 1 || (*jobs)[0].Stream.String() != "Note#n" {
		t.Fatalf("client called with %q, items left %+v; log: %s", box.ids, *jobs, log)
	}
	box.fails = nil
	job, err := json.Marshal((*jobs)[0])
	if err != nil {
		t.Fatal(err)
	}
	messages := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: string(job)}}}
	if out, err := reactor.HandleJobs(t.Context(), messages); err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("react to jobs: %+v, %v, want no failed items; log: %s", out, err, log)
	}
	if out, err := reactor.Handle(t.Context(), streamOf(t, d)); err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("react to the batch again: %+v, %v, want no failed items; log: %s", out, err, log)
	}
	if len(box.ids) != 2 || box.ids[0] == "" || box.ids[0] != box.ids[1] {
		t.Errorf("client called with the ids %q, want the same twice", box.ids)
	}
	if opened != 1 {
		t.Errorf("clients opened %d times, want once", opened)
	}
}

// post sends a command by way of API Gateway.
func post(t *testing.T, s *annals.Service, commands http.Handler) events.APIGatewayV2HTTPResponse {
	t.Helper()
	event := events.APIGatewayV2HTTPRequest{
		RouteKey: "POST /notes", Body: `{"id":"n","text":"buy milk"}`,
		Headers: map[string]string{"content-type": "application/json"},
	}
	event.RequestContext.HTTP.Method = http.MethodPost
	out, err := annalslambda.Gateway(s, commands, slog.New(slog.DiscardHandler))(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestClientsThatAreSlow: a start does not wait for a client for longer than it has.
func TestClientsThatAreSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := mailing(func(ctx context.Context, _ func(string) string) (*mailbox, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		noenv := func(string) string { return "" }
		_, err := annalslambda.Deployment{Service: slow}.OpenClients(t.Context(), noenv)
		if err == nil || err.Error() != "not open within 5s: open client mail: context canceled" {
			t.Error(err)
		}
		var kept context.Context
		quick := mailing(func(ctx context.Context, _ func(string) string) (*mailbox, error) {
			kept = ctx
			return &mailbox{}, nil
		})
		if _, err = (annalslambda.Deployment{Service: quick}).OpenClients(t.Context(), noenv); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if kept.Err() != nil {
			t.Error("the context that a client got at its start has ended:", kept.Err())
		}
	})
}
