package contracttest

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCheck: answers that match the document pass, and each kind of mismatch is found.
func TestCheck(t *testing.T) {
	t.Parallel()
	const problem = `{"type":"https://annals-es.github.io/shop/problems/not-found","title":"Not found","status":404}`
	const deposit = `{"id":"a","version":2,"events":[],"state":%}`
	doc, err := read()
	if err != nil {
		t.Fatal(err)
	}
	op := doc.operation("POST", "/accounts/a/deposits?x=1")
	for name, test := range map[string]struct {
		got  Answer
		says string
	}{
		"a problem":           {Answer{404, "application/problem+json", problem}, ""},
		"API Gateway's":       {Answer{404, "application/json", `{"message":"Not Found"}`}, ""},
		"a parameter":         {Answer{404, "application/json; charset=utf-8", `{"message":"Not Found"}`}, ""},
		"a later member":      {Answer{404, "application/json", `{"message":"Not Found","since":1}`}, ""},
		"an unknown status":   {Answer{418, "application/json", `{"message":"Tea"}`}, "no answer with this status"},
		"an unknown type":     {Answer{404, "text/plain", `nothing`}, "no content type text/plain for this status"},
		"no type":             {Answer{404, "", problem}, "content type"},
		"another type's body": {Answer{404, "application/problem+json", `{"message":"Not Found"}`}, "title"},
		"no JSON":             {Answer{404, "application/json", `<html>`}, "not JSON"},
		"a member of no use":  {Answer{200, "application/json", strings.Replace(deposit, "%", "1", 1)}, "object"},
		"a member that lacks": {Answer{200, "application/json", `{"id":"a"}`}, "version"},
		"API Gateway's of no 4xx": {
			Answer{409, "application/json", `{"message":"Conflict"}`}, "no content type application/json for this status",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := doc.check(op, test.got)
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("want %q, got %v", test.says, err)
			}
		})
	}
	for _, other := range [][2]string{{"POST", "/nothing"}, {"GET", "/accounts/a/deposits"}, {"HEAD", "/accounts/a"}} {
		if op := doc.operation(other[0], other[1]); op != "" {
			t.Errorf("operation of %v: %s, want none", other, op)
		}
	}
	Check(t, "GET", "/openapi.json", Answer{Status: 418}) // what says what the API is does not say itself
}

// TestParse: a document that can't be read is an error.
func TestParse(t *testing.T) {
	t.Parallel()
	if _, err := parse([]byte("{")); err == nil || !strings.Contains(err.Error(), "read the OpenAPI document") {
		t.Error(err)
	}
	broken, err := json.Marshal(map[string]any{"paths": map[string]any{"/accounts": map[string]any{"post": map[string]any{
		"responses": map[string]any{"200": map[string]any{"content": map[string]any{
			"application/json": map[string]any{"schema": map[string]any{"type": 1}},
		}}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parse(broken)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.check(doc.operation("POST", "/accounts"), Answer{200, "application/json", "{}"}); err == nil {
		t.Error("a schema that is none is no error")
	}
}
