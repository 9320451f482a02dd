package estest

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// survives returns an error if an event is not read back unchanged from its stored form, or is not registered.
func survives[S, E any](aggregate es.Aggregate[S, E], event E) error {
	raw, err := aggregate.Events.Encode(event)
	if err != nil {
		return err
	}
	back, err := decode(aggregate, raw)
	if err != nil {
		return err
	}
	if d := diff([]E{event}, back); d != "" {
		return fmt.Errorf("%s is not read back unchanged from its stored form %s (-before +after):\n%s", raw.Type, raw.Data, d)
	}
	return nil
}

// decode returns the events that a stored event stands for.
func decode[S, E any](aggregate es.Aggregate[S, E], raw es.RawEvent) ([]E, error) {
	var events []E
	commit := &es.Commit{Stream: aggregate.Stream("estest"), Version: 1, Events: []es.RawEvent{raw}}
	err := aggregate.Events.Decode(commit, 0, func(e E) error {
		events = append(events, e)
		return nil
	})
	return events, err
}
