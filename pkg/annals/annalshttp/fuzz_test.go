package annalshttp_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// FuzzBody: no body is answered with status 500.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		golang, "", "{", "null", "[]", `{"rooms":[[]]}`, `{"rooms":{"a":1}}`, `{"Seats":3,"seats":3}`,
		`{"rooms":[{"name":"x","seats":3}]}`,
		`{"seats":1e2,"rooms":[null]}`,
	} {
		f.Add(body)
	}
	running, err := school().Open(annals.Stores{Events: memstore.New()}, annals.Config{})
	if err != nil {
		f.Fatal(err)
	}
	handler, err := annalshttp.Commands(running, annalshttp.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/courses", strings.NewReader(body)))
		if w.Code >= 500 {
			t.Errorf("body %q: status %d, answer %s; want less than 500", body, w.Code, w.Body)
		}
	})
}
