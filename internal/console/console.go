// Package console is the operators' web page: what is stored right now, streams and their past, what a request led to, how far
// the projections are, and what waits. It shows what [Source] tells; what changes something needs [Config.Write].
//
// The page is plain HTML, CSS and JavaScript modules below web, embedded. It asks nobody but this handler for anything, and
// shows what is stored as text, never as HTML.
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

// Source tells what the page shows. An [inspect.Inspector] is one.
type Source interface {
	Recent(ctx context.Context, n int) (inspect.Recent[inspect.Commit], error)
	Find(ctx context.Context, q inspect.Query) iter.Seq2[inspect.Commit, error]
	Events(ctx context.Context, stream es.StreamID, from, to int64) iter.Seq2[inspect.Commit, error]
	State(ctx context.Context, stream es.StreamID, p es.Point) (inspect.State, error)
	Trace(ctx context.Context, correlationID string) (inspect.Trace, error)
	Applied(ctx context.Context, stream es.StreamID, version int64) ([]inspect.Applied, error)
	Projections(ctx context.Context) ([]inspect.Projection, error)
	Types() []string
}

// Operator changes what can be changed. The command line has one.
type Operator interface {
	Parked(ctx context.Context, projections ...string) iter.Seq2[projection.Waiting, error]
	RetryStream(ctx context.Context, stream es.StreamID, projections ...string) error
}

// Rebuilder builds projections anew.
type Rebuilder interface {
	// Rebuilds tells whether a projection can be built anew: what a reaction did is done.
	Rebuilds(name string) bool
	// Rebuild builds a projection anew, and tells after each page how many events it had. Interrupted, it goes on when it is
	// called again.
	Rebuild(ctx context.Context, name string, progress func(events int)) error
}

// Requests counts the requests to each function, and those refused, since some time in the past.
type Requests func(ctx context.Context) (map[string]Count, error)

// Count is what became of requests.
type Count struct {
	Invocations int64 `json:"invocations"`
	Throttled   int64 `json:"throttled"`
}

// Units counts the read and write units that were consumed since some time in the past.
type Units func(ctx context.Context) (Consumed, error)

// Consumed is what was consumed of the tables' capacity.
type Consumed struct {
	Read  float64 `json:"read"`
	Write float64 `json:"write"`
}

// Config says how the page behaves.
type Config struct {
	// Place names the service that is shown, for people: "http://127.0.0.1:3000", "stack Shop".
	Place string
	// Write allows parked streams to be tried again, and projections to be built anew.
	Write bool
	// Key is a secret without which nothing is answered, "" = everybody who reaches this port is trusted.
	Key string
	// Requests counts requests, nil = nobody does.
	Requests Requests
	// Units counts what is consumed, nil = nobody does.
	Units Units
	// Timeout is how long a search takes at most. Default 20 s.
	Timeout time.Duration
	// Sample is of how many commits a second it is looked up when the projections applied them. Default 4.
	Sample int
	Log    *slog.Logger
}

// Console is the page and what it asks for.
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

// New returns the page. What it does in the background ends with the context.
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
	mux.HandleFunc("POST /api/retry", c.writes(c.retry))
	mux.HandleFunc("POST /api/rebuild", c.writes(c.rebuild))
	c.handler = guarded(cfg.Key, mux)
	return c
}

// ServeHTTP implements [http.Handler]. Paths are relative to wherever the page is.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

func (c *Console) about(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Place string `json:"place"`
		Write bool   `json:"write"`
	}{c.cfg.Place, c.cfg.Write})
}
