package verify

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/annals-es/annals/pkg/es"
)

// documentFormat is the name of the format, in the document's first line and in the signed text.
const documentFormat = "annals.anchors.v1"

// The lines of a document.
type (
	headLine struct {
		Format string `json:"format"`
		At     string `json:"at"`
	}
	anchorLine struct {
		Stream  string `json:"stream"`
		Version int64  `json:"version"`
		Hash    string `json:"hash"`
		At      string `json:"at"`
		Commits int64  `json:"commits"`
	}
	totalLine struct {
		Streams int64 `json:"streams"`
		Commits int64 `json:"commits"`
		Events  int64 `json:"events"`
	}
	signatureLine struct {
		Digest    string `json:"digest"`
		Key       []byte `json:"key"`
		Signature []byte `json:"signature"`
	}
)

// Write writes the anchors as a document and signs it with Ed25519. The same anchors, signed with the same key, give
// the same document byte for byte. Write returns the document's digest.
//
// The document is NDJSON: {"format":"annals.anchors.v1","at"}; a line per stream, sorted by name, {"stream","version",
// "hash","at","commits"}; the totals {"streams","commits","events"}; and {"digest","key","signature"}. Hashes are
// hexadecimal, key and signature base64, times as in [storekit.TimeFormat]. The digest is the SHA-256 of all lines but
// the last, with their line ends. The signed text is "annals.anchors.v1 " followed by the digest in hexadecimal.
//
// Errors: an error if the key is not an Ed25519 key; the signer's; the writer's.
func (a *Anchors) Write(w io.Writer, signer crypto.Signer) (digest []byte, err error) {
	key, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("anchors: the key is %T, want Ed25519", signer.Public())
	}
	h := sha256.New()
	line := func(w io.Writer, v any) {
		if err == nil {
			err = writeLine(w, v)
		}
	}
	both := io.MultiWriter(w, h)
	line(both, headLine{Format: documentFormat, At: es.FormatTime(a.At)})
	total := totalLine{Streams: int64(len(a.Heads))}
	for _, one := range a.Heads {
		line(both, anchorLine{
			Stream: one.Stream.String(), Version: one.Version, Hash: hex.EncodeToString(one.Hash),
			At: es.FormatTime(one.At), Commits: one.Commits,
		})
		total.Commits += one.Commits
		total.Events += one.Version
	}
	line(both, total)
	if err != nil {
		return nil, fmt.Errorf("anchors: %w", err)
	}
	digest = h.Sum(nil)
	signature, err := signer.Sign(rand.Reader, signed(digest), crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("anchors: sign: %w", err)
	}
	line(w, signatureLine{Digest: hex.EncodeToString(digest), Key: key, Signature: signature})
	if err != nil {
		return nil, fmt.Errorf("anchors: %w", err)
	}
	return digest, nil
}

func signed(digest []byte) []byte { return fmt.Appendf(nil, "%s %x", documentFormat, digest) }

func writeLine(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// readLine decodes a line that must consist of exactly one JSON value, without unknown fields.
func readLine(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(b)-1) || b[len(b)-1] != '\n' {
		return errors.New("unexpected text after the JSON value")
	}
	return nil
}
