package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// entry is a line of a queue's file: what happened to one message.
type entry struct {
	Sent     *Message  `json:"sent,omitempty"`
	Received string    `json:"received,omitempty"` // its id
	At       time.Time `json:"at,omitzero"`        // when it was received
	Deleted  string    `json:"deleted,omitempty"`  // its id
}

// journal is the file of a queue while it is open. Entries survive a crash of this process, but not a power failure:
// writes are not synced.
type journal struct {
	path   string
	file   *os.File
	lines  int
	failed error // of a write. It may have left half a line, so all later writes fail too.
}

// readJournal returns the messages in a file, in order of arrival. If there is no file, it returns none.
func readJournal(path string) ([]*Message, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a queue: %w", err)
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1] // an incomplete last line was never confirmed to its sender
	var messages []*Message
	number := 0
	for line := range bytes.Lines(whole) {
		number++
		var e entry
		if err := json.Unmarshal(line, &e); err != nil || e == (entry{}) {
			return nil, fmt.Errorf("%s: line %d is not an entry of a queue: to delete all local data, start with FRESH=1",
				path, number)
		}
		messages = e.apply(messages)
	}
	return messages, nil
}

func (e entry) apply(messages []*Message) []*Message {
	without := func(id string) []*Message {
		return slices.DeleteFunc(messages, func(m *Message) bool { return m.ID == id })
	}
	switch {
	case e.Sent != nil:
		return append(without(e.Sent.ID), e.Sent)
	case e.Deleted != "":
		return without(e.Deleted)
	}
	for _, m := range messages {
		if m.ID == e.Received {
			m.receive(e.At)
		}
	}
	return messages
}

// openJournal writes the messages to a new file that replaces the old one, and keeps it open.
func openJournal(path string, messages []*Message) (*journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	j := &journal{path: path, file: file}
	for _, m := range messages {
		if err := j.write(entry{Sent: m}); err != nil {
			return nil, err
		}
	}
	return j, os.Rename(file.Name(), path)
}

func (j *journal) write(e entry) error {
	if j.failed != nil {
		return j.failed
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		j.failed = fmt.Errorf("write a queue: %w", err)
	}
	j.lines++
	return j.failed
}

// compact rewrites the file if most of its entries are about deleted messages.
func (j *journal) compact(messages []*Message) error {
	if j.lines < 1000 || j.lines < 10*len(messages) {
		return nil
	}
	compacted, err := openJournal(j.path, messages)
	if err != nil {
		return err
	}
	err = j.close()
	*j = *compacted
	return err
}

func (j *journal) close() error { return j.file.Close() }
