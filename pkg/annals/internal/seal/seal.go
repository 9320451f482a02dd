// Package seal makes texts that callers keep and send back, but can't read or change: cursors of lists. Start with
// [NewKey].
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// KeyEnv is the environment variable that holds the key.
const KeyEnv = "CURSOR_KEY"

// minKey is the shortest key, in bytes.
const minKey = 32

// ErrBroken means that a text was changed, or was sealed for another purpose or with another key.
var ErrBroken = errors.New("invalid seal: the text was changed, or sealed with another key")

// Key makes seals.
type Key struct{ secret []byte }

// NewKey returns the key for a secret.
//
// Errors: one if the secret has fewer than 32 bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) < minKey {
		return Key{}, fmt.Errorf("the key for cursors has %d bytes, needs at least %d: set %s", len(secret), minKey, KeyEnv)
	}
	return Key{secret}, nil
}

// Purpose is what texts are sealed for. A text opens only for the purpose that it was sealed for.
type Purpose struct{ aead cipher.AEAD }

// For returns the purpose that the parts name, in their order. Each purpose has an AES-256 key of its own, so that
// random nonces practically never repeat, however many texts a key seals in total.
func (k Key) For(parts ...string) (Purpose, error) {
	derive := hmac.New(sha256.New, k.secret)
	for _, part := range parts {
		derive.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		derive.Write([]byte(part))
	}
	block, err := aes.NewCipher(derive.Sum(nil))
	if err != nil {
		return Purpose{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Purpose{aead}, err
}

// Seal seals a text, as base64url without padding.
func (p Purpose) Seal(text string) string {
	sealed := p.aead.Seal(nil, nil, []byte(text), nil) //nolint:gosec // it makes a random nonce itself
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Open returns the text that was sealed.
//
// Errors: [ErrBroken].
func (p Purpose) Open(sealed string) (string, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return "", ErrBroken
	}
	text, err := p.aead.Open(nil, nil, raw, nil)
	if err != nil {
		return "", ErrBroken
	}
	return string(text), nil
}
