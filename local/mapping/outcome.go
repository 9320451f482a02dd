package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annals-es/annals/local/streams"
)

// outcome is the result of an invocation: how many records from the front are done, and why the next one is not.
type outcome struct {
	done int
	err  error // nil: all are done
	// functionError is true if the invocation failed, and false if the function reported failures.
	functionError bool
}

// judge reads the function's answer. If failures are reported, the lowest sequence number counts: that record and all
// later ones are sent again. An identifier that is empty or unknown means that the whole batch failed.
func (l *lane) judge(batch []*entry, answer []byte) outcome {
	if !l.ReportFailures {
		return outcome{done: len(batch)}
	}
	identifiers, err := ReportedFailures(answer)
	if err != nil {
		return outcome{err: err}
	}
	lowest := len(batch)
	for _, identifier := range identifiers {
		place := find(batch, identifier)
		if place < 0 {
			return outcome{err: fmt.Errorf("the function reported a failure of %q, which is not a record of the batch",
				identifier)}
		}
		if lowest == len(batch) || streams.CompareSequence(identifier, batch[lowest].Sequence) < 0 {
			lowest = place
		}
	}
	if lowest == len(batch) {
		return outcome{done: len(batch)}
	}
	return outcome{done: lowest, err: errReported}
}

var errReported = errors.New("the function reported failures")

func find(batch []*entry, identifier string) int {
	for i, e := range batch {
		if e.Sequence == identifier {
			return i
		}
	}
	return -1
}

// ReportedFailures reads the identifiers in the answer of a function that reports the failures of its batch, by
// Lambda's rules. An empty answer, null, and a list that is empty or missing mean that all succeeded. An identifier
// that is missing or not a string is returned as "", which matches nothing in the batch.
func ReportedFailures(answer []byte) ([]string, error) {
	if answer = bytes.TrimSpace(answer); len(answer) == 0 {
		return nil, nil
	}
	var reported struct {
		BatchItemFailures []map[string]any `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &reported); err != nil {
		return nil, fmt.Errorf("the function's answer is not a list of batchItemFailures: %w", err)
	}
	identifiers := make([]string, len(reported.BatchItemFailures))
	for i, failure := range reported.BatchItemFailures {
		identifiers[i], _ = failure["itemIdentifier"].(string)
	}
	return identifiers, nil
}
