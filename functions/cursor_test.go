package functions_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestForgedCursor: a cursor goes on with the list that gave it, for who got it, and nowhere else.
func TestForgedCursor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for who, body := range map[string]string{"ada": opened, "bob": second} {
		s.as(t, who, "POST /accounts", body).is(t, "201")
	}
	s.as(t, "ada", "POST /accounts", strings.Replace(opened, "a-1", "a-3", 1)).is(t, "201")
	for _, id := range []string{"a-1", "a-3"} {
		s.as(t, "ada", "POST /accounts/"+id+"/deposits", usd5).is(t, "200")
	}
	s.project(t)
	next := func(target string) string {
		var page struct{ Next string }
		if err := json.Unmarshal([]byte(s.as(t, "ada", target, "").Body), &page); err != nil || page.Next == "" {
			t.Fatal(target, page, err)
		}
		return page.Next
	}
	const list, trail = "GET /accounts/a-1/statement?limit=1", "GET /streams/Account/a-1?limit=1"
	cursor := next(list)
	for _, target := range []string{list, trail} {
		if got := s.as(t, "ada", target+"&cursor="+next(target), ""); got.StatusCode != http.StatusOK ||
			strings.Contains(got.Body, "next") {
			t.Errorf("%s with the caller's own cursor: status %d, body %s; want 200 and the last page",
				target, got.StatusCode, got.Body)
		}
	}
	flipped := []byte(cursor)
	flipped[len(flipped)/2] ^= 1
	for name, test := range map[string]struct{ who, target, cursor string }{
		"changed":             {"ada", list, string(flipped)},
		"cut":                 {"ada", list, cursor[:len(cursor)-1]},
		"longer":              {"ada", list, cursor + "A"},
		"made up":             {"ada", list, base64.RawURLEncoding.EncodeToString([]byte("1|~"))},
		"of another account":  {"ada", "GET /accounts/a-3/statement?limit=1", cursor},
		"of another route":    {"ada", trail, cursor},
		"of another stream":   {"ada", "GET /streams/Account/a-3?limit=1", next(trail)},
		"of another caller":   {"operator", list, cursor},
		"on another's stream": {"bob", list, cursor},
		"before 0.5":          {"ada", trail, base64.RawURLEncoding.EncodeToString([]byte("Account#a-1@2"))},
	} {
		got := s.as(t, test.who, test.target+"&cursor="+test.cursor, "")
		if got.StatusCode == http.StatusOK || !strings.Contains(got.is(t, "400 invalid-request").Body, "query.cursor") {
			t.Errorf("%s: status %d, body %s; want 400 for query.cursor", name, got.StatusCode, got.Body)
		}
	}
	if raw, _ := base64.RawURLEncoding.DecodeString(cursor); strings.Contains(string(raw), "|") &&
		strings.Contains(string(raw), "0000000000000000002") {
		t.Error("the cursor can be read")
	}
}

// TestNoKeyOfCursors: without a key, each process would refuse the cursors of all others.
func TestNoKeyOfCursors(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.CursorKey = "short"
	if _, err := s.Query(); err == nil || !strings.Contains(err.Error(), "CURSOR_KEY") {
		t.Errorf("start the query function without CURSOR_KEY: %v, want an error that names it", err)
	}
}
