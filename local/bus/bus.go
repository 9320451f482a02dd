package bus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Bus appends the events that it accepts to a file, one JSON document per line, in the form that a rule's targets get.
// Events survive a crash of this process, but not a power failure: writes are not synced. A full file is renamed and
// replaces the previous renamed one.
type Bus struct {
	Config
	mu     sync.Mutex
	file   *os.File
	size   int64
	failed error // of a write. It may have left half a line, so all later writes fail too.
}

const defaultFull = 64 << 20

// Open opens the bus that is kept in a file, or creates it. The caller closes it.
func Open(file string, c Config) (*Bus, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	c.Full = cmp.Or(c.Full, defaultFull)
	b := &Bus{Config: c}
	return b, b.open(file)
}

func (b *Bus) open(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	b.file, b.size = f, info.Size()
	return nil
}

// setAside renames the full file and starts a new one.
func (b *Bus) setAside() error {
	file := b.file.Name()
	return errors.Join(b.file.Close(), os.Rename(file, file+".before"), b.open(file))
}

// Event is an event in the form that targets get:
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html.
type Event struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// Put appends an event.
func (b *Bus) Put(e Event) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed != nil {
		return b.failed
	}
	if b.size > 0 && b.size+int64(line.Len()) > b.Full {
		b.failed = b.setAside()
	}
	if b.failed == nil {
		_, b.failed = b.file.Write(line.Bytes())
		b.size += int64(line.Len())
	}
	if b.failed != nil {
		b.failed = fmt.Errorf("write a bus: %w", b.failed)
	}
	return b.failed
}

// Close closes its file.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file.Close()
}
