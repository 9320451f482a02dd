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

// What the runner answers itself is below ownPaths: the service's description and a function's environment, so that
// programs on this machine can work on what runs here, how often each was invoked, and which units they consumed; and
// schedules, which are due when they are posted to.
const (
	ownPaths        = "/_local/"
	servicePath     = "GET " + ownPaths + "service"
	environmentPath = "GET " + ownPaths + "functions/{id}/environment"
	countsPath      = "GET " + ownPaths + "functions"
	schedulePath    = "POST " + ownPaths + "schedules/{id}"
	unitsPath       = "GET " + ownPaths + "units"
)

// ownPlace answers the runner's own paths.
func (r *runner) ownPlace(system *template.System, functions map[string]*lambda.Function) place {
	own := http.NewServeMux()
	own.HandleFunc(servicePath, r.describe(system))
	own.HandleFunc(countsPath, counts(functions))
	own.HandleFunc(environmentPath, r.environment(system))
	own.HandleFunc(schedulePath, r.schedule.now)
	own.HandleFunc(unitsPath, r.units)
	own.HandleFunc(issuerPath+"/", r.issue)
	return place{func(path string) bool { return strings.HasPrefix(path, ownPaths) }, own}
}

// counts answers at countsPath, by logical id.
func counts(functions map[string]*lambda.Function) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		all := map[string]lambda.Counts{}
		for id, f := range functions {
			all[id] = f.Counts()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(all) // as below
	}
}

// units answers at unitsPath: what the functions consumed of the tables' capacity since the runner started.
func (r *runner) units(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(r.gate.Units()) // as below
}

// environment answers at environmentPath. It is for the loopback interface alone.
func (r *runner) environment(system *template.System) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		for _, f := range system.Functions {
			if f.ID != request.PathValue("id") {
				continue
			}
			// Who asks works for the operator, not under the function's role.
			env := map[string]string{}
			maps.Copy(env, f.Env)
			maps.Copy(env, r.operator())
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(env) // an answer that can't be sent has nobody to be told
			return
		}
		http.Error(w, "there is no function "+request.PathValue("id"), http.StatusNotFound)
	}
}

// operator is the environment of an operator's program: where AWS's services are, and the key that may do everything.
func (r *runner) operator() map[string]string {
	env := r.services(r.endpoint)
	env["AWS_REGION"] = template.Region
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = access.Own, "local"
	return env
}
