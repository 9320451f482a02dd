package queue

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// The shapes of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html.
type (
	sendMessage struct {
		QueueURL     string `json:"QueueUrl"`
		MessageBody  string
		DelaySeconds *int
	}
	sendMessageBatch struct {
		QueueURL string `json:"QueueUrl"`
		Entries  []batchEntry
	}
	batchEntry struct {
		ID           string `json:"Id"`
		MessageBody  string
		DelaySeconds *int
	}
	sentMessage struct {
		ID               string `json:"Id,omitempty"` // of the entry of a batch
		MessageID        string `json:"MessageId"`
		MD5OfMessageBody string
	}
	failedEntry struct {
		ID          string `json:"Id"`
		SenderFault bool
		Code        string
		Message     string
	}
	sentBatch struct {
		Successful []sentMessage
		Failed     []failedEntry
	}
)

func (s *Server) send(header http.Header, in sendMessage) (any, error) {
	q, err := s.find(header, in.QueueURL)
	if err != nil {
		return nil, err
	}
	return q.accept(batchEntry{MessageBody: in.MessageBody, DelaySeconds: in.DelaySeconds})
}

func (s *Server) sendBatch(header http.Header, in sendMessageBatch) (any, error) {
	q, err := s.find(header, in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := in.validate(); err != nil {
		return nil, err
	}
	out := sentBatch{Successful: []sentMessage{}, Failed: []failedEntry{}} // JSON lists, even if empty
	for _, one := range in.Entries {
		sent, err := q.accept(one)
		switch e := asAPIError(err); {
		case err == nil:
			out.Successful = append(out.Successful, sent)
		case e.sender():
			out.Failed = append(out.Failed, failedEntry{one.ID, true, e.Code, e.Message})
		default:
			return nil, err
		}
	}
	return out, nil
}

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// validate returns the errors that fail a batch as a whole.
func (in sendMessageBatch) validate() error {
	if len(in.Entries) == 0 {
		return apiError{"EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."}
	}
	if len(in.Entries) > maxBatch {
		return apiError{
			"TooManyEntriesInBatchRequest",
			fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(in.Entries)),
		}
	}
	seen, size := map[string]bool{}, 0
	for _, one := range in.Entries {
		if !entryID.MatchString(one.ID) {
			return apiError{"InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and " +
				"underscores. It can be at most 80 letters long."}
		}
		if seen[one.ID] {
			return apiError{"BatchEntryIdsNotDistinct", fmt.Sprintf("Id %s repeated.", one.ID)}
		}
		seen[one.ID] = true
		size += len(one.MessageBody)
	}
	if size > MaxBody {
		return apiError{
			"BatchRequestTooLong",
			fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", MaxBody, size),
		}
	}
	return nil
}

// accept puts one message into the queue.
func (q *Queue) accept(in batchEntry) (sentMessage, error) {
	delay := q.Delay
	if in.DelaySeconds != nil {
		delay = time.Duration(*in.DelaySeconds) * time.Second
	}
	switch {
	case delay < 0 || delay > maxDelay:
		return sentMessage{}, apiError{
			"InvalidParameterValue", fmt.Sprintf("DelaySeconds must be >= 0 and <= %d.", int(maxDelay.Seconds())),
		}
	case in.MessageBody == "":
		return sentMessage{}, apiError{"MissingParameter", "The request must contain the parameter MessageBody."}
	case len(in.MessageBody) > q.MaxBody:
		return sentMessage{}, apiError{
			"InvalidParameterValue",
			fmt.Sprintf("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.MaxBody),
		}
	case !clean(in.MessageBody):
		return sentMessage{}, apiError{"InvalidMessageContents", "The message contains characters outside the allowed set."}
	}
	m, err := q.Put(in.MessageBody, delay)
	return sentMessage{ID: in.ID, MessageID: m.ID, MD5OfMessageBody: m.MD5()}, err
}

// clean reports whether a body has only characters that SQS accepts: those of XML.
func clean(body string) bool {
	for _, c := range body {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == '\uFFFE' || c == '\uFFFF' {
			return false
		}
	}
	return true
}

// MD5 is the checksum with which senders and receivers check a body.
func (m Message) MD5() string {
	sum := md5.Sum([]byte(m.Body))
	return hex.EncodeToString(sum[:])
}
