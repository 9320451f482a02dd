// Package stored holds what package es shares with package storekit alone: how heads are made and how things are stored.
package stored

import (
	"crypto/sha256"
	"time"
)

// Seal marks the heads that one store made.
type Seal struct {
	_ byte // not empty: two seals must differ
}

// Package es sets these. They make an es.Head for an es.StreamID, and tell which seal an es.Head has.
var (
	NewHead func(seal *Seal, stream any, version int64, hash []byte, at time.Time) any
	SealOf  func(head any) *Seal
)

// TimeFormat is how instants are stored.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// MaxStreamBytes is the longest name of a stream, as UTF-8.
const MaxStreamBytes = 2048

// CommandsPerBlock is how many commands a snapshot carries itself before it leaves them to a block.
const CommandsPerBlock = 256

// CommandDigest is the first 16 bytes of the SHA-256 of a command's id.
func CommandDigest(id string) (digest [16]byte) {
	sum := sha256.Sum256([]byte(id))
	copy(digest[:], sum[:])
	return digest
}

// Abbreviate cuts a text that may be long down to what fits in an error.
func Abbreviate(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
