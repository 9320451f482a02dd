package verify

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
)

var (
	// ErrTampered means that a document of anchors is not the document that was signed.
	ErrTampered = errors.New("the document was changed after it was signed, or cut off")
	// ErrUntrusted means that a document of anchors was signed with a key that is not trusted.
	ErrUntrusted = errors.New("the document was signed with a key that is not trusted")
)

// ReadAnchors reads a document of anchors, and returns them only if it is unchanged and signed with one of the trusted
// keys.
//
// Errors: [ErrTampered]; [ErrUntrusted]; an error that names the invalid line of a correctly signed document; the
// reader's.
func ReadAnchors(r io.Reader, trusted ...ed25519.PublicKey) (*Anchors, error) {
	a, err := readAnchors(r, trusted)
	if err != nil {
		return nil, fmt.Errorf("anchors: %w", err)
	}
	return a, nil
}

func readAnchors(r io.Reader, trusted []ed25519.PublicKey) (*Anchors, error) {
	in := bufio.NewReaderSize(r, 64<<10) // fits the longest line, with an escaped stream name of 2 KB
	h := sha256.New()
	var d document
	var malformed error // reported only if the signature is valid
	var last []byte
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull), // too long a line
			errors.Is(err, io.EOF) && len(line) > 0: // no line end
			return nil, ErrTampered
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case err == nil && last == nil:
			last = bytes.Clone(line)
			continue
		case err == nil:
			_, _ = h.Write(last) // never fails
			if malformed == nil {
				malformed = d.line(last)
			}
			last = append(last[:0], line...)
			continue
		}
		break
	}
	if err := checkSignature(last, h.Sum(nil), trusted); err != nil {
		return nil, err
	}
	if malformed == nil && !d.done {
		malformed = errors.New("the totals are missing")
	}
	if malformed != nil {
		return nil, fmt.Errorf("line %d: %w", d.lines, malformed)
	}
	return &d.anchors, nil
}

// checkSignature checks the signature in a document's last line against the digest of the other lines.
func checkSignature(line, digest []byte, trusted []ed25519.PublicKey) error {
	var s signatureLine
	var again bytes.Buffer
	if len(line) == 0 || readLine(line, &s) != nil || writeLine(&again, s) != nil || !bytes.Equal(line, again.Bytes()) {
		return fmt.Errorf("%w: the last line is not a signature", ErrTampered)
	}
	if own := hex.EncodeToString(digest); s.Digest != own {
		return fmt.Errorf("%w: its digest is %s, the signed digest is %s", ErrTampered, own, s.Digest)
	}
	for _, key := range trusted {
		if !bytes.Equal(key, s.Key) {
			continue
		}
		if !ed25519.Verify(key, signed(digest), s.Signature) {
			return fmt.Errorf("%w: the signature does not match the digest", ErrTampered)
		}
		return nil
	}
	return fmt.Errorf("%w: %x", ErrUntrusted, s.Key)
}

// document is the part of a document that was read so far.
type document struct {
	anchors Anchors
	total   totalLine
	lines   int
	done    bool
}

func (d *document) line(b []byte) (err error) {
	d.lines++
	switch {
	case d.lines == 1:
		var head headLine
		if err = readLine(b, &head); err == nil && head.Format != documentFormat {
			err = fmt.Errorf("the format is %q, want %s", head.Format, documentFormat)
		}
		if err == nil {
			d.anchors.At, err = storekit.ParseTime(head.At)
		}
	case d.done:
		err = errors.New("unexpected line after the totals")
	case bytes.HasPrefix(b, []byte(`{"streams"`)):
		d.done = true
		var total totalLine
		if err = readLine(b, &total); err == nil && total != d.total {
			err = fmt.Errorf("the totals say %+v, the lines add up to %+v", total, d.total)
		}
	default:
		var a Anchor
		if a, err = readAnchor(b); err == nil {
			err = d.add(a)
		}
	}
	return err
}

func (d *document) add(a Anchor) error {
	if n := len(d.anchors.Heads); n > 0 && strings.Compare(d.anchors.Heads[n-1].Stream.String(), a.Stream.String()) >= 0 {
		return errors.New("the streams are not sorted by name")
	}
	d.anchors.Heads = append(d.anchors.Heads, a)
	d.total.Streams++
	d.total.Commits += a.Commits
	d.total.Events += a.Version
	return nil
}

func readAnchor(b []byte) (a Anchor, err error) {
	var line anchorLine
	if err = readLine(b, &line); err != nil {
		return a, err
	}
	a = Anchor{Version: line.Version, Commits: line.Commits}
	if a.Stream, err = es.ParseStreamID(line.Stream); err != nil {
		return a, err
	}
	if a.At, err = storekit.ParseTime(line.At); err != nil {
		return a, err
	}
	if a.Hash, err = hex.DecodeString(line.Hash); err != nil {
		return a, err
	}
	if a.Version < 1 || len(a.Hash) != sha256.Size {
		return a, errors.New("want a version from 1 and a SHA-256 hash")
	}
	return a, nil
}
