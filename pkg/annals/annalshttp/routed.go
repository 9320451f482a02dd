package annalshttp

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
)

// routed passes a request to its operation. If there is none, it answers with a problem.
func (e *edge) routed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fallback, pattern := e.mux.Handler(r)
		if pattern != "" && !dotted(r.URL.Path) {
			e.mux.ServeHTTP(w, r)
			return
		}
		probe := &discard{header: http.Header{}}
		if !dotted(r.URL.Path) { // the mux would redirect
			fallback.ServeHTTP(probe, r)
		}
		if probe.status == http.StatusMethodNotAllowed {
			allowed := probe.header.Get("Allow")
			w.Header().Set("Allow", allowed)
			e.write(w, r, newProblem(http.StatusMethodNotAllowed, "method-not-allowed", "this path allows "+allowed))
			return
		}
		e.write(w, r, noSuchRoute())
	})
}

func noSuchRoute() *Problem {
	return newProblem(http.StatusNotFound, "no-such-route", "no route has this path")
}

// dotted reports whether a path has a segment that is empty, "." or "..": the mux would redirect it.
func dotted(path string) bool {
	for _, segment := range strings.Split(path, "/")[1:] {
		if segment == "" || segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// discard is a ResponseWriter that keeps the header and status of an answer, and drops its body.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// recovered turns a panic into an answer with status 500.
func (e *edge) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer e.recover(w, r)
		next.ServeHTTP(w, r)
	})
}

// recover answers after a panic. A panic value may contain data of the request, so only its type is logged, unless it
// is an error of the runtime.
func (e *edge) recover(w http.ResponseWriter, r *http.Request) {
	thrown := recover()
	if thrown == nil {
		return
	}
	what := fmt.Sprintf("%T", thrown)
	if fault, ok := thrown.(runtime.Error); ok {
		what = fault.Error()
	}
	e.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("correlationId", correlationID(r.Context())),
		slog.String("panic", what), slog.String("stack", string(debug.Stack())))
	e.write(w, r, internal())
}
