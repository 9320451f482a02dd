package runner

import (
	"net"
	"net/http"
)

// place is a part of the port beside the HTTP API: the runner's own paths, the WebSocket API, a program beside the
// service.
type place struct {
	takes   func(path string) bool
	handler http.Handler
}

// guarded refuses what a web page from elsewhere has the browser on this machine send: where nobody is asked for a
// token, whoever gets through is the developer. Pages of the origins that the template's CORS configuration allows may
// send to the API, and to no other place.
func guarded(api http.Handler, allows func(origin string) bool, places ...place) http.Handler {
	own := http.NewCrossOriginProtection()
	own.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "a page of another origin may not send here: the setting origins lets one call the API", http.StatusForbidden)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r.Host) { // the page's own name was made to lead here
			http.Error(w, "ask for 127.0.0.1 or localhost", http.StatusForbidden)
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

// ours tells whether a request was sent to this machine by a name that can't be anybody else's.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost" || host == "[::1]" || host == "::1"
}
