package personal

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/annals-es/annals/pkg/es"
)

// KeyBytes is the size of a key: AES-256.
const KeyBytes = 32

// Key is a subject's key, or the tombstone that replaced it.
type Key struct {
	// Subject is whose key it is.
	Subject string
	// Number counts the subject's keys, from 1. Only a subject who was forgotten gets another one.
	Number int
	// Secret is the key, [KeyBytes] long, nil in a tombstone.
	Secret []byte
	// Forgotten means that this is the tombstone of all keys up to Number.
	Forgotten bool
	// At is when the key was made, or when the subject was forgotten. It is stored in UTC, without fractions of a
	// microsecond.
	At time.Time
}

// Check returns an error if k can't be stored as a key. Implementations of [Keys] call it in Create.
//
// Errors: [NameError]; [KeyError] if the number is below 1, the secret does not have [KeyBytes] bytes, or k is a
// tombstone.
func (k Key) Check() error {
	if err := Check(k.Subject); err != nil {
		return err
	}
	var reason string
	switch {
	case k.Number < 1:
		reason = "the number must be at least 1"
	case len(k.Secret) != KeyBytes:
		reason = fmt.Sprintf("the secret has %d bytes, want %d", len(k.Secret), KeyBytes)
	case k.Forgotten:
		reason = "a tombstone is stored by Forget, not by Create"
	default:
		return nil
	}
	return &KeyError{Subject: k.Subject, Number: k.Number, Reason: reason}
}

// Keys stores the keys of subjects, and notes which streams may hold data about them. Test an implementation with
// package keystest. It is safe for concurrent use, and callers may change what they passed and what they got. Each
// method may also return [es.ErrUnavailable] with its cause, and the context's error.
type Keys interface {
	// Note notes that a stream may hold data about a subject. It is called before the stream does. Noting the same again
	// changes nothing.
	//
	// Errors: [NameError]; those of [es.StreamID.Validate].
	Note(ctx context.Context, subject string, stream es.StreamID) error

	// Load returns the keys and tombstones of subjects, strongly consistent: what a Create or Forget stored before Load
	// was called is in the result. Those who have none are missing in it. A subject may be given twice.
	//
	// Errors: [NameError] if one of the subjects is invalid; [KeyError] if a stored key can't be read.
	Load(ctx context.Context, subjects ...string) (map[string]Key, error)

	// Create stores a key if its number follows that of the subject's tombstone, or is 1 and the subject has neither a
	// key nor a tombstone. Otherwise it stores nothing. It returns what is stored afterwards, the zero Key if nothing is.
	// Of concurrent calls for one subject, one stores its key, and all return that key. After an error, the key may be
	// stored: call Load.
	//
	// Errors: those of [Key.Check].
	Create(ctx context.Context, key Key) (Key, error)

	// Forget replaces a subject's key by a tombstone with the key's number, for good: after it returned, no key with that
	// number or a lower one is stored or loaded. It returns the tombstone. A subject who was forgotten already keeps the
	// older tombstone, and one without a key gets the tombstone with number 1. A key that is created while Forget runs may
	// be forgotten, too. After an error, call it again.
	//
	// Errors: [NameError].
	Forget(ctx context.Context, subject string, at time.Time) (Key, error)

	// Streams yields each stream that was noted for a subject once, in no particular order, strongly consistent: all that
	// were noted before it was called, also for a subject who was forgotten. It ends after an error.
	//
	// Errors: [NameError].
	Streams(ctx context.Context, subject string) iter.Seq2[es.StreamID, error]

	// Subjects yields each key and tombstone without its secret, in no particular order: all that were stored before it
	// was called, in their state of then or later. It ends after an error.
	//
	// Errors: none of its own.
	Subjects(ctx context.Context) iter.Seq2[Key, error]
}

// MaxSubjectBytes is the maximum length of a subject's id.
const MaxSubjectBytes = 1000

// NameError means that a text can't be the id of a subject.
type NameError struct {
	// Subject is the id, at most its first 64 bytes.
	Subject string
	Reason  string
}

func (e *NameError) Error() string { return fmt.Sprintf("subject %q: %s", e.Subject, e.Reason) }

// Check returns a [NameError] if a text can't be the id of a subject: if it is empty, not UTF-8 or longer than
// [MaxSubjectBytes]. Implementations of [Keys] call it first.
func Check(subject string) error {
	var reason string
	switch {
	case subject == "":
		reason = "the id must not be empty"
	case !utf8.ValidString(subject):
		reason = "the id must be UTF-8"
	case len(subject) > MaxSubjectBytes:
		reason = fmt.Sprintf("the id has %d bytes, at most %d are allowed", len(subject), MaxSubjectBytes)
	default:
		return nil
	}
	return &NameError{Subject: strings.ToValidUTF8(subject[:min(len(subject), 64)], "�"), Reason: reason}
}

// FingerprintSubject is the subject whose key fingerprints of commands are made with. It is no person.
const FingerprintSubject = "$fingerprints"

// KeyError means that a key can't be stored, or that a stored key can't be read. The error does not contain its secret.
type KeyError struct {
	Subject string
	// Number is the key's number, 0 if it is not known.
	Number int
	Reason string
}

func (e *KeyError) Error() string {
	if e.Number == 0 {
		return fmt.Sprintf("key of subject %s: %s", e.Subject, e.Reason)
	}
	return fmt.Sprintf("key %d of subject %s: %s", e.Number, e.Subject, e.Reason)
}

// MissingKeyError means that an event has an encrypted value of a subject who has neither a key nor a tombstone. Who was
// forgotten has a tombstone, so the table of keys was replaced, or keys were left out of an import.
type MissingKeyError struct{ Subject string }

func (e *MissingKeyError) Error() string {
	return fmt.Sprintf("subject %s has neither a key nor a tombstone: was the table of keys replaced?", e.Subject)
}

// ForgottenError means that an event has personal data about a subject who was forgotten.
type ForgottenError struct{ Subject string }

// Is makes the error match [es.ErrNotSent]: the command may be a repeat of one that was stored before.
func (e *ForgottenError) Is(target error) bool { return target == es.ErrNotSent }

func (e *ForgottenError) Error() string {
	return fmt.Sprintf("subject %s was forgotten: nothing personal about it is stored again", e.Subject)
}
