package annalshttp_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// A shelf of things.
type (
	shelfEvent interface{ isShelfEvent() }
	placed     struct{ Mode string }
	shelf      struct{ Modes []string }
	size       int
	things     struct {
		Mode   string          `json:"-" query:"mode"`
		Things []thing         `json:"things,omitempty"`
		Sizes  map[int]size    `json:"sizes,omitempty"`
		Named  map[string]size `json:"named,omitempty"`
	}
	thing struct {
		Size size   `json:"size"`
		Name string `json:"name" minLength:"1"`
	}
	span struct {
		From int `query:"from"`
		To   int `query:"to"`
	}
)

func (placed) isShelfEvent() {}

func (s size) Validate() error {
	if s > 9 {
		return errors.New("must be 9 or less")
	}
	return nil
}

func (s span) Validate() error {
	if s.From > s.To {
		return errors.New("from must not be more than to")
	}
	return nil
}

var (
	shelves = es.Aggregate[shelf, shelfEvent]{
		StreamType: "Shelf", Events: es.NewRegistry(es.Type[shelfEvent]("Placed", 1, placed{})),
		Evolve: func(s *shelf, e shelfEvent) { s.Modes = append(s.Modes, e.(placed).Mode) },
	}
	shelfList = projection.New("shelves", 1, projection.From(shelves, projection.On(
		func(s *shelf, e projection.Event[placed], _ *projection.Writes) error {
			s.Modes = append(s.Modes, e.Data.Mode)
			return nil
		})))
)

func place(_ shelf, b things) ([]shelfEvent, error) { return []shelfEvent{placed{b.Mode}}, nil }

func storage(t *testing.T) *annalstest.Service {
	t.Helper()
	return annalstest.Run(t, annals.New("storage",
		annals.Aggregate(shelves),
		annals.CreateOrChange("PUT /shelves/{id}", shelves, place),
		annals.Document("GET /shelves/{id}", shelfList),
		annals.Query("GET /shelves", shelfList, func(context.Context, *projection.Session, span) (int, error) {
			return 7, nil
		}, annals.ForEveryone),
	))
}

// TestManyFaults: a body with 100,000 faults is refused quickly. Comparing each fault with each value would take
// minutes.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	s := storage(t)
	got := s.Do(t, "PUT /shelves/a", `{"things":[`+strings.Repeat(`{"size":1},`, 80_000)+`{}]}`)
	if got.Code != http.StatusBadRequest {
		t.Errorf("body with 80,000 items: status %d, want 400", got.Code)
	}
}

// TestRulesEverywhere: rules of types apply in lists, in maps and to parameters. Keys of maps may be numbers.
func TestRulesEverywhere(t *testing.T) {
	t.Parallel()
	s := storage(t)
	for _, step := range []struct {
		route, body string
		status      int
		says        string
	}{
		{"PUT /shelves/a", `{"things":[{"size":1,"name":"x"},{"size":10,"name":"y"}]}`, 400, "body.things[1].size"},
		{"PUT /shelves/a", `{"named":{"x":10}}`, 400, "body.named.x"},
		{"PUT /shelves/a", `{"sizes":{"5":1}}`, 200, `"version":1`},
		{"GET /shelves?from=1&to=2", "", 200, "7"},
		{"GET /shelves?from=2&to=1", "", 400, "from must not be more than to"},
	} {
		if got := s.Do(t, step.route, step.body); got.Code != step.status || !strings.Contains(got.Body.String(), step.says) {
			t.Errorf("%s %s: %d %s, want %d and %s", step.route, step.body, got.Code, got.Body, step.status, step.says)
		}
	}
}

// TestParametersTellCommandsApart: a repeat with the same key and other parameters is refused. It does not get the
// first answer.
func TestParametersTellCommandsApart(t *testing.T) {
	t.Parallel()
	s := storage(t)
	for _, step := range []struct {
		route  string
		status int
	}{{"PUT /shelves/a?mode=x", 200}, {"PUT /shelves/a?mode=x", 200}, {"PUT /shelves/a?mode=y", 422}} {
		if got := s.With(t, t.Context(), step.route, `{}`, "Idempotency-Key", "k"); got.Code != step.status {
			t.Errorf("%s with a used Idempotency-Key: status %d, body %s; want %d", step.route, got.Code, got.Body, step.status)
		}
	}
}

// TestNobodyEntersAnothersBeginning: a caller who demands a version of a stream that does not exist gets 412, even if
// another caller creates the stream at the same time.
func TestNobodyEntersAnothersBeginning(t *testing.T) {
	t.Parallel()
	s := storage(t)
	mallory := annalshttp.WithPrincipal(t.Context(), "mallory", "storage/command")
	if got := s.With(t, mallory, "PUT /shelves/a", `{}`, "If-Match", `"1"`); got.Code != http.StatusPreconditionFailed {
		t.Errorf("If-Match: \"1\" on an aggregate of another: status %d, body %s; want 412", got.Code, got.Body)
	}
	if got := s.With(t, mallory, "PUT /shelves/a", `{}`, "If-Match", `"0"`); got.Code != http.StatusOK {
		t.Errorf("If-Match: \"0\" on an aggregate of another: status %d, body %s; want 200", got.Code, got.Body)
	}
}
