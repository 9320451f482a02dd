package stored

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The positions of a segment that do not encode a key.
const (
	Start = ""
	End   = "end"
)

// Position returns the position in a segment after the item with this key of the store.
func Position(index, of int, key string) string {
	b := []byte(fmt.Sprintf("%d/%d ", index, of) + key)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// PositionKey returns the key that a position was made from. The reason says why the segment or position is invalid; it
// is "" if they are valid.
func PositionKey(index, of, limit int, after string) (key, reason string) {
	switch {
	case index < 0 || index >= of:
		return "", "the index must be from 0 and below the number of segments"
	case limit < 0:
		return "", fmt.Sprintf("the limit %d is negative", limit)
	case after == Start || after == End:
		return "", ""
	}
	b, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil || len(b) < crc32.Size {
		return "", "the position was not made by a scan"
	}
	b, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	own, key, ok := strings.Cut(string(b), " ")
	switch {
	case crc32.ChecksumIEEE(b) != binary.BigEndian.Uint32(sum) || !ok:
		return "", "the position is damaged or incomplete"
	case own != fmt.Sprintf("%d/%d", index, of):
		return "", "the position belongs to segment " + strings.Replace(own, "/", " of ", 1)
	}
	return key, ""
}
