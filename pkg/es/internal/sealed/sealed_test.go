package sealed_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/internal/sealed"
)

var odd = sealed.Value{
	Subject: "a.\"b\"\\ü#{}\u2028", Number: 12, Box: "AA-_", Erased: json.RawMessage(`{"a":[1,"}"]}`),
}

// TestReplace: each value is found where it stands, as it was written.
func TestReplace(t *testing.T) {
	t.Parallel()
	plain := sealed.Value{Subject: "ada", Number: 1, Box: "BB"}
	payload := sealed.Append([]byte(`{"a":"{\"$sealed\":","b":[`), odd)
	payload = append(sealed.Append(append(payload, ','), plain), `],"c":{"$sealed ":1}}`...)
	if !json.Valid(payload) || !sealed.In(payload) {
		t.Fatalf("the payload %s is no JSON with sealed values", payload)
	}
	var found []sealed.Value
	out, err := sealed.Replace(payload, func(v sealed.Value) (json.RawMessage, error) {
		found = append(found, v)
		return json.RawMessage("7"), nil
	})
	if want := `{"a":"{\"$sealed\":","b":[7,7],"c":{"$sealed ":1}}`; err != nil || string(out) != want {
		t.Errorf("replaced: %s, %v, want %s", out, err, want)
	}
	if diff := cmp.Diff([]sealed.Value{odd, plain}, found); diff != "" {
		t.Errorf("values (-written +read):\n%s", diff)
	}
	out, err = sealed.Erase(payload)
	if want := `{"a":"{\"$sealed\":","b":[{"a":[1,"}"]},null],"c":{"$sealed ":1}}`; err != nil || string(out) != want {
		t.Errorf("erased: %s, %v, want %s", out, err, want)
	}
}

// TestUnreadable: what is not a sealed value says what is wrong with it.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"$sealed":1}`:                         "a sealed value is no text",
		`{"$sealed":"1.1.AA.ada`:                "a sealed value is no text",
		`{"$sealed":"1.1.AA.a\da"}`:             "invalid character 'd' in string escape code",
		`{"$sealed":"1.1.AA.ada"`:               `has other members than "$sealed" and "erased"`,
		`{"$sealed":"1.1.AA.ada","x":1}`:        `has other members than "$sealed" and "erased"`,
		`{"$sealed":"1.1.AA.ada","erased":1,2}`: `has other members than "$sealed" and "erased"`,
		`{"$sealed":"1.1.AA.ada","erased":}`:    "the erased value of a sealed value: invalid character '}'",
		`{"$sealed":""}`:                        `a sealed value has version "", this code reads version 1`,
		`{"$sealed":"2.1.AA.ada"}`:              `a sealed value has version "2", this code reads version 1`,
		`{"$sealed":"1.x.AA.ada"}`:              `a sealed value has the key number "x", it must be a number from 1`,
		`{"$sealed":"1.0.AA.ada"}`:              `a sealed value has the key number "0", it must be a number from 1`,
		`{"$sealed":"1.1.AA"}`:                  "a sealed value names no subject",
		`{"$sealed":"1.1.AA."}`:                 "a sealed value names no subject",
	} {
		if _, err := sealed.Erase([]byte(payload)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", payload, err, want)
		}
	}
}

// FuzzErase: no payload ends the process, and valid JSON stays valid.
func FuzzErase(f *testing.F) {
	f.Add(string(sealed.Append([]byte(`{"a":`), odd)) + "}")
	f.Add(`{"a":{"$sealed":"1.1.AA.ada","erased":[1]},"b":{"$sealed":"1.1.AA.ada"}}`)
	f.Fuzz(func(t *testing.T, payload string) {
		out, err := sealed.Erase([]byte(payload))
		if err == nil && json.Valid([]byte(payload)) && !json.Valid(out) {
			t.Errorf("%s, which is JSON, became %s", payload, out)
		}
	})
}
