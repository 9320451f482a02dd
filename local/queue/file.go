// Package queue keeps messages that nobody consumes here in files, where they can be read.
package queue

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// File is a queue as a file of JSON lines.
type File struct {
	path string
	mu   sync.Mutex
}

// NewFile makes a queue of that name in dir. The file appears with the first message.
func NewFile(dir, name string) *File { return &File{path: filepath.Join(dir, name+".jsonl")} }

// Path is where the messages are.
func (f *File) Path() string { return f.path }

// Send appends a message, which has to be JSON without line breaks.
func (f *File) Send(_ context.Context, message []byte) error {
	if bytes.ContainsAny(message, "\r\n") {
		return fmt.Errorf("a message of several lines does not go into %s", f.path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(bytes.Clone(message), '\n'))
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
