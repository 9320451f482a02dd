package poller

import (
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/local/mapping"
	"github.com/annals-es/annals/local/queue"
)

var errReported = errors.New("the function reports failures")

// judge reads the function's answer and returns the messages that are done, and why the others are not. An identifier that
// is of no message in the batch means that the whole batch failed.
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
			return nil, fmt.Errorf("the function reports the failure of %q, which is no message of the batch", id)
		}
	}
	if len(failed) == 0 {
		return messages, nil
	}
	done := slices.DeleteFunc(slices.Clone(messages), func(one queue.Message) bool { return slices.Contains(failed, one.ID) })
	return done, errReported
}
