package eventbus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/annals/publish/eventbus"
)

const arn = "arn:aws:events:us-east-1:000000000000:event-bus/B"

// bridge is EventBridge: a request takes 10 ms. Each entry gets the error code that answer returns, "" = accepted.
type bridge struct {
	answer func(detail string) string
	fail   func(entries int) error

	mu       sync.Mutex
	accepted []string
	requests []int
}

func (b *bridge) PutEvents(
	ctx context.Context, in *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, len(in.Entries))
	if b.fail != nil {
		if err := b.fail(len(in.Entries)); err != nil {
			return nil, err
		}
	}
	out, size := &eventbridge.PutEventsOutput{}, 0
	for _, e := range in.Entries {
		size += len(*e.Source) + len(*e.DetailType) + len(*e.Detail)
		if *e.EventBusName != arn || *e.Source != "org.annals" || *e.DetailType != "t" {
			return nil, fmt.Errorf("entry %+v", e)
		}
		if code := b.answer(*e.Detail); code != "" {
			out.FailedEntryCount++
			out.Entries = append(out.Entries, types.PutEventsResultEntry{ErrorCode: &code, ErrorMessage: aws.String("no")})
			continue
		}
		b.accepted = append(b.accepted, *e.Detail)
		out.Entries = append(out.Entries, types.PutEventsResultEntry{EventId: aws.String("id")})
	}
	if len(in.Entries) > eventbus.MaxEntries || size > eventbus.MaxBytes {
		return nil, fmt.Errorf("%d entries, %d bytes", len(in.Entries), size)
	}
	return out, nil
}

// bubble runs a test with its own clock, and waits until the bus is idle.
func bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t)
		time.Sleep(time.Minute)
	})
}

func accepting(string) string { return "" }

func message(detail string) publish.Message {
	return publish.Message{Type: "t", Detail: []byte(detail)}
}

// send sends a number of events of each stream, one after the other, all streams concurrently.
func send(ctx context.Context, bus *eventbus.Bus, streams, events int) (failed []error) {
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	for s := range streams {
		wg.Go(func() {
			for e := range events {
				if err := bus.Send(ctx, message(fmt.Sprintf("%d@%d", s, e))); err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed = append(failed, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// inOrder fails the test unless each stream's events were accepted, each once and in order.
func inOrder(t *testing.T, accepted []string, streams, events int) {
	t.Helper()
	next := map[string]int{}
	for _, a := range accepted {
		stream, event, _ := strings.Cut(a, "@")
		if event != fmt.Sprint(next[stream]) {
			t.Errorf("event %s arrived, want number %d of its stream", a, next[stream])
		}
		next[stream]++
	}
	if len(accepted) != streams*events {
		t.Errorf("%d events accepted, want all", len(accepted))
	}
}

// TestBatches: events that are sent concurrently share requests.
func TestBatches(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		b := &bridge{answer: accepting}
		begin := time.Now()
		if failed := send(t.Context(), eventbus.New(b, arn), 16, 20); len(failed) > 0 {
			t.Fatal(failed)
		}
		inOrder(t, b.accepted, 16, 20)
		if took := time.Since(begin); len(b.requests) > 45 || took > 450*time.Millisecond {
			t.Errorf("%d requests in %v, want at most 45 in 450 ms: %v", len(b.requests), took, b.requests)
		}
	})
}

// TestLargeEvents: no request is too large, and an event that no request can hold is refused at once.
func TestLargeEvents(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		b := &bridge{answer: accepting}
		bus := eventbus.New(b, arn)
		room := eventbus.MaxBytes - len("org.annals") - len("t")
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				if err := bus.Send(t.Context(), message(strings.Repeat("x", room/(1+i%3)))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		err := bus.Send(t.Context(), message(strings.Repeat("x", room+1)))
		if err == nil || errors.As(err, new(*publish.UnavailableError)) || !strings.Contains(err.Error(), "262144 bytes") {
			t.Errorf("send an event that is too large among others: %v", err)
		}
		if len(b.accepted) != 12 {
			t.Errorf("%d events accepted, want 12", len(b.accepted))
		}
	})
}

// TestPartialFailures: entries that were refused for now are sent again, before later events of their streams.
func TestPartialFailures(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		n := 0
		b := &bridge{answer: func(string) string {
			n++
			return map[int]string{0: "ThrottlingException", 1: "InternalFailure"}[n%5]
		}}
		// now and then, four times in a row are too many: then it is sent again later, as the engine does
		bus := eventbus.New(b, arn)
		var wg sync.WaitGroup
		for s := range 16 {
			wg.Go(func() {
				for e := range 20 {
					for {
						err := bus.Send(t.Context(), message(fmt.Sprintf("%d@%d", s, e)))
						if err == nil {
							break
						}
						if !errors.As(err, new(*publish.UnavailableError)) {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		inOrder(t, b.accepted, 16, 20)
	})
}

// TestEntryErrors: permanent errors of an event are distinguished from transient ones.
func TestEntryErrors(t *testing.T) {
	t.Parallel()
	for code, passes := range map[string]bool{
		"MalformedDetail": false, "InvalidArgument": false, "ThrottlingException": true, "InternalFailure": true,
		"NotAuthorizedForDetailTypeException": true, "AnythingElse": true,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				b := &bridge{answer: func(string) string { return code }}
				err := eventbus.New(b, arn).Send(t.Context(), message("x"))
				if err == nil || errors.As(err, new(*publish.UnavailableError)) != passes || !strings.Contains(err.Error(), code) {
					t.Errorf("send to a bus that refuses: %v", err)
				}
				if want := map[bool]int{false: 1, true: 4}[passes]; len(b.requests) != want {
					t.Errorf("%d requests, want %d", len(b.requests), want)
				}
			})
		})
	}
}

// TestRefusedRequest: an event that makes EventBridge refuse the request fails alone.
func TestRefusedRequest(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		b := &bridge{answer: func(detail string) string {
			return map[bool]string{true: "MalformedDetail"}[detail == "bad"]
		}}
		b.fail = func(entries int) error {
			if entries > 1 {
				return &smithy.GenericAPIError{Code: "ValidationException", Message: "one of them"}
			}
			return nil
		}
		bus := eventbus.New(b, arn)
		var wg sync.WaitGroup
		for _, detail := range []string{"a", "b", "bad", "c", "d", "e"} {
			wg.Go(func() {
				if err := bus.Send(t.Context(), message(detail)); (err != nil) != (detail == "bad") {
					t.Errorf("send %s: %v, want an error only for bad", detail, err)
				}
			})
		}
		wg.Wait()
		if slices.Sort(b.accepted); strings.Join(b.accepted, "") != "abcde" {
			t.Errorf("events accepted: %v, want abcde", b.accepted)
		}
		b.answer, b.fail = accepting, func(int) error {
			return &smithy.GenericAPIError{Code: "ValidationException", Message: "this one"}
		}
		if err := bus.Send(t.Context(), message("x")); err == nil || errors.As(err, new(*publish.UnavailableError)) {
			t.Errorf("send an event that is refused alone: %v, want an error that is no UnavailableError", err)
		}
	})
}

// TestOutage: after a failure nothing is sent for some seconds, so that callers do not wait again and again. Then the
// bus is tried again.
func TestOutage(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		down := errors.New("connection refused")
		b := &bridge{answer: accepting, fail: func(int) error { return down }}
		bus := eventbus.New(b, arn)
		if failed := send(t.Context(), bus, 100, 5); len(failed) != 100 || !errors.Is(failed[99], down) ||
			!errors.As(failed[99], new(*publish.UnavailableError)) {
			t.Errorf("%d events failed, want 100 with UnavailableError", len(failed))
		}
		if len(b.requests) > 3 {
			t.Errorf("%d requests, want at most 3", len(b.requests))
		}
		b.fail = nil
		if failed := send(t.Context(), bus, 1, 1); len(failed) != 1 {
			t.Error("sent to a bus that has just failed")
		}
		time.Sleep(5 * time.Second)
		if failed := send(t.Context(), bus, 16, 5); len(failed) > 0 {
			t.Error(failed)
		}
		inOrder(t, b.accepted, 16, 5)
	})
}

// TestHangs: a bus that hangs costs 3 seconds, once.
func TestHangs(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		begin := time.Now()
		bus := eventbus.New(hanging{}, arn)
		if failed := send(t.Context(), bus, 100, 1); len(failed) != 100 || !errors.Is(failed[0], context.DeadlineExceeded) {
			t.Errorf("%d events failed, want 100 with DeadlineExceeded: %v", len(failed), failed)
		}
		if took := time.Since(begin); took > 3100*time.Millisecond {
			t.Errorf("sending ended after %v, want at most 3.1 s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		time.Sleep(10 * time.Second)
		if err := bus.Send(ctx, message("x")); err == nil || !strings.Contains(err.Error(), "no time left") {
			t.Errorf("send with no time left: %v", err)
		}
	})
}

type hanging struct{}

func (hanging) PutEvents(
	ctx context.Context, _ *eventbridge.PutEventsInput, _ ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestTooFewAnswers: if EventBridge does not say which entries it accepted, none counts as accepted.
func TestTooFewAnswers(t *testing.T) {
	t.Parallel()
	if err := eventbus.New(silent{}, arn).Send(t.Context(), message("x")); !errors.As(err,
		new(*publish.UnavailableError)) {
		t.Error(err)
	}
}

type silent struct{}

func (silent) PutEvents(
	context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options),
) (*eventbridge.PutEventsOutput, error) {
	return &eventbridge.PutEventsOutput{}, nil
}
