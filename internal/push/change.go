package push

import (
	"encoding/json"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// told is the message that reports a change.
type told struct {
	Type       string `json:"type"` // change
	Projection string `json:"projection"`
	Stream     string `json:"stream"`
	Version    int64  `json:"version"`
	Token      string `json:"token"`
	Topic      string `json:"topic,omitempty"`
}

// message is a message to the subscribers under a partition key.
type message struct {
	partition string
	place     int // the index of its change in the call of Notify
	body      []byte
}

// compose returns the messages that report changes, by partition key.
func compose(changes []projection.Change) map[string][]message {
	all := map[string][]message{}
	for i, c := range changes {
		if c.Owner == "" { // subscriptions have owners, so there are none for it
			continue
		}
		add := func(topic Topic, about string) {
			if topic.validate() != nil { // Subscribe refuses such topics
				return
			}
			partition := topic.partition(c.Owner)
			body, err := json.Marshal(told{
				Type: "change", Projection: c.Projection, Stream: c.Stream.String(), Version: c.Version,
				Token: es.StreamVersion{Stream: c.Stream, Version: c.Version}.String(), Topic: about,
			})
			if err == nil { // always: strings and a number
				all[partition] = append(all[partition], message{partition, i, body})
			}
		}
		add(StreamTopic(c.Projection, c.Stream), "")
		for _, about := range c.Topics {
			add(Topic{c.Projection, about}, about)
		}
	}
	return all
}
