package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestFinder: a value is found in each spelling, wherever it stands, and nothing is found where it is not.
func TestFinder(t *testing.T) {
	t.Parallel()
	pack := func(text string) []byte {
		t.Helper()
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		return w.EncodeAll([]byte(text), nil)
	}
	quoted := func(text string) string {
		t.Helper()
		all, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(all)
	}
	for _, value := range []string{"Split Rail Beer & Ale", "Taucherstraße 10", `Ship "Ahoy" \ 7`, "Büro 𝄞 12", "Kloss!"} {
		f := newFinder([]string{value})
		for _, around := range []string{"", "x", "xy", "xyz"} {
			text := around + value + around
			for how, content := range map[string][]byte{
				"plain":              []byte(text),
				"upper case":         []byte(strings.ToUpper(around) + strings.ToUpper(value[:1]) + value[1:]),
				"JSON":               []byte(quoted(text)),
				"JSON in JSON":       []byte(quoted(quoted(text))),
				"ASCII JSON":         []byte(asciiJSON(text)),
				"base64":             []byte(base64.StdEncoding.EncodeToString([]byte(text))),
				"base64url":          []byte(base64.URLEncoding.EncodeToString([]byte(text))),
				"base64 of JSON":     []byte(base64.RawURLEncoding.EncodeToString([]byte(quoted(text)))),
				"ASCII in base64":    []byte(base64.StdEncoding.EncodeToString([]byte(asciiJSON(text)))),
				"zstd":               append([]byte("head"), append(pack(text), "tail"...)...),
				"zstd in base64":     []byte(`{"a":"` + base64.StdEncoding.EncodeToString(pack(text)) + `"}`),
				"base64 within zstd": pack(base64.StdEncoding.EncodeToString([]byte(text))),
			} {
				if len(f.in(content)) == 0 {
					t.Errorf("%q around %q is not found as %s: %s", around, value, how, content)
				}
			}
		}
		for _, content := range []string{
			"", value[1:], value[:len(value)-1], hex.EncodeToString([]byte(value)),
			base64.StdEncoding.EncodeToString([]byte(value[1:])), `{"recipient":null}`,
		} {
			if found := f.in([]byte(content)); len(found) > 0 {
				t.Errorf("%q: found %q where it is not", content, found)
			}
		}
	}
}
