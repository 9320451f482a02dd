package runner

import (
	"errors"
	"net/http"
	"path/filepath"

	"github.com/annals-es/annals/local/gateway"
	"github.com/annals-es/annals/local/identity"
	"github.com/annals-es/annals/local/template"
)

// issuerPath is the local issuer's path on the port of the HTTP API.
const issuerPath = ownPaths + "issuer"

// openIssuer opens the local issuer, which replaces the template's, if tokens are required.
func (r *runner) openIssuer() (err error) {
	if r.auth {
		r.issuer, err = identity.Open(filepath.Join(r.state, "issuer.json"), r.issuerAddress())
	}
	return err
}

// issuerAddress is the issuer's address, or "" if there is none.
func (r *runner) issuerAddress() string {
	if !r.auth {
		return ""
	}
	return r.address() + issuerPath
}

// gateOf returns the options of an API: its authorizer, limits and CORS.
func (r *runner) gateOf(api *template.API) (gateway.Options, error) {
	o := gateway.Options{Rate: api.Rate, Burst: api.Burst}
	if r.issuer == nil {
		return o, nil
	}
	if api.Authorizer == nil || len(api.Authorizer.Audience) == 0 {
		return o, errors.New("AUTH=on needs a JWT authorizer with an audience: the template's HTTP API has none")
	}
	o.Authorizer = identity.NewAuthorizer(r.issuer, api.Authorizer.Audience)
	r.tokens = r.issuer.Handler(issuerPath, api.Authorizer.Audience[0])
	return o, nil
}

// issue answers requests below issuerPath.
func (r *runner) issue(w http.ResponseWriter, request *http.Request) {
	if r.tokens == nil {
		http.Error(w, "no token issuer is running: start the runner with AUTH=on", http.StatusNotFound)
		return
	}
	r.tokens.ServeHTTP(w, request)
}
