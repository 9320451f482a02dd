package stored

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The positions of a segment that no key makes.
const (
	Start = ""
	End   = "end"
)

// Position makes the position in a segment after the item that a store knows by a key.
func Position(index, of int, key string) string {
	b := []byte(fmt.Sprintf("%d/%d ", index, of) + key)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// PositionKey returns the key that a segment's position was made of. The reason says what is wrong with the segment, "" if
// nothing is.
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
		return "", "it is not a position that a scan gave"
	}
	b, sum := b[:len(b)-crc32.Size], b[len(b)-crc32.Size:]
	own, key, ok := strings.Cut(string(b), " ")
	switch {
	case crc32.ChecksumIEEE(b) != binary.BigEndian.Uint32(sum) || !ok:
		return "", "it is not a position that a scan gave, or not the whole of it"
	case own != fmt.Sprintf("%d/%d", index, of):
		return "", "it belongs to segment " + strings.Replace(own, "/", " of ", 1)
	}
	return key, ""
}
