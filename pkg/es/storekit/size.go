package storekit

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Size returns the size of a commit as an uncompressed DynamoDB item, in bytes: the UTF-8 of attribute names and
// strings; for a number one byte per two digits, plus one; the bytes of binaries; for a list or map 3, plus 1 per
// element.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func Size(c *es.Commit) int {
	str := func(name, value string) int { return len(name) + len(value) }
	opt := func(name, value string) int {
		if value == "" {
			return 0
		}
		return 1 + str(name, value)
	}
	size := str("stream", c.Stream.String()) + len("version") + numberSize(c.Version) +
		len("count") + numberSize(int64(len(c.Events))) +
		str("id", c.ID) + str("at", es.FormatTime(c.At)) + len("hash") + len(c.Hash)
	if len(c.Prev) > 0 {
		size += len("prev") + len(c.Prev)
	}
	size += len("events") + 3
	types := map[string]bool{}
	for _, e := range c.Events {
		size += 1 + 3 + 3 + str("type", e.Type) + len("schema") + numberSize(int64(e.Schema)) + str("data", string(e.Data))
		types[e.Type] = true
	}
	size += len("types")
	for t := range types {
		size += len(t)
	}
	if meta := metaSize(&c.Meta, opt); meta > 0 {
		size += len("meta") + 3 + meta
	}
	if c.Command.ID != "" {
		size += len("command") + 3 + opt("id", c.Command.ID) + opt("fingerprint", c.Command.Fingerprint)
	}
	if len(c.Siblings) > 0 {
		size += len("siblings") + 3
		for _, s := range c.Siblings {
			size += 1 + 3 + 2 + str("stream", s.Stream.String()) + len("version") + numberSize(s.Version)
		}
	}
	return size
}

func metaSize(m *es.Meta, opt func(name, value string) int) int {
	size := opt("correlationId", m.CorrelationID) + opt("causationId", m.CausationID) + opt("actor", m.Actor) +
		opt("occurredAt", es.FormatTime(m.OccurredAt))
	if len(m.Extra) > 0 {
		size += 1 + len("extra") + 3
		for k, v := range m.Extra {
			size += 1 + len(k) + len(v)
		}
	}
	return size
}

func numberSize(n int64) int { return (len(fmt.Sprint(n))+1)/2 + 1 }

// CheckSize returns an [es.LimitError] if the stored size of a commit exceeds [MaxCommitBytes].
func CheckSize(c *es.Commit, bytes int) error {
	if bytes > MaxCommitBytes {
		return &es.LimitError{Stream: c.Stream, What: "bytes in a commit", Size: bytes, Limit: MaxCommitBytes}
	}
	return nil
}
