package es_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

func TestRegistryDecode(t *testing.T) {
	t.Parallel()
	stream := es.StreamID{Type: "Counter", ID: "a"}
	for _, test := range []struct {
		name string
		raw  es.RawEvent
		want error
	}{
		{"known", es.RawEvent{Type: "Raised", Schema: 1, Data: json.RawMessage(`{"By":2,"later":"field"}`)}, nil},
		{
			"unknown type", es.RawEvent{Type: "Lowered", Schema: 1},
			&es.UnknownEventError{Stream: stream, Version: 8, Type: "Lowered", Schema: 1},
		},
		{
			"future schema", es.RawEvent{Type: "Raised", Schema: 2},
			&es.UnknownEventError{Stream: stream, Version: 8, Type: "Raised", Schema: 2, Newest: 1},
		},
		{
			"no schema", es.RawEvent{Type: "Raised"},
			&es.UnknownEventError{Stream: stream, Version: 8, Type: "Raised", Newest: 1},
		},
		{
			"not JSON", es.RawEvent{Type: "Raised", Schema: 1, Data: json.RawMessage(`{`)},
			&es.CorruptError{Stream: stream, Version: 8, Reason: "payload of Raised"},
		},
	} {
		c := es.Commit{Stream: stream, Version: 7, Events: []es.RawEvent{{}, test.raw}}
		var got []counterEvent
		err := counters.Events.Decode(&c, 1, func(e counterEvent) error { got = append(got, e); return nil })
		if corrupt := new(es.CorruptError); errors.As(err, &corrupt) {
			corrupt.Err = nil
		}
		if diff := cmp.Diff(test.want, err); diff != "" {
			t.Errorf("check of the registry, %s (-want +got):\n%s", test.name, diff)
		}
		if test.want == nil && !cmp.Equal(got, []counterEvent{raised{2}}) {
			t.Errorf("%s: decoded %v, want raised{2}", test.name, got)
		}
	}
}

func TestRegistryRefusesFaults(t *testing.T) {
	t.Parallel()
	type other struct{ raised }
	for name, types := range map[string][]es.EventType[counterEvent]{
		"name twice":   {es.Type[counterEvent]("A", 1, raised{}), es.Type[counterEvent]("A", 1, other{})},
		"type twice":   {es.Type[counterEvent]("A", 1, raised{}), es.Type[counterEvent]("B", 1, raised{})},
		"no name":      {es.Type[counterEvent]("", 1, raised{})},
		"no schema":    {es.Type[counterEvent]("A", 0, raised{})},
		"not a struct": {es.Type[counterEvent]("A", 1, &raised{})},
		"nothing":      {es.Type[counterEvent]("A", 1, nil)},
	} {
		r := es.NewRegistry(types...)
		if r.Check() == nil {
			t.Errorf("%s: the registry was accepted", name)
		}
		if _, err := r.Encode(raised{}); err == nil {
			t.Errorf("%s: encode: no error", name)
		}
	}
	all := es.NewRegistry(es.Type[counterEvent]("", 1, raised{}), es.Type[counterEvent]("A", 1, &raised{})).Check()
	if all == nil || !strings.Contains(all.Error(), "needs a name") || !strings.Contains(all.Error(), "not a struct") {
		t.Errorf("not all mistakes are named: %v", all)
	}
}

// TestAggregateRefusesMistakes: Check lists all mistakes, and NewRepository refuses them.
func TestAggregateRefusesMistakes(t *testing.T) {
	t.Parallel()
	wrong := es.Aggregate[int, counterEvent]{StreamType: "A#"}
	err := wrong.Check()
	for _, says := range []string{"'#'", "registry of events is missing", "Evolve is missing"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("check of the aggregate: %v, want an error with %q", err, says)
		}
	}
	refused(t, "an aggregate with mistakes", func() { es.Open(memstore.New(), wrong) })
}

// TestErrorsMatchWhenWrapped: errors.Is and errors.As find each error in a chain of wraps.
func TestErrorsMatchWhenWrapped(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	wrap := func(err error) error { return fmt.Errorf("append Order#7: %w", fmt.Errorf("again: %w", err)) }
	for _, sentinel := range []error{es.ErrNoEvents, es.ErrForeignHead, es.ErrOccurredInFuture} {
		if !errors.Is(wrap(sentinel), sentinel) {
			t.Errorf("error %v is lost when wrapped", sentinel)
		}
	}
	for _, found := range []bool{
		errors.As(wrap(&es.ConflictError{}), new(*es.ConflictError)),
		errors.As(wrap(&es.LimitError{}), new(*es.LimitError)),
		errors.As(wrap(&es.StreamNameError{}), new(*es.StreamNameError)),
		errors.As(wrap(&es.UnknownEventError{}), new(*es.UnknownEventError)),
		errors.As(wrap(&es.NotFoundError{}), new(*es.NotFoundError)),
		errors.As(wrap(&es.AlreadyExistsError{}), new(*es.AlreadyExistsError)),
		errors.As(wrap(&es.VersionMismatchError{}), new(*es.VersionMismatchError)),
		errors.As(wrap(&es.CommandReusedError{}), new(*es.CommandReusedError)),
		errors.Is(wrap(&es.UnknownOutcomeError{Err: cause}), cause),
		errors.Is(wrap(&es.CorruptError{Err: cause}), cause),
	} {
		if !found {
			t.Error("a typed error or its cause is lost when wrapped")
		}
	}
}
