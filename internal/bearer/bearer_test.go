package bearer_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/annals-es/annals/internal/bearer"
)

// issuer is an OpenID issuer that can be down, and can change its key.
type issuer struct {
	*httptest.Server
	key  atomic.Pointer[jose.JSONWebKey]
	down atomic.Bool
	asks atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asks.Add(1)
		if i.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var out any = map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/jwks"}
		if r.URL.Path == "/jwks" {
			out = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Load().Public()}}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(i.Close)
	i.turn(t)
	return i
}

func (i *issuer) turn(t *testing.T) {
	t.Helper()
	secret, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i.key.Store(&jose.JSONWebKey{Key: secret, KeyID: rand.Text(), Algorithm: "RS256", Use: "sig"})
}

func (i *issuer) sign(t *testing.T, change map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": i.URL, "aud": "api", "sub": "ada", "exp": time.Now().Add(time.Minute).Unix(), "scope": "a b",
	}
	for name, value := range change {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: *i.key.Load()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (i *issuer) verifier(t *testing.T) *bearer.Verifier {
	t.Helper()
	v, err := bearer.NewVerifier(func(name string) string {
		return map[string]string{bearer.IssuerEnv: i.URL, bearer.AudienceEnv: "api,other"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVerify(t *testing.T) {
	t.Parallel()
	i, foreign := newIssuer(t), newIssuer(t)
	v := i.verifier(t)
	good := i.sign(t, nil)
	for name, test := range map[string]struct {
		token  string
		scopes []string // nil = refused
	}{
		"good":          {good, []string{"a", "b"}},
		"client":        {i.sign(t, map[string]any{"aud": nil, "client_id": "other"}), []string{"a", "b"}},
		"audiences":     {i.sign(t, map[string]any{"aud": []string{"x", "api"}}), []string{"a", "b"}},
		"scp":           {i.sign(t, map[string]any{"scope": nil, "scp": "c d"}), []string{"c", "d"}},
		"scp as a list": {i.sign(t, map[string]any{"scope": nil, "scp": []string{"c"}}), []string{"c"}},
		"no scope":      {i.sign(t, map[string]any{"scope": nil}), []string{}},
		"expired":       {i.sign(t, map[string]any{"exp": time.Now().Unix() - 1}), nil},
		"no expiry":     {i.sign(t, map[string]any{"exp": nil}), nil},
		"later":         {i.sign(t, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), nil},
		"audience":      {i.sign(t, map[string]any{"aud": "x"}), nil},
		"client beside": {i.sign(t, map[string]any{"aud": "x", "client_id": "api"}), nil},
		"no audience":   {i.sign(t, map[string]any{"aud": nil}), nil},
		"nobody":        {i.sign(t, map[string]any{"sub": nil}), nil},
		"issuer":        {i.sign(t, map[string]any{"iss": foreign.URL}), nil},
		"foreign key":   {foreign.sign(t, map[string]any{"iss": i.URL}), nil},
		"cut":           {good[:len(good)-4], nil},
		"empty":         {"", nil},
	} {
		got, err := v.Verify(t.Context(), test.token)
		if test.scopes == nil {
			if !errors.Is(err, bearer.ErrRefused) || strings.Contains(err.Error(), "ada") {
				t.Errorf("%s: %+v, %v, want ErrRefused without the subject's name", name, got, err)
			}
			continue
		}
		if err != nil || got.Subject != "ada" || !slices.Equal(got.Scopes, test.scopes) {
			t.Errorf("%s: %+v, %v, want the subject ada with the scopes %q", name, got, err, test.scopes)
		}
	}
}

// TestKeysTurn: a verifier finds a new key of the issuer, recovers after the issuer was down, and does not fetch known
// keys again.
func TestKeysTurn(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier(t)
	i.down.Store(true)
	if _, err := v.Verify(t.Context(), i.sign(t, nil)); err == nil || errors.Is(err, bearer.ErrRefused) {
		t.Errorf("the issuer is down: %v", err)
	}
	i.down.Store(false)
	for range 3 {
		if _, err := v.Verify(t.Context(), i.sign(t, nil)); err != nil {
			t.Error(err)
		}
	}
	if asks := i.asks.Load(); asks != 3 { // in vain, for the address of the keys, for the keys
		t.Errorf("%d requests to the issuer, want 3", asks)
	}
	i.turn(t)
	if _, err := v.Verify(t.Context(), i.sign(t, nil)); err != nil {
		t.Errorf("a new key: %v", err)
	}
}

func TestNoIssuer(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{bearer.IssuerEnv, bearer.AudienceEnv} {
		_, err := bearer.NewVerifier(func(name string) string { return strings.TrimPrefix(name, missing) })
		if err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("new verifier without %s: %v, want an error that names it", missing, err)
		}
	}
}
