package email

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/rule"
)

// KeyEvent is what happens to the key of [ID]: [EmailKeyChosen].
type KeyEvent interface{ keyEvent() }

// EmailKeyChosen says under which key addresses are reserved.
type EmailKeyChosen struct {
	// Check is an HMAC of a constant under the key. It tells keys apart, and nothing of the key.
	Check string `json:"check"`
}

func (EmailKeyChosen) keyEvent() {}

// KeyState is what is known of the key.
type KeyState struct {
	Check string `json:"check,omitempty"`
}

// KeyAggregate is the record of the key, one stream: it is stored with the events, so that a restored event table has
// it.
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

// WrongKey is the rule of the key: it never changes.
const WrongKey rule.Code = "wrong-email-key"

// Choose makes a key the one under which addresses are reserved. A key that is it already changes nothing.
//
// Errors: [rule.Violation] with WrongKey.
func (s KeyState) Choose(key []byte) ([]KeyEvent, error) {
	switch check := mac(key, "\x00\x00check of the key"); s.Check {
	case check:
		return nil, nil
	case "":
		return []KeyEvent{EmailKeyChosen{Check: check}}, nil
	}
	return nil, WrongKey.Because("the e-mail addresses in the event table were reserved under another key than the one in %s: "+
		"with this key they could be reserved again. Give the function the earlier key (emailKey, the id of the stack that "+
		"made the table: docs/runbooks/email-key.md)", KeyEnv)
}
