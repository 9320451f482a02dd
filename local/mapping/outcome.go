package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annals-es/annals/local/streams"
)

// outcome is what became of an invocation: how many records from the front are done, and why the next one is not.
type outcome struct {
	done int
	err  error // nil: all are done
	// functionError says that the invocation itself failed, rather than reporting failures.
	functionError bool
}

// judge reads the function's answer. Where failures are reported, the lowest sequence number counts: that record and all
// after it are to be sent again. An identifier that is empty or of no record in the batch means that the whole batch failed.
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
			return outcome{err: fmt.Errorf("the function reports the failure of %q, which is no record of the batch", identifier)}
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

var errReported = errors.New("the function reports failures")

func find(batch []*entry, identifier string) int {
	for i, e := range batch {
		if e.Sequence == identifier {
			return i
		}
	}
	return -1
}

// ReportedFailures reads the answer of a function that reports the failures of its batch, as Lambda does for every kind of
// source: nothing, null and a list that is empty or missing say that all went well. An identifier that is missing, or no
// text, is empty here: it is that of nothing in the batch.
func ReportedFailures(answer []byte) ([]string, error) {
	if answer = bytes.TrimSpace(answer); len(answer) == 0 {
		return nil, nil
	}
	var reported struct {
		BatchItemFailures []map[string]any `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &reported); err != nil {
		return nil, fmt.Errorf("the function's answer is no list of failures: %w", err)
	}
	identifiers := make([]string, len(reported.BatchItemFailures))
	for i, failure := range reported.BatchItemFailures {
		identifiers[i], _ = failure["itemIdentifier"].(string)
	}
	return identifiers, nil
}
