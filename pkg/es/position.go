package es

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// Position is a place between two pages of a segment: an opaque text, to be kept and given back as it is.
type Position string

const (
	// Start is before a segment's first page.
	Start Position = ""
	// End is after a segment's last page: a scan from there yields nothing.
	End Position = "end"
)

// SegmentError says that there is no such segment, or no such position in it. Nothing was read.
type SegmentError struct {
	Segment Segment
	Reason  string
}

func (e *SegmentError) Error() string {
	s := fmt.Sprintf("scan segment %d of %d", e.Segment.Index, e.Segment.Of)
	if e.Segment.After != Start {
		s += fmt.Sprintf(" after position %q", abbreviate(string(e.Segment.After)))
	}
	return s + ": " + e.Reason
}

// At makes the position after the item that the store knows by a key, any text. It is for implementations of [Scanner].
func (s Segment) At(key string) Position {
	b := []byte(fmt.Sprintf("%d/%d ", s.Index, s.Of) + key)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return Position(base64.RawURLEncoding.EncodeToString(b))
}

// Key returns the key that the segment's position was made of, "" at the start. It is for implementations of [Scanner],
// which need not look at a segment whose position is End.
//
// Errors: [SegmentError], also where the position was made for another segment, or is damaged.
func (s Segment) Key() (string, error) {
	fail := func(format string, args ...any) (string, error) {
		return "", &SegmentError{Segment: s, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case s.Index < 0 || s.Index >= s.Of:
		return fail("the index must be from 0 and below the number of segments")
	case s.Limit < 0:
		return fail("the limit %d is negative", s.Limit)
	case s.After == Start || s.After == End:
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(string(s.After))
	if err != nil || len(b) < crc32.Size {
		return fail("it is not a position that a scan gave")
	}
	b, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	own, key, ok := strings.Cut(string(b), " ")
	switch {
	case crc32.ChecksumIEEE(b) != binary.BigEndian.Uint32(sum) || !ok:
		return fail("it is not a position that a scan gave, or not the whole of it")
	case own != fmt.Sprintf("%d/%d", s.Index, s.Of):
		return fail("it belongs to segment %s", strings.Replace(own, "/", " of ", 1))
	}
	return key, nil
}
