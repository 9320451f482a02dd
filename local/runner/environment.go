package runner

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/annals-es/annals/local/access"
	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/template"
)

// The runner's own endpoints, below ownPaths. Programs on this machine get the service's description, a function's
// environment, how often each function was invoked, and the capacity units that they consumed. A POST to a schedule
// fires it.
const (
	ownPaths        = "/_local/"
	servicePath     = "GET " + ownPaths + "service"
	environmentPath = "GET " + ownPaths + "functions/{id}/environment"
	countsPath      = "GET " + ownPaths + "functions"
	schedulePath    = "POST " + ownPaths + "schedules/{id}"
	unitsPath       = "GET " + ownPaths + "units"
)

// ownPlace returns the place that answers the runner's own paths.
func (r *runner) ownPlace(system *template.System, functions map[string]*lambda.Function) place {
	own := http.NewServeMux()
	own.HandleFunc(servicePath, r.describe(system))
	own.HandleFunc(countsPath, counts(functions))
	own.HandleFunc(environmentPath, r.environment(system))
	own.HandleFunc(schedulePath, r.runSchedule)
	own.HandleFunc(unitsPath, r.units)
	own.HandleFunc(issuerPath+"/", r.issue)
	return place{func(path string) bool { return strings.HasPrefix(path, ownPaths) }, own}
}

// counts answers at countsPath with the counts by logical id.
func counts(functions map[string]*lambda.Function) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		all := map[string]lambda.Counts{}
		for id, f := range functions {
			all[id] = f.Counts()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(all) // fails only if the client disconnected
	}
}

// units answers at unitsPath with the table capacity that the functions consumed since the runner started.
func (r *runner) units(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(r.gate.Units()) // fails only if the client disconnected
}

// environment answers at environmentPath with a function's environment. Only the loopback interface may serve it.
func (r *runner) environment(system *template.System) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		for _, f := range system.Functions {
			if f.ID != request.PathValue("id") {
				continue
			}
			// The caller acts for the operator, not under the function's role.
			env := map[string]string{}
			maps.Copy(env, f.Env)
			maps.Copy(env, r.operator())
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(env) // fails only if the client disconnected
			return
		}
		http.Error(w, "there is no function "+request.PathValue("id"), http.StatusNotFound)
	}
}

// operator is the environment for an operator's program: the endpoints of AWS's services, and the access key that may
// do everything.
func (r *runner) operator() map[string]string {
	env := r.services(r.endpoint)
	env["AWS_REGION"] = template.Region
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = access.Own, "local"
	return env
}
