// Package annalstest checks the declaration of a service and runs the service in a test, in memory. Start with [Run].
package annalstest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Check fails the test with all mistakes in a declaration, and with what its OpenAPI document can't be made of.
func Check(t testing.TB, s *annals.Service) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckTimeZones(); err != nil {
		t.Fatal(err)
	}
	if _, err := annalshttp.Document(s); err != nil {
		t.Fatal(err)
	}
}

// Config adjusts a service in a test. The zero value takes the defaults.
type Config struct {
	// Secret is the value of every secret. Default: 32 bytes.
	Secret string
	// Clients are the fakes of the service's clients, one for each: see [annals.ClientOf.Opened].
	Clients []annals.OpenedClient
	// Hold delays delivery to read models, reactions and the bus until [Service.Deliver]: for tests of what callers see
	// while a read model is behind.
	Hold bool
	// Settings are the settings of the stage, by their environment variables: {"PAYMENT_DEADLINE": "5s"}. Others have
	// their defaults.
	Settings map[string]string
	// Hostile, if not 0, is the seed for unfavorable deliveries. Events come repeatedly, late and in another order;
	// reactions, steps and deadlines are done and then not stored as done, so they are repeated; deadlines come again after
	// they were executed, moved or canceled. What the service records in the end must be the same.
	Hostile uint64
}

// Service is a service that runs in a test. It is safe for concurrent use.
type Service struct {
	// Handler is the HTTP API: commands, queries, and the API's own documents.
	http.Handler
	// Running is the service on its stores.
	*annals.Running
	// Keys are the keys of personal data. No key is kept in memory: a forgotten one is gone at once. A person who is
	// forgotten by POST /subjects/{id}/forget is forgotten when that is answered.
	Keys personal.Keys

	cfg       Config
	clock     clock
	engines   []*projection.Engine
	timers    map[string]*reaction.Timer
	scheduler estest.Scheduler

	turn    sync.Mutex // held during a delivery; it guards what follows
	parked  map[string]bool
	hostile *hostile // nil without Hostile
	again   []reaction.Deadline

	mu        sync.Mutex // guards what follows
	waiting   []es.Commit
	published []publish.Message
}

// Run runs a service in memory, for one test. When a command is answered, read models, reactions and the bus have
// received its events. The test fails if the declaration has mistakes, if a client has no fake, or if a stream can't be
// projected. Run opens no client.
func Run(t testing.TB, s *annals.Service, given ...Config) *Service {
	t.Helper()
	Check(t, s)
	out := &Service{parked: map[string]bool{}, timers: map[string]*reaction.Timer{}}
	if len(given) > 0 {
		out.cfg = given[0]
	}
	if out.cfg.Secret == "" {
		out.cfg.Secret = strings.Repeat("secret--", 4)
	}
	if out.cfg.Hostile != 0 {
		out.hostile = newHostile(out.cfg.Hostile)
	}
	events := memstore.New(memstore.Config{Now: out.clock.now})
	out.Keys = memkeys.New()
	keyed, err := personal.NewStore(events, out.Keys, personal.Config{CacheFor: time.Nanosecond, Renew: s.RenewsKey})
	if err != nil {
		t.Fatal(err)
	}
	store := &store{Store: keyed, service: out, t: t}
	catalog, views := memview.NewCatalog(), map[string]projection.View{}
	on := annals.Stores{Events: store, Snapshots: new(memstore.Snapshots), Catalog: catalog, Personal: keyed,
		Views: func(name string) projection.View {
			if views[name] == nil {
				views[name] = memview.New()
			}
			return views[name]
		}}
	if err := checkFakes(s, out.cfg.Clients); err != nil {
		t.Fatal(err)
	}
	clients := append([]annals.OpenedClient{}, out.cfg.Clients...) // not nil: the service has clients
	setting := func(env string) string { return out.cfg.Settings[env] }
	running, err := s.Open(on, annals.Config{
		Secrets: func(string) string { return out.cfg.Secret }, Settings: setting, Clients: clients, Now: out.clock.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out.Handler, err = annalshttp.Handler(running, annalshttp.Config{Now: out.clock.now}); err != nil {
		t.Fatal(err)
	}
	// As on AWS: reactions have no read models and no secrets.
	reacting, err := s.Open(annals.Stores{Events: store, Snapshots: on.Snapshots},
		annals.Config{Settings: setting, Clients: clients, Forget: out.forget})
	if err != nil {
		t.Fatal(err)
	}
	out.Running = running
	out.engines = []*projection.Engine{
		projection.NewEngine(store, catalog, projection.Config{Now: out.clock.now}, running.Subscriptions...),
		projection.NewEngine(store, memview.NewCatalog(), projection.Config{Now: out.clock.now}, out.reactions(reacting)...),
	}
	return out
}

// forget forgets a person at once.
func (s *Service) forget(ctx context.Context, _, subject string) error {
	f, err := s.Forgetter(s.engines[0], subjects.Config{Wait: time.Nanosecond})
	if err != nil {
		return err
	}
	for {
		p, err := f.Advance(ctx, subject)
		if err != nil || p.Done {
			return err
		}
		time.Sleep(p.Wait)
	}
}

// unavailable reports whether another system is unavailable, as on AWS.
func unavailable(err error) bool { return errors.Is(err, annals.ErrUnavailable) }

// reactions are the reactions and the publisher, as subscriptions of an engine.
func (s *Service) reactions(on *annals.Running) []projection.Subscription {
	var all []projection.Subscription
	for _, r := range s.Service.Reactions {
		if r.IsTimer() {
			s.timers[r.Name] = r.Timer(on, reaction.TimerConfig{
				Scheduler: &s.scheduler, Now: s.clock.now, Transient: unavailable,
			})
			all = append(all, projection.Subscription{Projection: s.timers[r.Name], View: s.newView()})
			continue
		}
		all = append(all, projection.Subscription{
			Projection: reaction.New(reaction.Reaction{Name: r.Name, Sources: r.Sources(on), Transient: unavailable}),
			View:       s.newView(),
		})
	}
	if len(s.Service.Public) > 0 {
		all = append(all, projection.Subscription{
			Projection: publish.NewPublisher(bus{s}, "/annals/test", s.Service.PublicPrefix, s.Service.Public...),
			View:       s.newView(),
		})
	}
	return all
}

// newView returns the view of a reaction.
func (s *Service) newView() projection.View {
	if s.hostile != nil {
		return &forgetful{memview.New(), s.hostile}
	}
	return memview.New()
}

// Do sends a request. The route is a method and a target, such as "POST /orders". The body may be "".
func (s *Service) Do(t testing.TB, route, body string) *httptest.ResponseRecorder {
	t.Helper()
	return s.As(t, context.Background(), route, body)
}

// As is Do with a context, which says who the caller is: see [annalshttp.WithPrincipal].
//
//nolint:revive // t comes first in tests
func (s *Service) As(t testing.TB, ctx context.Context, route, body string) *httptest.ResponseRecorder {
	t.Helper()
	return s.With(t, ctx, route, body)
}

// With is As with headers: names and values alternate.
//
//nolint:revive // t comes first in tests
func (s *Service) With(
	t testing.TB, ctx context.Context, route, body string, headers ...string,
) *httptest.ResponseRecorder {
	t.Helper()
	method, target, _ := strings.Cut(route, " ")
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Published are the public events that the bus has accepted, in order.
func (s *Service) Published() []publish.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]publish.Message(nil), s.published...)
}

// delivering marks the context of a delivery. What reactions append under it is delivered next.
type delivering struct{}

// store delivers what is appended to it.
type store struct {
	*personal.Store
	service *Service
	t       testing.TB
}

// Append implements [es.Appender].
func (s *store) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	stored, err := s.Store.Append(ctx, a)
	if err != nil {
		return stored, err
	}
	s.service.mu.Lock()
	for i := range stored {
		s.service.waiting = append(s.service.waiting, stored[i].Commit)
	}
	s.service.mu.Unlock()
	if s.service.engines != nil && !s.service.cfg.Hold && ctx.Value(delivering{}) == nil {
		s.service.Deliver(s.t) //nolint:contextcheck // what is delivered outlives the request
	}
	return stored, nil
}

// bus collects what is published.
type bus struct{ *Service }

// Send implements [publish.Bus].
func (b bus) Send(_ context.Context, m publish.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.published = append(b.published, m)
	return nil
}
