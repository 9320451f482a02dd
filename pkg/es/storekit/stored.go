package storekit

import (
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// MaxStreamBytes is the maximum length of a stream's name: 2,048 bytes of UTF-8, DynamoDB's limit for a partition key.
const MaxStreamBytes = stored.MaxStreamBytes

// TimeFormat is the layout of stored times, "2006-01-02T15:04:05.000000Z": RFC 3339 in UTC with exactly six fractional
// digits, so that times sort as text. [es.FormatTime] writes it.
const TimeFormat = stored.TimeFormat

// ParseTime parses a stored time. An empty text becomes the zero time.
//
// Errors: [time.ParseError].
func ParseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(TimeFormat, s)
}

// CommandDigest returns the first 16 bytes of the SHA-256 of a command's id. It saves space: ids may be long, and a
// stream may hold many.
func CommandDigest(id string) (digest [16]byte) { return stored.CommandDigest(id) }

// CommandsPerBlock is the number of commands, 256, at which a snapshot moves its commands to an [es.CommandBlock].
const CommandsPerBlock = stored.CommandsPerBlock
