// Package seal makes texts that callers hold and give back, and can neither read nor change: cursors of lists.
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

// ErrBroken says that a text was not sealed for this purpose with this key, or was changed.
var ErrBroken = errors.New("the seal is broken")

// Key makes seals.
type Key struct{ secret []byte }

// NewKey returns the key with a secret.
//
// Errors: one that is shorter than 32 bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) < minKey {
		return Key{}, fmt.Errorf("the key of seals has %d bytes, and needs %d: set %s", len(secret), minKey, KeyEnv)
	}
	return Key{secret}, nil
}

// Purpose is what texts are sealed for. What was sealed for one opens for no other.
type Purpose struct{ aead cipher.AEAD }

// For returns the purpose that the parts name, in their order. Each has an AES-256 key of its own, so that random nonces are
// far from meeting each other, however many texts a key seals for all.
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
	return base64.RawURLEncoding.EncodeToString(p.aead.Seal(nil, nil, []byte(text), nil)) //nolint:gosec // it makes a random nonce itself
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
