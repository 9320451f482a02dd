// Package stored holds what packages es and storekit share without exporting it: making heads, and stored formats.
package stored

import (
	"crypto/sha256"
	"time"
)

// Seal identifies the store that made a head.
type Seal struct {
	_ byte // not empty: pointers to two seals must differ
}

// Package es sets these functions. NewHead makes an es.Head for an es.StreamID, SealOf returns the seal of an es.Head.
var (
	NewHead func(seal *Seal, stream any, version int64, hash []byte, at time.Time) any
	SealOf  func(head any) *Seal
)

// TimeFormat is the layout of stored times.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// MaxStreamBytes is the maximum length of a stream's name in bytes of UTF-8.
const MaxStreamBytes = 2048

// CommandsPerBlock is the number of commands at which a snapshot moves its commands to a block.
const CommandsPerBlock = 256

// CommandDigest returns the first 16 bytes of the SHA-256 of a command's id.
func CommandDigest(id string) (digest [16]byte) {
	sum := sha256.Sum256([]byte(id))
	copy(digest[:], sum[:])
	return digest
}

// Abbreviate cuts a long text to what fits in an error message.
func Abbreviate(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
