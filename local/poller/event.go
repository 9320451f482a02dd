package poller

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/local/queue"
)

// The event of https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
type (
	event  struct{ Records []record }
	record struct {
		MessageID         string            `json:"messageId"`
		ReceiptHandle     string            `json:"receiptHandle"`
		Body              string            `json:"body"`
		Attributes        map[string]string `json:"attributes"`
		MessageAttributes struct{}          `json:"messageAttributes"`
		MD5OfBody         string            `json:"md5OfBody"`
		EventSource       string            `json:"eventSource"`
		EventSourceARN    string            `json:"eventSourceARN"`
		AWSRegion         string            `json:"awsRegion"`
	}
)

func (m *Mapping) newEvent(messages []queue.Message) []byte {
	var e event
	for _, one := range messages {
		e.Records = append(e.Records, record{
			MessageID: one.ID, ReceiptHandle: uuid.NewString(), Body: one.Body, MD5OfBody: one.MD5(),
			Attributes:  attributes(one),
			EventSource: "aws:sqs", EventSourceARN: m.queue.ARN, AWSRegion: m.Region,
		})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // escaped HTML would take more room than batch.fits allows for
	_ = encoder.Encode(e)        // strings cannot fail
	return text.Bytes()
}

func attributes(m queue.Message) map[string]string {
	all := map[string]string{
		"ApproximateReceiveCount":          strconv.Itoa(m.Receives),
		"SentTimestamp":                    milliseconds(m.Sent),
		"SenderId":                         "local",
		"ApproximateFirstReceiveTimestamp": milliseconds(m.FirstReceived),
	}
	if m.DeadLetterOf != "" {
		all["DeadLetterQueueSourceArn"] = m.DeadLetterOf
	}
	return all
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
