package estest

import (
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// survives returns an error if an event is not read back unchanged from its stored form, or is not registered.
func survives[S, E any](aggregate es.Aggregate[S, E], event E) error {
	raw, err := encode(aggregate, event)
	if err != nil {
		return err
	}
	back, err := decode(aggregate, raw)
	if err != nil {
		return err
	}
	if d := diff([]E{event}, back); d != "" {
		return fmt.Errorf("%s is not read back unchanged from its stored form %s (-before +after):\n%s",
			raw.Type, raw.Data, d)
	}
	return nil
}

// encode returns an event as it is stored.
func encode[S, E any](aggregate es.Aggregate[S, E], event E) (es.RawEvent, error) {
	raw, err := aggregate.Events.Encode(event)
	if err != nil {
		return raw, err
	}
	return seal(aggregate, raw)
}
