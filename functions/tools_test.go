package functions_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// asked has a function that receives the stream do a task, as a tool asks for it.
func asked(t *testing.T, p *annalslambda.Subscriber, in ask.Request) *ask.Answer {
	t.Helper()
	return askedWithin(t.Context(), t, p, in)
}

func askedWithin(ctx context.Context, t *testing.T, p *annalslambda.Subscriber, in ask.Request) *ask.Answer {
	t.Helper()
	h, err := p.Handler() //nolint:contextcheck // a function starts apart from its invocations
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(ask.Envelope{Annals: &in})
	if err != nil {
		t.Fatal(err)
	}
	out, err := h(ctx, payload)
	if err != nil {
		t.Fatalf("task %+v: %v", in, err)
	}
	return out.(*ask.Reply).Annals
}

// askedOfQuery has the query function do a task.
func (s *service) askedOfQuery(t *testing.T, in ask.Request) *ask.Answer {
	t.Helper()
	h, err := s.QueryHandler()
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(ask.Envelope{Annals: &in})
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.Invoke(t.Context(), payload)
	var reply ask.Reply
	if err != nil || json.Unmarshal(text, &reply) != nil {
		t.Fatalf("task %+v: %v, want a reply", in, err)
	}
	return reply.Annals
}

// reconciled is what a function finds in all segments.
func reconciled(t *testing.T, p *annalslambda.Subscriber) projection.Reconciled {
	t.Helper()
	const segments = 4
	var all projection.Reconciled
	for i := range segments {
		for at := es.Position(""); at != es.End; {
			out := asked(t, p, ask.Request{Task: ask.Reconcile, Segment: i, Of: segments, Position: at, MinAge: 60})
			if out.Error != nil {
				t.Fatal(out.Error)
			}
			all.Add(out.Reconciled.Reconciled)
			at = out.Reconciled.Position
		}
	}
	return all
}

// waiting are the streams that wait, as a tool finds them by the service's description.
func (s *service) waiting(t *testing.T, names ...string) []projection.Waiting {
	t.Helper()
	d := s.Service.Describe()
	all := d.Reactions
	for _, m := range d.ReadModels {
		all = append(all, m.Description)
	}
	var described []projection.Subscription
	for _, p := range all {
		if table := s.Tables[p.Name]; table != "" {
			described = append(described, p.Subscription(dynamoview.New(s.client, table)))
		}
	}
	catalog := dynamoview.NewCatalog(s.client, s.Tables.Of(annalsaws.Projections))
	var out []projection.Waiting
	for w, err := range projection.NewEngine(s.events(t), catalog, projection.Config{},
		described...).Parked(t.Context(), names...) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	return out
}

// rebuilt rebuilds a read model in this process.
func (s *service) rebuilt(t *testing.T, name string) {
	t.Helper()
	catalog := dynamoview.NewCatalog(s.client, s.Tables.Of(annalsaws.Projections))
	engine := projection.NewEngine(s.events(t), catalog, projection.Config{Log: s.Log},
		s.Service.Subscriptions(func(m string) projection.View { return dynamoview.New(s.client, s.Tables[m]) })...)
	if _, _, err := projection.NewRebuilder(engine, s.events(t), projection.RebuildConfig{
		Log: s.Log,
	}).Run(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
}
