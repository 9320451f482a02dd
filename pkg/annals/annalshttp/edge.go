package annalshttp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/internal/seal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// MaxBodyBytes is the largest body of a request.
const MaxBodyBytes = 1 << 20

// Config configures a handler. The zero value uses the defaults.
type Config struct {
	// Log receives the errors that are not the caller's fault, once for each request. Default: slog.Default.
	Log *slog.Logger
	// CursorKey is the key that cursors are encrypted with, at least 32 bytes. Default: a random key for this handler
	// alone. All processes that serve the same queries need the same key.
	CursorKey []byte
	// Now returns the current time. A state at an instant so recent that commits before it may still be stored is
	// marked provisional. Default: time.Now.
	Now func() time.Time
	// Unavailable reports whether an error of a store is transient. The caller then gets 503, and may repeat the
	// request. Timeouts and cancellations of contexts always count as transient. Default: no other error does.
	Unavailable func(error) bool
	// Queue receives a catch-up job for each stream that a read model should show and does not. If nil, queries start
	// no catch-ups.
	Queue projection.Queue
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.CursorKey == nil {
		c.CursorKey = make([]byte, 32)
		_, _ = rand.Read(c.CursorKey) // never fails
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Unavailable == nil {
		c.Unavailable = func(error) bool { return false }
	}
	return c
}

// edge serves the operations of one service over HTTP.
type edge struct {
	cfg     Config
	service *annals.Service
	running *annals.Running // nil if no operation is served
	mux     *http.ServeMux
	schemas *schemas
	events  events
	origins *lru.Cache[es.StreamID, origin]
	seals   seal.Key
}

// newEdge returns an edge without operations. It reads owners of streams and past states from events.
//
// Errors: those of [annals.Service.Check]; a cursor key that is too short.
func newEdge(s *annals.Service, cfg Config, events events) (*edge, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	seals, err := seal.NewKey(cfg.CursorKey)
	if err != nil {
		return nil, err
	}
	return &edge{
		cfg: cfg, service: s, mux: http.NewServeMux(), schemas: newSchemas(s.Document), events: events,
		origins: newOrigins(), seals: seals,
	}, nil
}

// Commands returns the handler of all commands of a service.
//
// Errors: those of [annals.Service.Check]; an input type that can't be read from a request; a cursor key that is too
// short.
func Commands(r *annals.Running, cfg Config) (http.Handler, error) {
	return serve(r, cfg, func(o *annals.Operation) bool { return o.Kind.Commands() })
}

// Queries returns the handler of all queries of a service, and of its audit trail.
//
// Errors: those of [Commands]; the service queries read models, but was opened without [annals.Stores].Views.
func Queries(r *annals.Running, cfg Config) (http.Handler, error) {
	return serve(r, cfg, func(o *annals.Operation) bool { return !o.Kind.Commands() })
}

// Handler returns the handler of a whole service: commands, queries and documentation. It is for tests, and for
// services that run as one process.
//
// Errors: those of [Queries].
func Handler(r *annals.Running, cfg Config) (http.Handler, error) {
	e, err := serving(r, cfg, func(*annals.Operation) bool { return true })
	if err != nil {
		return nil, err
	}
	e.serveDocs()
	return e.handler(), nil
}

func serve(r *annals.Running, cfg Config, which func(*annals.Operation) bool) (http.Handler, error) {
	e, err := serving(r, cfg, which)
	if err != nil {
		return nil, err
	}
	return e.handler(), nil
}

// serving returns an edge with the operations that which selects.
func serving(r *annals.Running, cfg Config, which func(*annals.Operation) bool) (*edge, error) {
	e, err := newEdge(r.Service, cfg, r.Events)
	if err != nil {
		return nil, err
	}
	e.running = r
	var faults []error
	for _, o := range r.Service.Operations {
		if which(o) {
			faults = append(faults, e.serve(o))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("service %q: %w", r.Service.Name, err)
	}
	return e, nil
}

// serve adds an operation.
func (e *edge) serve(o *annals.Operation) (err error) {
	defer explain(o, &err)
	if len(o.Readings) > 0 && e.running.Reader == nil {
		return errors.New("the query needs a read model, but the service was opened without views: set annals.Stores.Views")
	}
	p, err := e.operation(o)
	if err != nil {
		return err
	}
	e.mux.HandleFunc(o.Method+" "+o.Path, func(w http.ResponseWriter, r *http.Request) { e.answer(w, r, p) })
	return nil
}

// explain turns a panic into an error and adds the route. huma panics on malformed field tags, the mux on overlapping
// paths.
func explain(o *annals.Operation, err *error) {
	if thrown := recover(); thrown != nil {
		*err = fmt.Errorf("%v", thrown)
	}
	if *err != nil {
		*err = fmt.Errorf("%s %s: %w", o.Method, o.Path, *err)
	}
}

// handler returns the mux behind the checks that all requests pass.
func (e *edge) handler() http.Handler { return e.correlated(e.recovered(e.wellFormed(e.routed()))) }

// public reports whether callers may learn the names of streams of this type.
func (e *edge) public(stream es.StreamID) bool {
	a := e.service.Aggregate(stream.Type)
	return a != nil && !a.Hidden
}

// told returns the text that a caller gets for an error about a stream: the error's own text, which names the stream,
// if the stream is public; else other, which does not name it.
func (e *edge) told(stream es.StreamID, own, other string) string {
	if e.public(stream) {
		return own
	}
	return other
}
