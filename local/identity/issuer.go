// Package identity emulates the identity provider: an OpenID issuer with its own key, and the JWT authorizer of an HTTP
// API, which checks tokens by API Gateway's rules. Start with [Open] and [NewAuthorizer].
package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer issues tokens.
type Issuer struct {
	address string
	key     jose.JSONWebKey
	now     func() time.Time
}

// Open returns the issuer at an address. Its key is kept in a file, which is created if it is missing.
func Open(file, address string) (*Issuer, error) {
	i := &Issuer{address: address, now: time.Now}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = newKey(file)
	}
	if err == nil {
		err = json.Unmarshal(text, &i.key)
	}
	if err == nil && (!i.key.Valid() || i.key.IsPublic()) {
		err = errors.New("it is not a private key in PEM format")
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of the local issuer (to get a new one, delete %s): %w", file, err)
	}
	return i, nil
}

func newKey(file string) ([]byte, error) {
	secret, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(jose.JSONWebKey{Key: secret, KeyID: rand.Text(), Algorithm: string(jose.RS256), Use: "sig"})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	return text, os.WriteFile(file, text, 0o600)
}

// Token is the content of a token.
type Token struct {
	Subject  string
	Audience string
	Scope    string        // separated by spaces
	Lifetime time.Duration // from now; negative for an expired token
}

type claims struct {
	jwt.Claims
	Scope    string `json:"scope,omitempty"`
	Scp      any    `json:"scp,omitempty"`
	ClientID string `json:"client_id,omitempty"`
}

// Sign returns a signed token.
func (i *Issuer) Sign(t Token) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: i.key},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now := i.now()
	issued := now
	if t.Lifetime < 0 { // an expired token was issued before it expired
		issued = now.Add(2 * t.Lifetime)
	}
	return jwt.Signed(signer).Claims(claims{Claims: jwt.Claims{
		Issuer: i.address, Subject: t.Subject, Audience: jwt.Audience{t.Audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(issued), NotBefore: jwt.NewNumericDate(issued),
		Expiry: jwt.NewNumericDate(now.Add(t.Lifetime)),
	}, Scope: t.Scope}).Serialize()
}
