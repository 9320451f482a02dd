package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/annals-es/annals/pkg/es"
)

// Writer writes an archive. Make one with [NewWriter].
type Writer struct {
	w       io.Writer
	digest  hash.Hash
	end     endLine
	started bool
}

// NewWriter returns a writer of an archive to w.
func NewWriter(w io.Writer) *Writer {
	digest := sha256.New()
	return &Writer{w: io.MultiWriter(w, digest), digest: digest}
}

// Add adds a commit. Add the commits of a stream in order.
func (w *Writer) Add(c *es.Commit) error {
	if err := w.start(); err != nil {
		return err
	}
	w.end.Commits++
	w.end.Events += int64(len(c.Events))
	return w.line(newLine(c))
}

// Close writes the last line, without which the archive is invalid. It does not close the underlying writer.
func (w *Writer) Close() error {
	if err := w.start(); err != nil {
		return err
	}
	w.end.Digest = hex.EncodeToString(w.digest.Sum(nil))
	return w.line(w.end)
}

func (w *Writer) start() error {
	if w.started {
		return nil
	}
	w.started = true
	return w.line(headLine{Format})
}

func (w *Writer) line(v any) error {
	text, err := encodeLine(v)
	if err == nil {
		_, err = w.w.Write(text)
	}
	return err
}
