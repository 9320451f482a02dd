package app_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
)

// TestForgedCursor: cursors are not signed, and need not be: whatever place one names, the list goes on among its own rows.
func TestForgedCursor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts", second)
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	s.ok(t, "POST /accounts/a-2/deposits", usd5)
	s.project(t)
	var page struct{ Next string }
	if err := json.Unmarshal([]byte(s.ok(t, "GET /accounts/a-2/statement?limit=1", "").Body), &page); err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	beyond := base64.RawURLEncoding.EncodeToString([]byte("1|~"))
	for _, cursor := range []string{page.Next, beyond} {
		s.query(t, "GET /accounts/a-1/statement?cursor="+cursor,
			`{"items":[{"version":2,"balance":{"amount":"15.00"}},{"version":1,"balance":{"amount":"10.00"}}]}`)
		s.refused(t, "GET /accounts/nobody/statement?cursor="+cursor, "", http.StatusNotFound, "not-found")
	}
}
