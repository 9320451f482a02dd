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

// ErrCut says that an archive has no end: it was cut off, or its export was interrupted.
var ErrCut = errors.New("it has no end: it was cut off, or its export was interrupted")

// LineError says what is wrong with a line of an archive.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Read yields the commits of an archive, and checks them: each has the hash of what it says, and follows the one before it in
// its stream; all are there, and the end has their digest. It keeps some 200 bytes for each stream.
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

// reading is an archive that is read.
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

// next is the next commit. io.EOF: the end was there, and is right.
func (a *reading) next() (es.Commit, error) {
	text, err := a.line()
	if err != nil {
		return es.Commit{}, err
	}
	if a.lines == 1 {
		var h headLine
		if err := strict(text, &h); err != nil || h.Format != Format {
			return es.Commit{}, a.fail("want {\"format\":%q}: it is no archive", Format)
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

// follow checks a commit by itself and against the one before it.
func (a *reading) follow(c *es.Commit) error {
	at, there := a.heads[c.Stream]
	if !there {
		at.next = 1
	}
	switch {
	case len(c.Events) == 0:
		return a.fail("%s@%d has no events", c.Stream, c.Version)
	case !bytes.Equal(c.ComputeHash(), c.Hash):
		return a.fail("%s@%d was changed: its hash is not its own", c.Stream, c.Version)
	case c.Version != at.next || string(c.Prev) != at.hash:
		return a.fail("%s@%d does not follow the commit before it, which ends at version %d", c.Stream, c.Version, at.next-1)
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
		return a.fail("the end says %d commits, %d events, digest %s; there are %d, %d, %s: something was changed or left out",
			end.Commits, end.Events, end.Digest, a.end.Commits, a.end.Events, a.end.Digest)
	}
	if _, err := a.in.Peek(1); !errors.Is(err, io.EOF) {
		return a.fail("there is something after the end")
	}
	return io.EOF
}

// strict reads a line that must be all of v and nothing more.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(text)-1) {
		return errors.New("there is something after it on its line")
	}
	return nil
}
