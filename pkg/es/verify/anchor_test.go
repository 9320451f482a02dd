package verify_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/verify"
)

var (
	signer  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	trusted = signer.Public().(ed25519.PublicKey)
)

// odd are streams with unusual names.
var odd = []es.StreamID{
	{Type: "Account", ID: "acc-1"}, {Type: "Order", ID: "größe \"#1\"\n"}, {Type: "Order", ID: "<&>\u2028\x00🙂"},
	{Type: "Order", ID: strings.Repeat("\x01", storekit.MaxStreamBytes-len("Order#"))},
}

// exported returns the anchors of a small store of four streams, and their document.
func exported(t *testing.T, streams ...es.StreamID) (*verify.Anchors, []byte) {
	t.Helper()
	store := memstore.New()
	w := newWriter(store)
	for i, s := range slices.Concat(streams, streams[1:2], streams[3:]) {
		if err := w.append(t.Context(), i+1, s); err != nil {
			t.Fatal(err)
		}
	}
	r, err := verify.Store(t.Context(), store, verify.Config{Heads: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Anchors(now)
	if err != nil {
		t.Fatal(err)
	}
	var doc bytes.Buffer
	digest, err := a.Write(&doc, signer)
	if err != nil || len(digest) != sha256.Size {
		t.Fatalf("write the anchors: digest %x, %v", digest, err)
	}
	return a, doc.Bytes()
}

func TestAnchorsComeBack(t *testing.T) {
	t.Parallel()
	a, doc := exported(t, odd...)
	other, _, _ := ed25519.GenerateKey(rand.Reader)
	got, err := verify.ReadAnchors(bytes.NewReader(doc), other, trusted)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("anchors (-written +read):\n%s", diff)
	}
	var again bytes.Buffer
	if _, err := got.Write(&again, signer); err != nil || !bytes.Equal(doc, again.Bytes()) {
		t.Errorf("%v: the same anchors give another document:\n%s%s", err, doc, again.Bytes())
	}
	lines := strings.SplitAfter(string(doc), "\n")
	if want := `{"streams":4,"commits":6,"events":21}` + "\n"; len(lines) != 8 || lines[5] != want {
		t.Errorf("%d lines, the totals are %swant %s", len(lines), lines[5], want)
	}
}

func TestAnchorsOfNothing(t *testing.T) {
	t.Parallel()
	var doc bytes.Buffer
	if _, err := (&verify.Anchors{At: now}).Write(&doc, signer); err != nil {
		t.Fatal(err)
	}
	if got, err := verify.ReadAnchors(&doc, trusted); err != nil || len(got.Heads) != 0 || !got.At.Equal(now) {
		t.Errorf("read anchors without heads: %+v, %v", got, err)
	}
}

// TestAnchorsTampered: a document with a changed byte, changed lines, or cut off anywhere, is refused.
func TestAnchorsTampered(t *testing.T) {
	t.Parallel()
	_, doc := exported(t, account(1), account(2), odd[1], odd[2])
	refused := func(what string, doc []byte) {
		t.Helper()
		a, err := verify.ReadAnchors(bytes.NewReader(doc), trusted)
		if a != nil || !errors.Is(err, verify.ErrTampered) && !errors.Is(err, verify.ErrUntrusted) {
			t.Errorf("read anchors with %s: %v, want ErrTampered or ErrUntrusted", what, err)
		}
	}
	for i := range doc {
		for _, bits := range []byte{1, 2, 3, 15} { // also bits that base64 does not use
			changed := bytes.Clone(doc)
			changed[i] ^= bits
			refused(fmt.Sprintf("byte %d changed", i), changed)
		}
		refused(fmt.Sprintf("cut off at %d", i), doc[:i])
	}
	lines := bytes.SplitAfter(doc, []byte("\n"))
	for i := range lines[:len(lines)-1] {
		refused(fmt.Sprintf("line %d dropped", i), bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil))
		refused(fmt.Sprintf("line %d twice", i), bytes.Join(slices.Insert(slices.Clone(lines), i, lines[i]), nil))
	}
	refused("a line more", append(bytes.Clone(doc), "{}\n"...))
	refused("spaces at the end", append(bytes.Clone(doc), ' '))
	refused("other line ends", bytes.ReplaceAll(doc, []byte("\n"), []byte("\r\n")))
	refused("an endless line", bytes.Repeat([]byte("x"), 1<<20))
	_, err := verify.ReadAnchors(bytes.NewReader(bytes.Replace(doc, []byte(`"version":1,`), []byte(`"version":2,`), 1)),
		trusted)
	if !errors.Is(err, verify.ErrTampered) || !strings.Contains(err.Error(), "changed after it was signed") {
		t.Errorf("a version changed: %v", err)
	}
}

func TestAnchorsOfAnotherKey(t *testing.T) {
	t.Parallel()
	a, doc := exported(t, odd...)
	if _, err := verify.ReadAnchors(bytes.NewReader(doc)); !errors.Is(err, verify.ErrUntrusted) {
		t.Errorf("no key is trusted: %v", err)
	}
	var forged bytes.Buffer
	if _, err := a.Write(&forged, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))); err != nil {
		t.Fatal(err)
	}
	if _, err := verify.ReadAnchors(bytes.NewReader(forged.Bytes()), trusted); !errors.Is(err, verify.ErrUntrusted) {
		t.Errorf("signed with another key: %v", err)
	}
	// A signature by another key, with the trusted key named in the document.
	named := bytes.Replace(
		forged.Bytes(), []byte(b64(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)).Public().(ed25519.PublicKey))),
		[]byte(b64(trusted)), 1,
	)
	if _, err := verify.ReadAnchors(bytes.NewReader(named), trusted); !errors.Is(err, verify.ErrTampered) {
		t.Errorf("a signature by another key: %v", err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write(io.Discard, ec); err == nil {
		t.Error("an ECDSA key was accepted")
	}
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// TestAnchorsSignedButWrong: the error of a signed but invalid document names the line.
func TestAnchorsSignedButWrong(t *testing.T) {
	t.Parallel()
	head := `{"format":"annals.anchors.v1","at":"2026-01-31T12:00:00.000000Z"}` + "\n"
	anchor := func(stream string) string {
		return fmt.Sprintf(`{"stream":%q,"version":2,"hash":"%064d","at":"2026-01-31T12:00:00.000000Z","commits":1}`+
			"\n", stream, 1)
	}
	total := func(streams int) string {
		return fmt.Sprintf(`{"streams":%d,"commits":%d,"events":%d}`+"\n", streams, streams, 2*streams)
	}
	for _, test := range []struct{ name, body, line string }{
		{"good", head + anchor("A#1") + anchor("A#2") + total(2), ""},
		{"another format", strings.Replace(head, "v1", "v2", 1) + total(0), "line 1:"},
		{"a bad time", strings.Replace(head, "2026", "x", 1) + total(0), "line 1:"},
		{"not sorted", head + anchor("A#2") + anchor("A#1") + total(2), "line 3:"},
		{"a stream twice", head + anchor("A#1") + anchor("A#1") + total(2), "line 3:"},
		{"no stream", head + anchor("A") + total(1), "line 2:"},
		{"a short hash", head + strings.Replace(anchor("A#1"), "00", "", 1) + total(1), "line 2:"},
		{"no hash", head + strings.Replace(anchor("A#1"), "000", "x", 1) + total(1), "line 2:"},
		{"a bad instant", head + strings.Replace(anchor("A#1"), "2026", "x", 1) + total(1), "line 2:"},
		{"an unknown field", head + strings.Replace(anchor("A#1"), "{", `{"x":1,`, 1) + total(1), "line 2:"},
		{"two values on a line", head + strings.Replace(anchor("A#1"), "}", `} {}`, 1) + total(1), "line 2:"},
		{"not JSON", head + "anchors\n" + total(1), "line 2:"},
		{"wrong totals", head + anchor("A#1") + total(2), "line 3:"},
		{"no totals", head + anchor("A#1"), "line 2:"},
		{"more after the totals", head + total(0) + anchor("A#1"), "line 3:"},
	} {
		digest := fmt.Sprintf("%x", sha256.Sum256([]byte(test.body)))
		signature := ed25519.Sign(signer, []byte("annals.anchors.v1 "+digest))
		doc := test.body + fmt.Sprintf(`{"digest":"%s","key":"%s","signature":"%s"}`+"\n", digest, b64(trusted),
			b64(signature))
		_, err := verify.ReadAnchors(strings.NewReader(doc), trusted)
		if (err == nil) != (test.line == "") ||
			err != nil && (!strings.Contains(err.Error(), test.line) || errors.Is(err, verify.ErrTampered)) {
			t.Errorf("%s: %v, want an error with %q that is not ErrTampered", test.name, err, test.line)
		}
	}
}

func TestAnchorsOfFindings(t *testing.T) {
	t.Parallel()
	l := oneStream(t)
	l[0].ID = "x"
	r, err := verify.Store(t.Context(), l, verify.Config{Heads: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Anchors(now); !errors.Is(err, verify.ErrFindings) {
		t.Errorf("anchors of a report with findings: %v, want %v", err, verify.ErrFindings)
	}
	if r, err = verify.Store(t.Context(), oneStream(t), verify.Config{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Anchors(now); err == nil {
		t.Error("anchors of a report without heads: no error")
	}
}

// oneStream is an intact stream of five commits.
func oneStream(t fataler) list {
	s := memstore.New()
	w := newWriter(s)
	for range 5 {
		if err := w.append(context.Background(), 2, account(1)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := all(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return l.sorted()
}

// TestAnchorsSurviveGrowth: anchors still match after later appends.
func TestAnchorsSurviveGrowth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := history(r)
		var before list
		for i, c := range l {
			if l.next(i) != nil || c.Version == 1 { // not the last commit of a longer stream
				before = append(before, c)
			}
		}
		var anchors []verify.Witness
		for _, c := range before {
			anchors = append(anchors, verify.Witness{
				Source: "anchors", Stream: c.Stream, Version: c.LastVersion(), Hash: c.Hash,
			})
		}
		if got, err := verify.StoreWithin(context.Background(), l, verify.Config{Witnesses: anchors}, 1000); err != nil ||
			got.Found > 0 {
			r.Fatalf("%v, %+v", err, got)
		}
	})
}

func TestWriteAndReadErrors(t *testing.T) {
	t.Parallel()
	a, doc := exported(t, odd...)
	full := errors.New("disk full")
	for room := range 7 { // lines
		if _, err := a.Write(&small{room: room, err: full}, signer); !errors.Is(err, full) {
			t.Errorf("room for %d lines: %v, want %v", room, err, full)
		}
	}
	if _, err := verify.ReadAnchors(io.MultiReader(bytes.NewReader(doc[:100]), iotest.ErrReader(full)),
		trusted); !errors.Is(err, full) {
		t.Errorf("read: %v, want %v", err, full)
	}
}

// small accepts a limited number of writes.
type small struct {
	room int
	err  error
}

func (s *small) Write(b []byte) (int, error) {
	if s.room--; s.room < 0 {
		return 0, s.err
	}
	return len(b), nil
}
