package permits_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/examples/permits"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalstest"
)

// TestService: a permit's life over HTTP, and who may see what of it.
func TestService(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, permits.New())
	for _, step := range []struct {
		route, body string
		status      int
		says        string
	}{
		{"POST /permits", `{"permitId":"p1","holder":"ada","plate":"A 1","zone":"north"}`, 201, `"status":"applied"`},
		{"POST /permits", `{"permitId":"p2","holder":"ada","plate":"","zone":"north"}`, 400, "body.plate"},
		{"POST /permits/p1/withdrawal", `{"reason":"moved"}`, 422, "not-granted"},
		{"GET /zones/north/permits", "", 200, `"items":[]`},
		{"POST /permits/p1/grant", `{"until":"2027-12-31"}`, 200, `"version":2`},
		{"POST /permits/p1/grant", `{"until":"tomorrow"}`, 400, "body.until"},
		{"GET /permits/p1", "", 200, `"until":"2027-12-31"`},
		{"GET /permits/p1?version=1", "", 200, `"status":"applied"`},
		{"GET /holders/ada/permits", "", 200, `"plate":"A 1"`},
		{"GET /zones/north/permits", "", 200, `"plate":"A 1"`},
		{"POST /permits/p1/withdrawal", `{"reason":"moved"}`, 200, `"withdrawn"`},
		{"GET /zones/north/permits", "", 200, `"items":[]`},
		{"GET /streams/Permit/p1", "", 200, `"PermitWithdrawn"`},
		{"GET /permits/p9", "", 404, "not-found"},
	} {
		got := s.Do(t, step.route, step.body)
		if got.Code != step.status || !strings.Contains(got.Body.String(), step.says) {
			t.Errorf("%s: %d %s, want %d and %s", step.route, got.Code, got.Body, step.status, step.says)
		}
	}
	for who, want := range map[string]int{"ada": http.StatusCreated, "bob": http.StatusForbidden} {
		ctx := annalshttp.WithPrincipal(t.Context(), who, "permits/command")
		got := s.As(t, ctx, "POST /permits", `{"permitId":"of-`+who+`","holder":"ada","plate":"B 2","zone":"north"}`)
		if got.Code != want {
			t.Errorf("apply for ada as %s: %d %s, want %d", who, got.Code, got.Body, want)
		}
	}
	for who, want := range map[string]int{"ada": http.StatusOK, "bob": http.StatusNotFound} {
		ctx := annalshttp.WithPrincipal(t.Context(), who, "permits/query")
		for _, route := range []string{"GET /permits/p1", "GET /holders/ada/permits"} {
			if got := s.As(t, ctx, route, ""); got.Code != want {
				t.Errorf("%s as %s: %d %s, want %d", route, who, got.Code, got.Body, want)
			}
		}
	}
}
