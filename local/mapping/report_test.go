package mapping_test

import (
	"testing"

	"github.com/annals-es/annals/local/mapping"
)

func TestReportedFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		report string // of the first attempt
		want   string
	}{
		"from the lowest":      {failures(5, 3, 4), "[0] [1 2 3 4 5 6] [3 4 5 6]"},
		"as big integers":      {failures(6, 5), "[0] [1 2 3 4 5 6] [5 6]"},
		"the first":            {failures(1), "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"the last":             {failures(6), "[0] [1 2 3 4 5 6] [6]"},
		"none":                 {failures(), "[0] [1 2 3 4 5 6]"},
		"null":                 {`{"batchItemFailures":null}`, "[0] [1 2 3 4 5 6]"},
		"an empty object":      {`{}`, "[0] [1 2 3 4 5 6]"},
		"null instead":         {`null`, "[0] [1 2 3 4 5 6]"},
		"nothing":              {``, "[0] [1 2 3 4 5 6]"},
		"empty identifier":     {`{"batchItemFailures":[{"itemIdentifier":""}]}`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"null identifier":      {`{"batchItemFailures":[{"itemIdentifier":null}]}`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"bad key":              {`{"batchItemFailures":[{"itemIdentifer":"3"}]}`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"unknown identifier":   {failures(3, 77), "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"not what is expected": {`"fine"`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *mapping.Config) { c.ReportFailures = true })
			calls := 0
			r.worker.answer = func([]int) (string, error) {
				if calls++; calls == 2 {
					return test.report, nil
				}
				return "", nil
			}
			backlog(r, 6)
			r.expect(test.want)
		})
	}
}

func TestReportsAreIgnoredUnlessAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.worker.answer = func([]int) (string, error) { return failures(1), nil }
	backlog(r, 2)
	r.expect("[0] [1 2]")
}

func TestReportedFailuresAndBisect(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.ReportFailures, c.Bisect, c.MaxRetries = true, true, 1 })
	r.worker.answer = func(batch []int) (string, error) {
		for _, n := range batch {
			if n == 3 {
				return failures(3), nil
			}
		}
		return "", nil
	}
	backlog(r, 6)
	// Cut at the reported record; then it is the first one, which is the failure of the whole batch: halved.
	r.expect("[0] [1 2 3 4 5 6] [3 4 5 6] [3 4] [3] [3] [4] [5 6]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 3-3" {
		t.Errorf("records given up: %s, want 3-3", got)
	}
	if response := r.letters.messages[0]["responseContext"].(map[string]any); response["functionError"] != nil {
		t.Errorf("reported failures are no function error: %v", response)
	}
}

func TestReportedFailuresAndRetries(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.ReportFailures, c.MaxRetries = true, 1 })
	r.worker.answer = func(batch []int) (string, error) {
		if batch[len(batch)-1] == 4 {
			return failures(3), nil
		}
		return "", nil
	}
	backlog(r, 4)
	r.expect("[0] [1 2 3 4] [3 4]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 3-4" {
		t.Errorf("records given up: %s, want 3-4", got)
	}
}
