package endpoint_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/annals-es/annals/local/endpoint"
)

func TestEndpoint(t *testing.T) {
	t.Parallel()
	e, err := endpoint.Listen("a service")
	if err != nil {
		t.Fatal(err)
	}
	ask := func() (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.Address()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		return string(body), err
	}
	e.Answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	if got, err := ask(); got != "here" || err != nil {
		t.Errorf("ask the endpoint: %q, %v, want here", got, err)
	}
	e.Close()
	if got, err := ask(); err == nil {
		t.Errorf("the endpoint answers %q after its end", got)
	}
	unused, err := endpoint.Listen("a service")
	if err != nil {
		t.Fatal(err)
	}
	unused.Close() // nothing was answered: nothing hangs
}
