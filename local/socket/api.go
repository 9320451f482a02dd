package socket

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// API answers in the way of a WebSocket API of API Gateway.
type API struct {
	cfg    Config
	routes map[string]Route
	log    *slog.Logger

	mu      sync.Mutex
	open    map[string]*connection
	closed  bool
	running sync.WaitGroup // one for each connection, until its $disconnect has ended
}

// New returns an API.
func New(cfg Config, log *slog.Logger) *API {
	cfg.Idle, cfg.Longest = cmp.Or(cfg.Idle, 10*time.Minute), cmp.Or(cfg.Longest, 2*time.Hour)
	a := &API{cfg: cfg, log: log, routes: map[string]Route{}, open: map[string]*connection{}}
	for _, r := range cfg.Routes {
		a.routes[r.Key] = r
	}
	return a
}

// Serves reports whether a path belongs to the API.
func (a *API) Serves(path string) bool {
	return path == a.cfg.Path || strings.HasPrefix(path, a.cfg.Path+"/")
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, ok := strings.CutPrefix(r.URL.Path, a.cfg.Path+"/@connections/"); ok {
		a.manage(w, r, id)
		return
	}
	if r.URL.Path != a.cfg.Path {
		message(w, http.StatusForbidden, "Forbidden")
		return
	}
	a.connect(w, r)
}

// Close ends all connections with 1001. It waits until $disconnect has run for each, or the context ends.
func (a *API) Close(ctx context.Context) {
	a.mu.Lock()
	a.closed = true
	for _, c := range a.open {
		c.end(websocket.StatusGoingAway, "Going away")
	}
	a.mu.Unlock()
	done := make(chan struct{})
	go func() {
		a.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func message(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+text+`"}`)
}
