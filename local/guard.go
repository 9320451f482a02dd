package main

import (
	"net"
	"net/http"
)

// guarded refuses what a web page from elsewhere has the browser on this machine send. There is no authorizer here, so whoever
// gets through is the developer.
func guarded(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r.Host) { // the page's own name was made to lead here
			http.Error(w, "ask for 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// ours tells whether a request was sent to this machine by a name that can't be anybody else's.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost" || host == "[::1]" || host == "::1"
}
