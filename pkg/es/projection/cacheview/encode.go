package cacheview

import (
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

// A document is stored as lines: what saves depend on, with the flags; the rest of the checkpoint; the state.

// rest is the rest of a checkpoint.
type rest struct {
	Hash     []byte            `json:"hash,omitempty"`
	At       *int64            `json:"at,omitempty"` // in microseconds
	Owner    string            `json:"owner,omitempty"`
	Behind   bool              `json:"behind,omitempty"`
	Rises    []projection.Rise `json:"rises,omitempty"`
	Appended int64             `json:"appended,omitempty"`
}

// condition is the part of a checkpoint that a save depends on. A document begins with it.
func condition(cp projection.Checkpoint) string {
	return fmt.Sprintf("%d %d %d ", cp.Version, cp.RowsWritten, cp.Epoch())
}

// document is how a checkpoint is stored, but for its places in lists and the reason for parking.
func document(cp projection.Checkpoint, flags string) ([]byte, error) {
	more := rest{Hash: cp.Hash, Owner: cp.Owner, Behind: cp.Behind, Rises: cp.Rises, Appended: cp.Appended}
	if !cp.At.IsZero() {
		at := cp.At.UnixMicro()
		more.At = &at
	}
	line, err := json.Marshal(more)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s%s\n%s\n%s", condition(cp), flags, line, cp.State), nil
}

var errMalformed = errors.New("the stored value is malformed")

// readDocument reads a document. flags say what else is stored about it.
func readDocument(stored string) (cp projection.Checkpoint, flags string, err error) {
	head, tail, _ := strings.Cut(stored, "\n")
	line, state, _ := strings.Cut(tail, "\n")
	parts := strings.Split(head, " ")
	if len(parts) != 4 {
		return cp, "", errMalformed
	}
	var more rest
	if err := json.Unmarshal([]byte(line), &more); err != nil {
		return cp, "", err
	}
	cp = projection.Checkpoint{
		Hash: more.Hash, Owner: more.Owner, Behind: more.Behind, Rises: more.Rises, Appended: more.Appended,
	}
	if more.At != nil {
		cp.At = time.UnixMicro(*more.At).UTC()
	}
	if state != "" {
		cp.State = json.RawMessage(state)
	}
	var err1, err2 error
	cp.Version, err1 = strconv.ParseInt(parts[0], 10, 64)
	cp.RowsWritten, err2 = strconv.Atoi(parts[1])
	return cp, parts[3], errors.Join(err1, err2)
}

// readParked reads a reason for parking.
func readParked(stored string) (p projection.ParkedStream, err error) {
	seen, why, _ := strings.Cut(stored, " ")
	err1 := json.Unmarshal([]byte(why), &p.Parked)
	p.Seen, err = strconv.ParseInt(seen, 10, 64)
	return p, errors.Join(err1, err)
}

// A place is a member of a sorted set, in which bytes order members: the partition with its length, so that no partition
// begins with another; the sort key, in which NUL is replaced by NUL and 1; two NULs; the stream, if it is a
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
