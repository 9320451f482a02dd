package runner

import (
	"errors"
	"net/http"
	"path/filepath"

	"github.com/annals-es/annals/local/gateway"
	"github.com/annals-es/annals/local/identity"
	"github.com/annals-es/annals/local/template"
)

// issuerPath is where the local issuer is, on the port of the HTTP API.
const issuerPath = ownPaths + "issuer"

// openIssuer has an issuer stand for that of the template, if tokens are asked for.
func (r *runner) openIssuer() (err error) {
	if r.auth {
		r.issuer, err = identity.Open(filepath.Join(r.state, "issuer.json"), r.issuerAddress())
	}
	return err
}

// issuerAddress is the issuer's, "" if there is none.
func (r *runner) issuerAddress() string {
	if !r.auth {
		return ""
	}
	return r.address() + issuerPath
}

// gateOf is who checks tokens before an API, and how much it takes.
func (r *runner) gateOf(api *template.API) (gateway.Options, error) {
	o := gateway.Options{Rate: api.Rate, Burst: api.Burst}
	if r.issuer == nil {
		return o, nil
	}
	if api.Authorizer == nil || len(api.Authorizer.Audience) == 0 {
		return o, errors.New("AUTH=on: the template's HTTP API has no JWT authorizer with an audience")
	}
	o.Authorizer = identity.NewAuthorizer(r.issuer, api.Authorizer.Audience)
	r.tokens = r.issuer.Handler(issuerPath, api.Authorizer.Audience[0])
	return o, nil
}

// issue answers below issuerPath.
func (r *runner) issue(w http.ResponseWriter, request *http.Request) {
	if r.tokens == nil {
		http.Error(w, "there is no issuer: start with AUTH=on", http.StatusNotFound)
		return
	}
	r.tokens.ServeHTTP(w, request)
}
