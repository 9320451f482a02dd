package es_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

func TestParseStreamVersion(t *testing.T) {
	t.Parallel()
	for _, v := range []es.StreamVersion{
		{Stream: es.StreamID{Type: "Account", ID: "a-1"}, Version: 1},
		{Stream: es.StreamID{Type: "Account", ID: "a@2#3, é"}, Version: 9223372036854775807},
	} {
		if got, err := es.ParseStreamVersion(v.String()); err != nil || got != v {
			t.Errorf("parse %s: %+v, %v, want the same stream and version", v, got, err)
		}
	}
	for _, text := range []string{
		"", "Account#a", "Account#a@", "Account#a@0", "Account#a@-1", "Account#a@+1", "Account#a@01", "Account#a@1 ",
		"Account#a@x",
		"Account#a@9223372036854775808", "Account@1", "#a@1", "Account#@1", "Account#\xff@1",
	} {
		if got, err := es.ParseStreamVersion(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}
