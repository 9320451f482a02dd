package cacheview

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// A document is stored as three lines: what saves depend on, with the flags; the rest of the checkpoint; the state. The
// rest is, with spaces between: the hash in base64, when it was applied in microseconds, "b" if it is behind, how many
// rows are appended, the rises such as "1:1,7:2", and the owner, quoted. What is empty is left out.

// condition is the part of a checkpoint that a save depends on. A document begins with it.
func condition(cp projection.Checkpoint) string {
	b := append(strconv.AppendInt(make([]byte, 0, 32), cp.Version, 10), ' ')
	b = append(strconv.AppendInt(b, int64(cp.RowsWritten), 10), ' ')
	return string(append(strconv.AppendInt(b, int64(cp.Epoch()), 10), ' '))
}

// document is how a checkpoint is stored, but for its places in lists and the reason for parking.
func document(cp projection.Checkpoint, flags string) []byte {
	b := make([]byte, 0, len(cp.State)+len(cp.Owner)+len(cp.Hash)*2+20*len(cp.Rises)+100)
	b = append(append(append(b, condition(cp)...), flags...), '\n')
	b = append(base64.RawStdEncoding.AppendEncode(b, cp.Hash), ' ')
	if !cp.At.IsZero() {
		b = strconv.AppendInt(b, cp.At.UnixMicro(), 10)
	}
	b = append(b, ' ')
	if cp.Behind {
		b = append(b, 'b')
	}
	b = append(strconv.AppendInt(append(b, ' '), cp.Appended, 10), ' ')
	for i, r := range cp.Rises {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(b, r.From, 10), ':')
		b = strconv.AppendInt(b, int64(r.Epoch), 10)
	}
	b = append(strconv.AppendQuote(append(b, ' '), cp.Owner), '\n')
	return append(b, cp.State...)
}

var errMalformed = errors.New("the stored value is malformed")

// readDocument reads a document. flags say what else is stored about it.
func readDocument(stored string) (cp projection.Checkpoint, flags string, err error) {
	head, tail, _ := strings.Cut(stored, "\n")
	line, state, _ := strings.Cut(tail, "\n")
	parts := append(strings.Split(head, " "), strings.SplitN(line, " ", 6)...)
	if len(parts) != 10 || strings.Trim(parts[3], "p01") != "" {
		return cp, "", errMalformed
	}
	var errs [6]error
	cp.Version, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	cp.RowsWritten, errs[1] = strconv.Atoi(parts[1])
	if parts[4] != "" {
		cp.Hash, errs[2] = base64.RawStdEncoding.DecodeString(parts[4])
	}
	if parts[5] != "" {
		var at int64
		at, errs[3] = strconv.ParseInt(parts[5], 10, 64)
		cp.At = time.UnixMicro(at).UTC()
	}
	cp.Behind = parts[6] != ""
	cp.Appended, errs[4] = strconv.ParseInt(parts[7], 10, 64)
	cp.Owner, errs[5] = strconv.Unquote(parts[9])
	if state != "" {
		cp.State = json.RawMessage(state)
	}
	cp.Rises, err = readRises(parts[8])
	return cp, parts[3], cmp.Or(err, errors.Join(errs[:]...))
}

func readRises(stored string) (rises []projection.Rise, err error) {
	if stored == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(stored, ",") {
		from, epoch, _ := strings.Cut(one, ":")
		var r projection.Rise
		var err1, err2 error
		r.From, err1 = strconv.ParseInt(from, 10, 64)
		r.Epoch, err2 = strconv.Atoi(epoch)
		if err := cmp.Or(err1, err2); err != nil {
			return nil, err
		}
		rises = append(rises, r)
	}
	return rises, nil
}

// readParked reads a reason for parking.
func readParked(stored string) (p projection.ParkedStream, err error) {
	seen, why, _ := strings.Cut(stored, " ")
	err1 := json.Unmarshal([]byte(why), &p.Parked)
	p.Seen, err = strconv.ParseInt(seen, 10, 64)
	return p, errors.Join(err1, err)
}

// A place is a member of a sorted set, in which bytes order members: the partition with its length, so that no
// partition begins with another; the sort key, in which NUL is replaced by NUL and 1; two NULs; the stream, if it is a
// document's.
const (
	endOfSort = "\x00\x00"
	afterSort = "\x00\x01" // all longer sort keys, but not those that equal it, are greater
)

func escaped(sort string) string { return strings.ReplaceAll(sort, "\x00", "\x00\x01") }

// partition is what the places of a partition begin with.
func partition(name string) string { return fmt.Sprintf("%d:%s:", len(name), name) }

func place(key projection.Key, stream string) string {
	return partition(key.Partition) + escaped(key.Sort) + endOfSort + stream
}

// readPlace reads a place.
func readPlace(stored string) (key projection.Key, stream string, err error) {
	var tail string
	if key.Partition, tail, err = readText(stored); err != nil {
		return key, "", err
	}
	sort, stream, ended := strings.Cut(strings.TrimPrefix(tail, ":"), endOfSort)
	if !ended {
		return key, "", errMalformed
	}
	key.Sort = strings.ReplaceAll(sort, "\x00\x01", "\x00")
	return key, stream, nil
}

// readText reads a text that begins with its length.
func readText(stored string) (text, tail string, err error) {
	size, tail, _ := strings.Cut(stored, ":")
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || n > len(tail) {
		return "", "", errMalformed
	}
	return tail[:n], tail[n:], nil
}

// readSlot reads the place of a document in a list, and the row there.
func readSlot(stored string) (slot projection.Slot, stream es.StreamID, err error) {
	at, row, err := readText(stored)
	if err != nil {
		return slot, stream, err
	}
	key, name, err := readPlace(at)
	if err != nil {
		return slot, stream, err
	}
	slot.Key = key
	if row != "" {
		slot.Row = json.RawMessage(row)
	}
	stream, err = es.ParseStreamID(name)
	return slot, stream, err
}

// readCounters reads a row of counters: names and numbers in turn.
func readCounters(stored string) (projection.Row, error) {
	row := projection.Row{Counters: map[string]projection.Number{}}
	for stored != "" {
		name, tail, err := readText(stored)
		if err != nil {
			return row, err
		}
		var number string
		if number, stored, err = readText(tail); err != nil {
			return row, err
		}
		if row.Counters[name], err = projection.Decimal(number); err != nil {
			return row, err
		}
	}
	return row, nil
}

// listed reports whether a document is in a list.
func listed(cp projection.Checkpoint, list int) bool {
	return list < len(cp.Slots) && !viewkit.IsEmpty(cp.Slots[list])
}
