package eventbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/annals/publish"
)

const (
	// attempts is how often an entry is sent that EventBridge refused for now, while it accepted others of the request.
	attempts = 4
	// backoff is the longest pause before the second attempt. It doubles with each further one.
	backoff = 50 * time.Millisecond
)

func entryOf(arn string, e *entry) types.PutEventsRequestEntry {
	return types.PutEventsRequestEntry{
		EventBusName: aws.String(arn), Source: aws.String(Source), DetailType: aws.String(e.Type),
		Detail: aws.String(string(e.Detail)),
	}
}

// send sends a batch until each entry is accepted, refused, or given up for now.
func (b *Bus) send(batch []*entry) {
	for attempt := range attempts {
		if attempt > 0 {
			time.Sleep(rand.N(backoff << attempt))
		}
		if batch = b.sendOnce(batch, attempt == attempts-1); len(batch) == 0 {
			return
		}
	}
}

// sendOnce sends a batch, and returns the entries to send again. With last, there are none: all are answered.
func (b *Bus) sendOnce(batch []*entry, last bool) (again []*entry) {
	ctx, cancel := context.WithTimeout(batch[0].ctx, timeout)
	defer cancel()
	out, err := b.client.PutEvents(ctx, b.input(batch))
	switch {
	case err == nil && len(out.Entries) != len(batch):
		err = fmt.Errorf("EventBridge returned %d results for %d entries", len(out.Entries), len(batch))
	case refused(err) && len(batch) > 1: // one entry may be the cause
		for i := range batch {
			b.send(batch[i : i+1])
		}
		return nil
	}
	if err != nil {
		if !refused(err) {
			b.failed(err)
			err = &publish.UnavailableError{Err: err}
		}
		for _, e := range batch {
			e.answered <- err
		}
		return nil
	}
	for i, e := range batch {
		switch result := out.Entries[i]; {
		case result.ErrorCode == nil:
			e.answered <- nil
		case ofTheEntry[*result.ErrorCode]:
			e.answered <- resultError(result)
		case last:
			e.answered <- &publish.UnavailableError{Err: resultError(result)}
		default:
			again = append(again, e)
		}
	}
	return again
}

func resultError(r types.PutEventsResultEntry) error {
	return fmt.Errorf("EventBridge: %s: %s", aws.ToString(r.ErrorCode), aws.ToString(r.ErrorMessage))
}

// ofTheEntry are the errors that an entry has whenever it is sent. All others are transient: throttling and failures
// pass, and a missing permission or bus can be repaired.
var ofTheEntry = map[string]bool{"InvalidArgument": true, "MalformedDetail": true, "ValidationException": true}

// refused reports whether a request failed with an error that it has whenever it is sent.
func refused(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && ofTheEntry[api.ErrorCode()]
}
