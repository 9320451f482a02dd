package email

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/rule"
)

// KeyEvent is an event of the key of [ID]: [EmailKeyChosen].
type KeyEvent interface{ keyEvent() }

// EmailKeyChosen records the key under which addresses are reserved.
type EmailKeyChosen struct {
	// Check is an HMAC of a constant under the key. It identifies the key without revealing it.
	Check string `json:"check"`
}

func (EmailKeyChosen) keyEvent() {}

// KeyState identifies the key in use.
type KeyState struct {
	Check string `json:"check,omitempty"`
}

// KeyAggregate is the record of the key, in one stream. It is stored with the events, so that a restored event table
// contains it.
var KeyAggregate = es.Aggregate[KeyState, KeyEvent]{
	StreamType: "EmailKey",
	Events:     es.NewRegistry(es.Type[KeyEvent]("EmailKeyChosen", 1, EmailKeyChosen{})),
	Evolve: func(s *KeyState, event KeyEvent) {
		if e, is := event.(EmailKeyChosen); is {
			s.Check = e.Check
		}
	},
}

// KeyID is the id of the only stream of [KeyAggregate].
const KeyID = "check"

// WrongKey is the rule that the key never changes.
const WrongKey rule.Code = "wrong-email-key"

// Choose makes a key the one under which addresses are reserved. If it already is, there are no events.
//
// Errors: [rule.Violation] with WrongKey.
func (s KeyState) Choose(key []byte) ([]KeyEvent, error) {
	switch check := mac(key, "\x00\x00check of the key"); s.Check {
	case check:
		return nil, nil
	case "":
		return []KeyEvent{EmailKeyChosen{Check: check}}, nil
	}
	return nil,
		WrongKey.Because("the e-mail addresses in the event table were reserved under another key than the one in %s: "+
			"with this key they could be reserved a second time. Set the earlier key (emailKey, the id of the stack that "+
			"made the table: docs/runbooks/email-key.md)", KeyEnv)
}
