package main

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"

	"github.com/annals-es/annals/local/template"
)

// What the runner answers itself is below ownPaths: a function's environment, so that programs on this machine can work on
// what runs here.
const (
	ownPaths        = "/_local/"
	environmentPath = "GET " + ownPaths + "functions/{id}/environment"
)

// withOwnPaths answers the runner's own paths before the API's. A mux for both would redirect paths that the API takes.
func (r *runner) withOwnPaths(system *template.System, api http.Handler) http.Handler {
	own := http.NewServeMux()
	own.HandleFunc(environmentPath, r.environment(system))
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if strings.HasPrefix(request.URL.Path, ownPaths) {
			if !ours(request.Host) { // a page from elsewhere, whose name was made to lead here
				http.Error(w, "ask for 127.0.0.1 or localhost", http.StatusForbidden)
				return
			}
			own.ServeHTTP(w, request)
			return
		}
		api.ServeHTTP(w, request)
	})
}

// ours tells whether a request was sent to this machine by a name that can't be anybody else's.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost" || host == "[::1]" || host == "::1"
}

// environment answers at environmentPath. It is for the loopback interface alone.
func (r *runner) environment(system *template.System) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		for _, f := range system.Functions {
			if f.ID != request.PathValue("id") {
				continue
			}
			env := r.functionConfig(f).Env
			env["AWS_REGION"] = template.Region
			env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = "local", "local"
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(env) // an answer that can't be sent has nobody to be told
			return
		}
		http.Error(w, "there is no function "+request.PathValue("id"), http.StatusNotFound)
	}
}
