// Package console is the operators' web page: it shows new commits, streams and their past states, the effects of a
// request, the progress of projections, parked streams, open deadlines, and how far a person is forgotten. Start with
// [New].
//
// The page's data comes from a [Source]. Changes need [Config.Write].
//
// The page is plain HTML, CSS and JavaScript modules in the folder web, embedded. It sends requests to this handler
// only. It shows stored text as text, never as HTML.
package console

import (
	"context"
	"embed"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Source has the data that the page shows. An [inspect.Inspector] is one.
type Source interface {
	Recent(ctx context.Context, n int) (inspect.Recent[inspect.Commit], error)
	Find(ctx context.Context, q inspect.Query) iter.Seq2[inspect.Commit, error]
	Events(ctx context.Context, stream es.StreamID, from, to int64) iter.Seq2[inspect.Commit, error]
	State(ctx context.Context, stream es.StreamID, p es.Point) (inspect.State, error)
	Trace(ctx context.Context, correlationID string) (inspect.Trace, error)
	Applied(ctx context.Context, stream es.StreamID, version int64) ([]inspect.Applied, error)
	// AppliedOnDynamoDB is like Applied, without the read models in other stores: those take a function.
	AppliedOnDynamoDB(ctx context.Context, stream es.StreamID, version int64) ([]inspect.Applied, error)
	Projections(ctx context.Context) ([]inspect.Projection, error)
	Types() []string
}

// Operator lists and retries parked streams. The command line has one.
type Operator interface {
	// Parked yields the parked streams. If read models in other stores than DynamoDB can't be read, it yields all
	// others first, and an [inspect.ApartError] at the end.
	Parked(ctx context.Context, projections ...string) iter.Seq2[projection.Waiting, error]
	RetryStream(ctx context.Context, stream es.StreamID, projections ...string) error
}

// Rebuilder rebuilds projections.
type Rebuilder interface {
	// Rebuilds tells whether a projection can be rebuilt. A reaction can't.
	Rebuilds(name string) bool
	// Rebuild rebuilds a projection. It may report progress: the number of events of each page that it read. A call after
	// an interruption continues the rebuild.
	Rebuild(ctx context.Context, name string, progress func(events int)) error
}

// Requests returns the counts of requests to each function, since some fixed time in the past.
type Requests func(ctx context.Context) (map[string]Count, error)

// Count is the number of requests that were served, and that were throttled.
type Count struct {
	Invocations int64 `json:"invocations"`
	Throttled   int64 `json:"throttled"`
}

// Units returns the read and write units that were consumed since some fixed time in the past.
type Units func(ctx context.Context) (Consumed, error)

// Consumed is the consumed capacity of the tables, in units.
type Consumed struct {
	Read  float64 `json:"read"`
	Write float64 `json:"write"`
}

// Config configures the page.
type Config struct {
	// Place names the service, for people: "http://127.0.0.1:3000", "stack Shop".
	Place string
	// Write allows retries of parked streams, rebuilds of projections, to run and cancel deadlines, and requests to
	// forget people.
	Write bool
	// Timers lists, runs and cancels deadlines. If nil, the service has no timers, and the page has no view of deadlines.
	Timers Timers
	// People finds and forgets people. If nil, the service has no personal data, and the page has no view of people.
	People People
	// Key is a secret that a browser needs. If it is "", everyone who can reach this port has access.
	Key string
	// Requests counts requests. If nil, the page does not show them.
	Requests Requests
	// Units counts consumed units. If nil, the page does not show them.
	Units Units
	// Timeout is how long a search may take. Default 20 s.
	Timeout time.Duration
	// Sample is for how many commits a second the console reads when the projections applied them. Default 4.
	Sample int
	Log    *slog.Logger
}

// Console serves the page and its API.
type Console struct {
	source   Source
	operator Operator
	cfg      Config
	hub      *hub
	rebuilds *rebuilds
	handler  http.Handler
}

//go:embed web
var web embed.FS

// New returns the console. Its work in the background, rebuilds too, ends with the context.
func New(ctx context.Context, source Source, operator Operator, rebuilder Rebuilder, cfg Config) *Console {
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	if cfg.Sample == 0 {
		cfg.Sample = 4
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	c := &Console{source: source, operator: operator, cfg: cfg, rebuilds: newRebuilds(ctx, rebuilder)}
	c.hub = newHub(ctx, c)
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // a constant path
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/about", c.about)
	mux.HandleFunc("GET /api/live", c.live)
	mux.HandleFunc("GET /api/stream", c.stream)
	mux.HandleFunc("GET /api/state", c.state)
	mux.HandleFunc("GET /api/find", c.find)
	mux.HandleFunc("GET /api/trace", c.trace)
	mux.HandleFunc("GET /api/applied", c.applied)
	mux.HandleFunc("GET /api/projections", c.projections)
	mux.HandleFunc("GET /api/parked", c.parked)
	mux.HandleFunc("GET /api/person", c.hasPeople(c.person))
	mux.HandleFunc("GET /api/deadlines", c.hasTimers(c.deadlines))
	mux.HandleFunc("POST /api/run", c.onDeadline("runs", Timers.RunDeadline))
	mux.HandleFunc("POST /api/cancel", c.onDeadline("cancels", Timers.CancelDeadline))
	mux.HandleFunc("POST /api/retry", c.writes(ofProjection(c.retry)))
	mux.HandleFunc("POST /api/rebuild", c.writes(ofProjection(c.rebuild)))
	mux.HandleFunc("POST /api/forget", c.hasPeople(c.writes(c.forget)))
	c.handler = guarded(cfg.Key, mux)
	return c
}

// ServeHTTP implements [http.Handler]. The page's paths are relative, so it may be mounted anywhere.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

func (c *Console) about(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Place string `json:"place"`
		Write bool   `json:"write"`
		// People is true if the service has personal data.
		People bool `json:"people"`
		// Deadlines is true if the service has timers.
		Deadlines bool `json:"deadlines"`
	}{c.cfg.Place, c.cfg.Write, c.cfg.People != nil, c.cfg.Timers != nil})
}
