// Package journal keeps the state of an emulated AWS service in a file of JSON lines, one for each change. Start with
// [Read] and [Create].
//
// Lines survive a crash of this process, but not a power failure: writes are not synced.
package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Journal is an open file, with lines of one type.
type Journal[L any] struct {
	path   string
	file   *os.File
	lines  int
	failed error // of a write. It may have left half a line, so all later writes fail too.
}

// Read calls apply for each line of a file, in order. If there is no file, there are no lines. An incomplete last line
// is skipped: its writer was never told that it was written.
//
// Errors: one of reading the file; one that names the first line that is not JSON of this type, or is empty.
func Read[L comparable](path string, apply func(L)) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read local data: %w", err)
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	number := 0
	for line := range bytes.Lines(whole) {
		number++
		var l, empty L
		if err := json.Unmarshal(line, &l); err != nil || l == empty {
			return fmt.Errorf("%s: line %d is not an entry of this file: to delete all local data, start with FRESH=1",
				path, number)
		}
		apply(l)
	}
	return nil
}

// Create writes the lines that make up the current state to a new file that replaces the old one, and keeps it open.
// The caller closes it.
func Create[L any](path string, state []L) (*Journal[L], error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	j := &Journal[L]{path: path, file: file}
	for _, line := range state {
		if err := j.Write(line); err != nil {
			_ = file.Close()
			return nil, err
		}
	}
	if err := os.Rename(file.Name(), path); err != nil {
		_ = file.Close()
		return nil, err
	}
	return j, nil
}

// Write appends a line.
func (j *Journal[L]) Write(l L) error {
	if j.failed != nil {
		return j.failed
	}
	line, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		j.failed = fmt.Errorf("write local data: %w", err)
	}
	j.lines++
	return j.failed
}

// Long reports whether most of the lines are about things that are gone, if size things are left. Then the file is
// worth a [Journal.Rewrite].
func (j *Journal[L]) Long(size int) bool { return j.lines >= 1000 && j.lines >= 10*size }

// Rewrite replaces the lines by those that make up the current state.
func (j *Journal[L]) Rewrite(state []L) error {
	again, err := Create(j.path, state)
	if err != nil {
		return err
	}
	err = j.Close()
	*j = *again
	return err
}

// Close closes the file.
func (j *Journal[L]) Close() error { return j.file.Close() }
