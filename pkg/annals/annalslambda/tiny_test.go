package annalslambda_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The smallest service that has one of everything: notes.
type (
	noteEvent interface{ noteEvent() }
	noted     struct {
		Text string `json:"text"`
	}
	note struct {
		Text string `json:"text"`
	}
	takeNote struct {
		ID   annals.ID `json:"id" annals:"id"`
		Text string    `json:"text"`
	}
	noteTaken noted
)

func (noted) noteEvent() {}

// Type implements [publish.Data].
func (noteTaken) Type() string { return "note.taken.v1" }

func (note) Take(in takeNote) ([]noteEvent, error) { return []noteEvent{noted{in.Text}}, nil }

var notes = es.Aggregate[note, noteEvent]{
	StreamType: "Note", Events: es.NewRegistry(es.Type[noteEvent]("Noted", 1, noted{})),
	Evolve: func(s *note, e noteEvent) { s.Text = e.(noted).Text },
}

var texts = projection.New("texts", 1, projection.From(notes,
	projection.On(func(d *note, e projection.Event[noted], _ *projection.Writes) error {
		d.Text = e.Data.Text
		return nil
	}),
))

// tiny is the declaration.
var tiny = annals.New("notes",
	annals.Aggregate(notes, annals.Snapshots{Every: 1, Schema: 1}),
	annals.Create("POST /notes", notes, note.Take),
	annals.Document("GET /notes/{id}", texts),
	annals.React("repeat", notes, func(*annals.Tx, projection.Event[noteEvent]) error { return nil }),
	annals.Publish(notes, func(_ string, e noteEvent) (publish.Data, error) { return noteTaken(e.(noted)), nil },
		noteEvent(noted{})),
	annals.AuditTrail("GET /streams/{type}/{id}"),
)

// deployed is the tiny service on tables of its own.
func deployed(t *testing.T) (annalslambda.Deployment, *logged) {
	t.Helper()
	return deployedAs(t, tiny)
}

// deployedAs is a service on tables of its own.
func deployedAs(t *testing.T, s *annals.Service) (annalslambda.Deployment, *logged) {
	t.Helper()
	client := dynamotest.Client(t, annalslambda.Punctual)
	names := annalslambda.TableNames{}
	for _, table := range annalsaws.Tables(s) {
		names[table.Name] = dynamotest.Table(t, client, dynamotest.Unread(table.Table))
	}
	log := &logged{}
	return annalslambda.Deployment{
		Service: s, DynamoDB: client, Tables: names, Log: slog.New(slog.NewJSONHandler(log, nil)),
		CursorKey: strings.Repeat("k", 32),
		Secrets:   func(string) string { return "" },
	}, log
}

// logged collects log lines.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
