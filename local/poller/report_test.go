package poller_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/local/poller"
)

// failures is an answer that names the messages with these bodies.
func failures(e events.SQSEvent, failed ...string) string {
	answer := events.SQSEventResponse{}
	for _, r := range e.Records {
		if slices.Contains(failed, r.Body) {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
		}
	}
	text, _ := json.Marshal(answer)
	return string(text)
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func TestReportedFailures(t *testing.T) {
	t.Parallel()
	const again = " [1 2 3]"
	text := func(answer string) func(events.SQSEvent) string {
		return func(events.SQSEvent) string { return answer }
	}
	for name, test := range map[string]struct {
		answer func(events.SQSEvent) string
		want   string // of the second attempt
	}{
		"one":              {func(e events.SQSEvent) string { return failures(e, "2") }, " [2]"},
		"two":              {func(e events.SQSEvent) string { return failures(e, "3", "1") }, " [1 3]"},
		"all":              {func(e events.SQSEvent) string { return failures(e, "1", "2", "3") }, again},
		"none":             {text(`{"batchItemFailures":[]}`), ""},
		"null":             {text(`{"batchItemFailures":null}`), ""},
		"an empty object":  {text(`{}`), ""},
		"null instead":     {text(`null`), ""},
		"nothing":          {text(``), ""},
		"empty identifier": {text(`{"batchItemFailures":[{"itemIdentifier":""}]}`), again},
		"null identifier":  {text(`{"batchItemFailures":[{"itemIdentifier":null}]}`), again},
		"bad key":          {text(`{"batchItemFailures":[{"itemIdentifer":"3"}]}`), again},
		"unknown identifier": {func(e events.SQSEvent) string {
			return strings.Replace(failures(e, "1"), `[`, `[{"itemIdentifier":"x"},`, 1)
		}, again},
		"not what is expected": {text(`"fine"`), again},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				r := run(t, dir, func(c *poller.Config) {
					c.ReportFailures, c.MaxConcurrency = true, 1
				}, func(e events.SQSEvent) (string, error) {
					if calls++; calls == 1 {
						return test.answer(e), nil
					}
					return "", nil
				}, "1", "2", "3")
				defer r.end()
				time.Sleep(visibility)
				r.expect("[1 2 3]" + test.want)
			})
		})
	}
}

func TestReportsAreIgnoredUnlessAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, func(e events.SQSEvent) (string, error) { return failures(e, "1"), nil }, "1", "2")
		defer r.end()
		time.Sleep(visibility)
		r.expect("[1 2]")
	})
}
