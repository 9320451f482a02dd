package ask_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestErrorsStayApart: a typed error is the same one after it went through JSON, with its message.
func TestErrorsStayApart(t *testing.T) {
	t.Parallel()
	stream := es.StreamID{Type: "Order", ID: "o-1"}
	var (
		version *es.VersionNotFoundError
		unknown *projection.UnknownProjectionError
	)
	for name, test := range map[string]struct {
		err error
		is  func(error) bool
	}{
		"stream": {&es.NotFoundError{Stream: stream}, func(err error) bool {
			var e *es.NotFoundError
			return errors.As(err, &e) && e.Stream == stream && !errors.As(err, &version)
		}},
		"version": {&es.VersionNotFoundError{Stream: stream, Version: 9, Actual: 3}, func(err error) bool {
			return errors.As(err, &version) && *version == es.VersionNotFoundError{Stream: stream, Version: 9, Actual: 3}
		}},
		"projection": {&projection.UnknownProjectionError{Projection: "x"}, func(err error) bool {
			return errors.As(err, &unknown) && unknown.Projection == "x"
		}},
		"another": {errors.New("another"), func(err error) bool { return !errors.As(err, &unknown) }},
	} {
		wrapped := fmt.Errorf("while it was tried: %w", test.err)
		text, err := json.Marshal(ask.Reply{Annals: &ask.Answer{Error: ask.ErrorOf(wrapped)}})
		var reply ask.Reply
		if err != nil || json.Unmarshal(text, &reply) != nil {
			t.Fatal(name, err)
		}
		if got := reply.Annals.Error; got.Error() != wrapped.Error() || !test.is(got) {
			t.Errorf("%s: the error %s was read as %v", name, text, got)
		}
	}
	if ask.ErrorOf(nil) != nil {
		t.Error("no error became an error")
	}
}
