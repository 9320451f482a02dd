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

// Config adjusts the edge. The zero value takes the defaults.
type Config struct {
	// Log receives what went wrong on our side, once for each request. Default slog.Default.
	Log *slog.Logger
	// CursorKey seals cursors, 32 bytes at least. Default: a random key, which only this handler has. All processes
	// that serve the same queries need the same key.
	CursorKey []byte
	// Now is the clock by which instants asked for are young. Default time.Now.
	Now func() time.Time
	// Unavailable tells whether an error means that a store can't answer now, so that a later attempt may succeed.
	// Errors of contexts count as that anyway. Default: no other error does.
	Unavailable func(error) bool
	// Queue takes the catch-ups of what read models should show and don't. If nil, no catch-up is asked for.
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

// edge is what operations are served on.
type edge struct {
	cfg     Config
	service *annals.Service
	running *annals.Running // nil where no operation is served
	mux     *http.ServeMux
	schemas *schemas // of what requests have
	events  events
	origins *lru.Cache[es.StreamID, origin]
	seals   seal.Key
}

// newEdge returns an edge without operations. It reads whose a stream is, and what is past, from events.
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
// Errors: those of [annals.Service.Check]; an input that can't be read from a request; a cursor key that is too short.
func Commands(r *annals.Running, cfg Config) (http.Handler, error) {
	return serve(r, cfg, func(o *annals.Operation) bool { return o.Kind.Commands() })
}

// Queries returns the handler of all queries of a service, and of its audit trail.
//
// Errors: those of [Commands]; a service that was opened without read models, and has queries of some.
func Queries(r *annals.Running, cfg Config) (http.Handler, error) {
	return serve(r, cfg, func(o *annals.Operation) bool { return !o.Kind.Commands() })
}

// Handler returns the handler of all that a service offers: commands, queries and documentation. It is for tests, and
// for services that are one process.
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

// serving is the edge of some operations.
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

// serve serves an operation.
func (e *edge) serve(o *annals.Operation) (err error) {
	defer explain(o, &err)
	if len(o.Readings) > 0 && e.running.Reader == nil {
		return errors.New("it reads a read model: set annals.Stores.Views")
	}
	p, err := e.operation(o)
	if err != nil {
		return err
	}
	e.mux.HandleFunc(o.Method+" "+o.Path, func(w http.ResponseWriter, r *http.Request) { e.answer(w, r, p) })
	return nil
}

// explain makes an error of a panic: huma panics on tags of fields that it can't read, the mux on paths that overlap.
func explain(o *annals.Operation, err *error) {
	if thrown := recover(); thrown != nil {
		*err = fmt.Errorf("%v", thrown)
	}
	if *err != nil {
		*err = fmt.Errorf("%s %s: %w", o.Method, o.Path, *err)
	}
}

// handler is everything that is served, behind what all requests have in common.
func (e *edge) handler() http.Handler { return e.correlated(e.recovered(e.wellFormed(e.routed()))) }

// public tells whether callers may learn the name of a stream.
func (e *edge) public(stream es.StreamID) bool {
	a := e.service.Aggregate(stream.Type)
	return a != nil && !a.Hidden
}

// told is what a caller is told of an error that is about a stream: the error's own words if callers may learn the
// names of streams of that type, and else other words. No message names a stream otherwise.
func (e *edge) told(stream es.StreamID, own, other string) string {
	if e.public(stream) {
		return own
	}
	return other
}
