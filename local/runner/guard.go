package runner

import (
	"net"
	"net/http"
)

// place is a handler for some of the port's paths, besides the HTTP API: the runner's own paths, the WebSocket API, or
// a program beside the service.
type place struct {
	takes   func(path string) bool
	handler http.Handler
}

// guarded refuses requests that a web page of another origin makes the browser on this machine send: without tokens,
// every request acts as the developer. Pages of the origins in the template's CORS configuration may send to the API,
// but not to other places.
func guarded(api http.Handler, allows func(origin string) bool, places ...place) http.Handler {
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the page's origin is not allowed: to let its pages call the API, add it to the setting origins",
			http.StatusForbidden)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r.Host) { // DNS rebinding: the page's own name resolves to this machine
			http.Error(w, "unknown host: use 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		for _, p := range places {
			if p.takes(r.URL.Path) {
				own.Handler(p.handler).ServeHTTP(w, r)
				return
			}
		}
		if allows(r.Header.Get("Origin")) {
			api.ServeHTTP(w, r)
			return
		}
		own.Handler(api).ServeHTTP(w, r)
	})
}

// ours reports whether a request's host is a name that always means this machine.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost" || host == "[::1]" || host == "::1"
}
