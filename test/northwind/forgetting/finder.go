package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// finder finds values in bytes of any kind: in any case, within JSON escapes, as base64 at any place of the encoded
// text, and in zstd frames.
type finder struct{ forms []form }

// form is a value in one spelling.
type form struct {
	value, how string
	bytes      []byte
	anyCase    bool // bytes is in lower case
}

func newFinder(values []string) *finder {
	f := &finder{}
	for _, v := range values {
		f.forms = append(f.forms, form{value: v, how: "plain", bytes: bytes.ToLower([]byte(v)), anyCase: true})
		spelled := []string{v, goJSON(v), asciiJSON(v)}
		slices.Sort(spelled)
		for _, s := range slices.Compact(spelled) {
			for shift := range 3 {
				f.forms = append(f.forms,
					form{value: v, how: "base64", bytes: encoded(base64.RawStdEncoding, s, shift)},
					form{value: v, how: "base64url", bytes: encoded(base64.RawURLEncoding, s, shift)})
			}
		}
	}
	return f
}

// goJSON returns a text as encoding/json writes it: with escapes of &, < and >.
func goJSON(text string) string {
	all, _ := json.Marshal(text) // fails for no string
	return string(all[1 : len(all)-1])
}

// asciiJSON returns a text as JSON libraries write it that escape everything outside of ASCII.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// encoded returns the part of a text's base64 that does not depend on its neighbors. shift is how many bytes of the
// same group of three are before it.
func encoded(as *base64.Encoding, text string, shift int) []byte {
	whole := as.EncodeToString([]byte(strings.Repeat("-", shift) + text))
	first := []int{0, 2, 3}[shift]
	if (shift+len(text))%3 > 0 {
		whole = whole[:len(whole)-1]
	}
	return []byte(whole[first:])
}

// in returns what it finds, such as "Berguvsvägen 8 (base64)".
func (f *finder) in(content []byte) []string {
	var found []string
	for _, layer := range layers(content, 4) {
		lower := bytes.ToLower(layer)
		for _, s := range f.forms {
			if bytes.Contains(layer, s.bytes) || s.anyCase && bytes.Contains(lower, s.bytes) {
				found = append(found, s.value+" ("+s.how+")")
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

var (
	frame     = []byte{0x28, 0xb5, 0x2f, 0xfd} // the magic number of zstd
	frameText = regexp.MustCompile(`KLUv/[A-Za-z0-9+/]+`)
	escape    = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+|\\["\\/]`)
)

// layers returns the content, and what is within: JSON texts without escapes, and unpacked zstd frames, which may be
// base64. depth bounds how far it unpacks.
func layers(content []byte, depth int) [][]byte {
	all := [][]byte{content}
	if depth == 0 {
		return all
	}
	if escape.Match(content) {
		all = append(all, layers(escape.ReplaceAllFunc(content, unescape), depth-1)...)
	}
	for at, rest := 0, content; ; rest = content[at:] {
		i := bytes.Index(rest, frame)
		if i < 0 {
			break
		}
		if plain := unpack(rest[i:]); len(plain) > 0 {
			all = append(all, layers(plain, depth-1)...)
		}
		at += i + len(frame)
	}
	for _, text := range frameText.FindAll(content, -1) {
		packed := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
		n, _ := base64.RawStdEncoding.Decode(packed, text) // what could be decoded
		if plain := unpack(packed[:n]); len(plain) > 0 {
			all = append(all, layers(plain, depth-1)...)
		}
	}
	return all
}

// unpack returns what could be unpacked of a frame, which may have more bytes behind it.
func unpack(packed []byte) []byte {
	r, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil
	}
	defer r.Close()
	plain, _ := io.ReadAll(r)
	return plain
}

// unescape returns the text of one escape, or of several \uXXXX in a row: two may be one character.
func unescape(text []byte) []byte {
	if text[1] != 'u' {
		return text[1:]
	}
	var units []uint16
	for i := 0; i < len(text); i += 6 {
		unit, _ := strconv.ParseUint(string(text[i+2:i+6]), 16, 16) // the pattern has hexadecimal digits only
		units = append(units, uint16(unit))
	}
	return []byte(string(utf16.Decode(units)))
}
