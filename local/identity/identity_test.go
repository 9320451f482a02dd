package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

const address = "http://127.0.0.1:3000/_local/issuer"

func open(t *testing.T) *Issuer {
	t.Helper()
	i, err := Open(filepath.Join(t.TempDir(), "state", "issuer.json"), address)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// sign signs any claims, with the issuer's key or another.
func sign(t *testing.T, key jose.JSONWebKey, algorithm jose.SignatureAlgorithm, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestAuthorize: what API Gateway documents of its JWT authorizer, claim by claim.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	i := open(t)
	now := time.Unix(1_800_000_000, 0)
	i.now = func() time.Time { return now }
	a := NewAuthorizer(i, []string{"api", "other"})
	secret, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	foreign := jose.JSONWebKey{Key: secret, KeyID: i.key.KeyID}
	unnamed := jose.JSONWebKey{Key: i.key.Key}
	symmetric := jose.JSONWebKey{Key: []byte(strings.Repeat("k", 32)), KeyID: i.key.KeyID}
	claims := func(change map[string]any) map[string]any {
		all := map[string]any{"iss": address, "aud": "api", "sub": "ada", "exp": now.Unix() + 1, "scope": "a b"}
		for name, value := range change {
			all[name] = value
			if value == nil {
				delete(all, name)
			}
		}
		return all
	}
	own := func(change map[string]any) string { return sign(t, i.key, jose.RS256, claims(change)) }
	good := own(nil)
	head, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + address +
		`","aud":"api","sub":"bob","exp":1900000000,"scope":"a"}`))
	for name, test := range map[string]struct {
		header string
		want   int
	}{
		"good": {"Bearer " + good, 200}, "bare": {good, 200}, "small": {"bearer " + good, 200},
		"none": {"", 401}, "no token": {"Bearer ", 401}, "basic": {"Basic " + good, 401},
		"two":      {"Bearer " + good + " " + good, 401},
		"repeated": {"Bearer " + good + ",Bearer " + good, 401}, "repeated, one empty": {"Bearer " + good + ",", 401},
		"changed":  {head + "." + forged + "." + signature, 401},
		"unsigned": {head + "." + payload + ".", 401},
		"alg none": {
			base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"`+i.key.KeyID+`"}`)) + "." + payload + ".", 401,
		},
		"symmetric":       {sign(t, symmetric, jose.HS256, claims(nil)), 401},
		"foreign key":     {sign(t, foreign, jose.RS256, claims(nil)), 401},
		"no kid":          {sign(t, unnamed, jose.RS256, claims(nil)), 401},
		"RS512":           {sign(t, i.key, jose.RS512, claims(nil)), 200},
		"issuer":          {own(map[string]any{"iss": address + "/"}), 401},
		"no issuer":       {own(map[string]any{"iss": nil}), 401},
		"audience":        {own(map[string]any{"aud": "apis"}), 401},
		"audiences":       {own(map[string]any{"aud": []string{"x", "other"}}), 200},
		"no audience":     {own(map[string]any{"aud": nil}), 401},
		"client":          {own(map[string]any{"aud": nil, "client_id": "other"}), 200},
		"client beside":   {own(map[string]any{"aud": "x", "client_id": "api"}), 401},
		"expires now":     {own(map[string]any{"exp": now.Unix()}), 401},
		"no expiry":       {own(map[string]any{"exp": nil}), 401},
		"begins now":      {own(map[string]any{"nbf": now.Unix(), "iat": now.Unix()}), 200},
		"begins later":    {own(map[string]any{"nbf": now.Unix() + 1}), 401},
		"issued later":    {own(map[string]any{"iat": now.Unix() + 1}), 401},
		"another scope":   {own(map[string]any{"scope": "c ab"}), 403},
		"no scope":        {own(map[string]any{"scope": nil}), 403},
		"scp":             {own(map[string]any{"scope": nil, "scp": "b c"}), 200},
		"scp as a list":   {own(map[string]any{"scope": nil, "scp": []string{"c", "b"}}), 200},
		"scp beside":      {own(map[string]any{"scope": "c", "scp": "a"}), 403},
		"expired, scoped": {own(map[string]any{"exp": now.Unix() - 1, "scope": "c"}), 401},
	} {
		if _, got := a.Authorize(test.header, []string{"a", "b"}); got != test.want {
			t.Errorf("authorize with %s: status %d, want %d", name, got, test.want)
		}
	}
	got, status := a.Authorize(own(map[string]any{
		"scope": nil, "n": 1.0, "on": true, "list": []any{"x", 2}, "map": map[string]any{"k": nil}, "void": nil,
	}), nil)
	want := map[string]string{
		"iss": address, "aud": "api", "sub": "ada", "exp": "1800000001",
		"n": "1", "on": "true", "list": "[x 2]", "map": `{"k":null}`,
	}
	if diff := cmp.Diff(want, got); diff != "" || status != 200 {
		t.Errorf("metadata: status %d, want 200 (-want +got):\n%s", status, diff)
	}
}

// TestIssuer: its key is kept, what it gives out is good, and how to check it can be found.
func TestIssuer(t *testing.T) {
	t.Parallel()
	i := open(t)
	again := open(t)
	file := filepath.Join(t.TempDir(), "issuer.json")
	first, err := Open(file, address)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(file, address)
	if err != nil || first.key.KeyID != second.key.KeyID || i.key.KeyID == again.key.KeyID {
		t.Errorf("open the stored key: %v; key ids %s and %s; want the same, and another one in another file",
			err, first.key.KeyID, second.key.KeyID)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file of the key: %v, %v, want mode 0600", info, err)
	}
	public, _ := json.Marshal(i.key.Public())
	for name, text := range map[string][]byte{"no JSON": []byte("x"), "public": public} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file, address); err == nil || !strings.Contains(err.Error(), "delete "+file) {
			t.Errorf("open a file with %s: %v, want an error that says to delete it", name, err)
		}
	}
	if _, err := Open(filepath.Join(file, "x"), address); err == nil {
		t.Error("a file for a folder")
	}
	server := i.Handler("/i", "api")
	ask := func(method, target, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w
	}
	if got := ask("GET", "/i/.well-known/openid-configuration", "").Body.String(); !strings.Contains(got,
		`"issuer":"`+address+`"`) || !strings.Contains(got, address+"/jwks") {
		t.Error(got)
	}
	if got := ask("GET", "/i/jwks", "").Body.String(); !strings.Contains(got, i.key.KeyID) ||
		strings.Contains(got, `"d":`) || strings.Contains(got, `"p":`) {
		t.Error(got)
	}
	a := NewAuthorizer(i, []string{"api"})
	for form, want := range map[string]int{
		"subject=ada&scope=s":                http.StatusOK,
		"subject=ada&scope=r,s":              http.StatusOK,
		"subject=ada&scope=s&audience=other": http.StatusUnauthorized,
		"subject=ada&scope=s&lifetime=-1":    http.StatusUnauthorized,
		"subject=ada&scope=s&lifetime=5":     http.StatusOK,
		"subject=ada":                        http.StatusForbidden,
	} {
		var out struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(ask("POST", "/i/token", form).Body.Bytes(), &out); err != nil {
			t.Fatal(form, err)
		}
		if _, got := a.Authorize(out.Token, []string{"s"}); got != want {
			t.Errorf("authorize with the token for %s: status %d, want %d", form, got, want)
		}
	}
	for _, form := range []string{"", "subject=ada&lifetime=" + url.QueryEscape("1 h")} {
		if got := ask("POST", "/i/token", form).Code; got != http.StatusBadRequest {
			t.Errorf("ask for a token with %q: status %d, want 400", form, got)
		}
	}
}
