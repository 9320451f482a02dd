// Package identity stands for who says who callers are: an OpenID issuer with a key of its own, and the JWT authorizer of an HTTP
// API, which checks its tokens as API Gateway does.
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

// Issuer gives out tokens.
type Issuer struct {
	address string
	key     jose.JSONWebKey
	now     func() time.Time
}

// Open returns the issuer at an address, whose key is kept in a file, and made where there is none.
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
		err = errors.New("it is no private key")
	}
	if err != nil {
		return nil, fmt.Errorf("the key of the local issuer (delete %s for a new one): %w", file, err)
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

// Token is what a token says.
type Token struct {
	Subject  string
	Audience string
	Scope    string        // separated by spaces
	Lifetime time.Duration // from now; may be over
}

type claims struct {
	jwt.Claims
	Scope    string `json:"scope,omitempty"`
	Scp      any    `json:"scp,omitempty"`
	ClientID string `json:"client_id,omitempty"`
}

// Sign gives out a token.
func (i *Issuer) Sign(t Token) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: i.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now := i.now()
	issued := now
	if t.Lifetime < 0 { // it was good once
		issued = now.Add(2 * t.Lifetime)
	}
	return jwt.Signed(signer).Claims(claims{Claims: jwt.Claims{
		Issuer: i.address, Subject: t.Subject, Audience: jwt.Audience{t.Audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(issued), NotBefore: jwt.NewNumericDate(issued), Expiry: jwt.NewNumericDate(now.Add(t.Lifetime)),
	}, Scope: t.Scope}).Serialize()
}
