package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/annals-es/annals/pkg/es"
)

// ErrCut means that an archive has no last line.
var ErrCut = errors.New("the archive has no end: it was cut off, or its export was interrupted")

// LineError is an error in one line of an archive.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Read yields the commits of an archive and checks them: each must match its hash and follow the one before it in its
// stream, none may be missing, and the digest in the last line must match. It needs about 200 bytes of memory per
// stream.
//
// Errors: [LineError]; [ErrCut]; the reader's.
func Read(r io.Reader) iter.Seq2[es.Commit, error] {
	return func(yield func(es.Commit, error) bool) {
		a := reading{in: bufio.NewReaderSize(r, 1<<20), digest: sha256.New(), heads: map[es.StreamID]head{}}
		for {
			c, err := a.next()
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(es.Commit{}, err)
				return
			case !yield(c, nil):
				return
			}
		}
	}
}

type head struct {
	next int64
	hash string
}

// reading is an archive in the course of being read.
type reading struct {
	in     *bufio.Reader
	digest hash.Hash
	heads  map[es.StreamID]head
	end    endLine
	lines  int
}

func (a *reading) fail(format string, args ...any) error {
	return &LineError{a.lines, fmt.Errorf(format, args...)}
}

// next returns the next commit. It returns io.EOF after a valid last line.
func (a *reading) next() (es.Commit, error) {
	text, err := a.line()
	if err != nil {
		return es.Commit{}, err
	}
	if a.lines == 1 {
		var h headLine
		if err := strict(text, &h); err != nil || h.Format != Format {
			return es.Commit{}, a.fail("not an archive: want {\"format\":%q}", Format)
		}
		a.digest.Write(text)
		return a.next()
	}
	if bytes.HasPrefix(text, []byte(`{"commits":`)) {
		return es.Commit{}, a.finish(text)
	}
	a.digest.Write(text)
	var l commitLine
	if err := strict(text, &l); err != nil {
		return es.Commit{}, a.fail("%w", err)
	}
	c, err := l.commit()
	if err != nil {
		return c, a.fail("%w", err)
	}
	return c, a.follow(&c)
}

func (a *reading) line() ([]byte, error) {
	text, err := a.in.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return nil, ErrCut
	}
	a.lines++
	return text, err
}

// follow checks a commit's hash and that it follows the one before it.
func (a *reading) follow(c *es.Commit) error {
	at, there := a.heads[c.Stream]
	if !there {
		at.next = 1
	}
	switch {
	case len(c.Events) == 0:
		return a.fail("%s@%d has no events", c.Stream, c.Version)
	case !bytes.Equal(c.ComputeHash(), c.Hash):
		return a.fail("%s@%d was changed: its hash does not match its contents", c.Stream, c.Version)
	case c.Version != at.next || string(c.Prev) != at.hash:
		return a.fail("%s@%d does not follow the previous commit, which ends at version %d",
			c.Stream, c.Version, at.next-1)
	}
	a.heads[c.Stream] = head{c.LastVersion() + 1, string(c.Hash)}
	a.end.Commits++
	a.end.Events += int64(len(c.Events))
	return nil
}

// finish checks the last line.
func (a *reading) finish(text []byte) error {
	var end endLine
	if err := strict(text, &end); err != nil {
		return a.fail("%w", err)
	}
	if a.end.Digest = hex.EncodeToString(a.digest.Sum(nil)); end != a.end {
		return a.fail("the last line says %d commits, %d events, digest %s; "+
			"the archive has %d, %d, %s: it was changed or is incomplete",
			end.Commits, end.Events, end.Digest, a.end.Commits, a.end.Events, a.end.Digest)
	}
	if _, err := a.in.Peek(1); !errors.Is(err, io.EOF) {
		return a.fail("unexpected text after the last line")
	}
	return io.EOF
}

// strict decodes a line that must consist of exactly one JSON value, without unknown fields.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(text)-1) {
		return errors.New("unexpected text after the JSON value")
	}
	return nil
}
