package poller

import (
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/local/mapping"
	"github.com/annals-es/annals/local/queue"
)

var errReported = errors.New("the function reported failures")

// judge reads the function's answer and returns the messages that are done, and why the others are not. An unknown
// identifier means that the whole batch failed.
func (m *Mapping) judge(messages []queue.Message, answer []byte) ([]queue.Message, error) {
	if !m.ReportFailures {
		return messages, nil
	}
	failed, err := mapping.ReportedFailures(answer)
	if err != nil {
		return nil, err
	}
	for _, id := range failed {
		if !slices.ContainsFunc(messages, func(one queue.Message) bool { return one.ID == id }) {
			return nil, fmt.Errorf("the function reported a failure of %q, which is not a message of the batch", id)
		}
	}
	if len(failed) == 0 {
		return messages, nil
	}
	done := slices.DeleteFunc(slices.Clone(messages), func(one queue.Message) bool {
		return slices.Contains(failed, one.ID)
	})
	return done, errReported
}
