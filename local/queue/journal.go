package queue

import (
	"slices"
	"time"

	"github.com/annals-es/annals/local/journal"
)

// entry is a line of a queue's file: what happened to one message.
type entry struct {
	Sent     *Message  `json:"sent,omitempty"`
	Received string    `json:"received,omitempty"` // its id
	At       time.Time `json:"at,omitzero"`        // when it was received
	Deleted  string    `json:"deleted,omitempty"`  // its id
}

// readMessages returns the messages in a file, in order of arrival. If there is no file, it returns none.
func readMessages(path string) ([]*Message, error) {
	var messages []*Message
	err := journal.Read(path, func(e entry) { messages = e.apply(messages) })
	return messages, err
}

func (e entry) apply(messages []*Message) []*Message {
	without := func(id string) []*Message {
		return slices.DeleteFunc(messages, func(m *Message) bool { return m.ID == id })
	}
	switch {
	case e.Sent != nil:
		return append(without(e.Sent.ID), e.Sent)
	case e.Deleted != "":
		return without(e.Deleted)
	}
	for _, m := range messages {
		if m.ID == e.Received {
			m.receive(e.At)
		}
	}
	return messages
}

// entries are the lines from which the messages can be read again.
func entries(messages []*Message) []entry {
	all := make([]entry, len(messages))
	for i, m := range messages {
		all[i] = entry{Sent: m}
	}
	return all
}
