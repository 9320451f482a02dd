package storekit

import (
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// MaxStreamBytes is the longest name of a stream, 2,048 bytes of UTF-8: what DynamoDB allows in a partition key.
const MaxStreamBytes = stored.MaxStreamBytes

// TimeFormat is how instants are stored, "2006-01-02T15:04:05.000000Z": RFC 3339 in UTC with exactly six digits of a second,
// so that they sort as text. [es.FormatTime] writes it.
const TimeFormat = stored.TimeFormat

// ParseTime reads a stored instant, the zero time from an empty text.
//
// Errors: [time.ParseError].
func ParseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(TimeFormat, s)
}

// CommandDigest is the first 16 bytes of the SHA-256 of a command's id. Ids may be long, and a stream may hold many.
func CommandDigest(id string) (digest [16]byte) { return stored.CommandDigest(id) }

// CommandsPerBlock is how many commands, 256, a snapshot carries itself before it leaves them to an [es.CommandBlock].
const CommandsPerBlock = stored.CommandsPerBlock
