package identity

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const lifetime = time.Hour

// Handler answers the issuer's paths: /.well-known/openid-configuration, /jwks and POST /token. POST /token issues a
// token to any caller and for any subject. Its fields are subject, scope, audience (default: the API's) and lifetime in
// seconds.
func (i *Issuer) Handler(path, audience string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path+"/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": i.address, "jwks_uri": i.address + "/jwks", "token_endpoint": i.address + "/token",
			"authorization_endpoint": i.address + "/authorize", "response_types_supported": []string{"token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{string(jose.RS256)},
		})
	})
	mux.HandleFunc("GET "+path+"/jwks", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
	})
	mux.HandleFunc("POST "+path+"/token", func(w http.ResponseWriter, r *http.Request) { i.token(w, r, audience) })
	return mux
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request, audience string) {
	t := Token{
		Subject:  r.PostFormValue("subject"),
		Scope:    strings.ReplaceAll(r.PostFormValue("scope"), ",", " "),
		Audience: audience,
		Lifetime: lifetime,
	}
	if t.Subject == "" {
		http.Error(w, "the field subject is missing: send subject=ada", http.StatusBadRequest)
		return
	}
	if other := r.PostFormValue("audience"); other != "" {
		t.Audience = other
	}
	if text := r.PostFormValue("lifetime"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			http.Error(w, "lifetime="+text+" is not a number of seconds", http.StatusBadRequest)
			return
		}
		t.Lifetime = time.Duration(seconds) * time.Second
	}
	signed, err := i.Sign(t)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{
		"access_token": signed, "token_type": "Bearer", "expires_in": int(t.Lifetime.Seconds()), "scope": t.Scope,
	})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // fails only if the client disconnected
}
