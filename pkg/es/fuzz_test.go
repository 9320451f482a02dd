package es_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

// FuzzParseStreamVersion: an accepted consistency token is formatted to the same text and has a valid stream name.
func FuzzParseStreamVersion(f *testing.F) {
	for _, seed := range []string{
		"Account#a-1@7", "Order#o@1@2", "Account#@1", "#a@1", "A#b@0",
		"A#b@01", "A#b@+1", "A#b@9223372036854775808", "A#\xff@1", "@", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := es.ParseStreamVersion(text)
		if err != nil {
			return
		}
		if place.String() != text || place.Version < 1 {
			t.Errorf("parse %q: its text is %q", text, place)
		}
		if err := place.Stream.Validate(); err != nil {
			t.Errorf("parse %q: the stream is invalid: %v", text, err)
		}
	})
}
