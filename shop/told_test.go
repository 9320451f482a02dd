package shop_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
)

const withEmail = `{"accountId":"a","ownerName":"Ada","email":"ada@example.com","initialDeposit":{"amount":"0",` +
	`"currency":"USD"}}`

// TestNoMessageNamesAnInternalStream: whatever fails with the stream of an e-mail address, no message names the stream,
// and the answer is the usual one for the error.
func TestNoMessageNamesAnInternalStream(t *testing.T) {
	t.Parallel()
	const id = "c2VjcmV0LWhtYWM"
	stream := es.StreamID{Type: "Email", ID: id}
	for name, fault := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"not found":  {&es.NotFoundError{Stream: stream}, http.StatusNotFound, "not-found"},
		"no version": {&es.VersionNotFoundError{Stream: stream, Version: 7}, http.StatusNotFound, "version-not-found"},
		"exists":     {&es.AlreadyExistsError{Stream: stream}, http.StatusConflict, "already-exists"},
		"mismatch": {
			&es.VersionMismatchError{Stream: stream, Expected: 1, Actual: 2}, http.StatusPreconditionFailed, "version-mismatch",
		},
		"reused": {
			&es.CommandReusedError{Stream: stream, Version: 3}, http.StatusUnprocessableEntity, "idempotency-key-reused",
		},
		"limit": {
			&es.LimitError{Stream: stream, What: "bytes in a commit", Size: 2, Limit: 1},
			http.StatusRequestEntityTooLarge, "too-large",
		},
		"conflict": {&es.ConflictError{Stream: stream, Expected: 1, Actual: 2}, http.StatusConflict, "conflict"},
		"outcome": {
			&es.UnknownOutcomeError{Stream: stream, CommitID: "c", Err: context.DeadlineExceeded},
			http.StatusServiceUnavailable, "outcome-unknown",
		},
		"unavailable": {fmt.Errorf("read %s: %w", stream, errThrottled), http.StatusServiceUnavailable, "unavailable"},
		"corrupt": {
			&es.CorruptError{Stream: stream, Version: 7, Reason: "item"}, http.StatusInternalServerError, "internal",
		},
		"newer": {
			&es.UnknownEventError{Stream: stream, Version: 7, Type: "Y", Schema: 3}, http.StatusInternalServerError, "internal",
		},
		"no name": {&es.StreamNameError{Name: stream.String(), Reason: "x"}, http.StatusInternalServerError, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fail := func(context.Context) error { return fmt.Errorf("append %s: %w", stream, fault.err) }
			for _, store := range []*failing{{append: fail}, {load: fail}} {
				if store.append != nil && fault.status == http.StatusPreconditionFailed { // a creation demands no version
					continue
				}
				store.Store = newStore(t)
				c := on(t, store, annalshttp.Config{Unavailable: func(err error) bool { return errors.Is(err, errThrottled) }})
				target, body := "POST /accounts", withEmail
				if store.load != nil { // opening an account loads nothing at first
					target, body = "POST /accounts/a/close", ""
				}
				got := c.send(t, target, body)
				p := got.refused(t, fault.status, fault.code)
				if p.Detail == "" {
					t.Error("the problem has no detail")
				}
				for _, told := range []string{got.text, fmt.Sprint(got.header)} {
					if strings.Contains(told, id) || strings.Contains(told, "Email#") {
						t.Errorf("%s: the answer names an internal stream: %s", target, told)
					}
				}
			}
		})
	}
}

// TestMessagesNamePublicStreams: messages name streams that the audit trail shows.
func TestMessagesNamePublicStreams(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	if p := c.send(t, "POST /accounts", openA).refused(t, http.StatusConflict,
		"already-exists"); !strings.Contains(p.Detail, "Account#a") {
		t.Errorf("detail %q, want Account#a", p.Detail)
	}
}
