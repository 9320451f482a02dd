package annalslambda_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
)

// batch is SQS's SendMessageBatch,
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html.
type batch struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []struct {
		ID           string `json:"Id"`
		MessageBody  string
		DelaySeconds int
	}
}

// queueAt is a queue on a server that records its messages and refuses the message "bad". answer may replace its
// answer.
func queueAt(t *testing.T, change func(http.ResponseWriter) bool) (*annalslambda.Queue, *[]batch) {
	t.Helper()
	var sent []batch
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in batch
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil ||
			r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessageBatch" {
			t.Errorf("request to the queue: %s, %v, want SendMessageBatch", r.Header.Get("X-Amz-Target"), err)
		}
		sent = append(sent, in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if change != nil && change(w) {
			return
		}
		successful, failed := []map[string]any{}, []map[string]any{}
		for _, e := range in.Entries {
			if e.MessageBody == "bad" {
				failed = append(failed, map[string]any{
					"Id": e.ID, "Code": "InvalidMessageContents", "Message": "no", "SenderFault": true,
				})
				continue
			}
			sum := md5.Sum([]byte(e.MessageBody))
			successful = append(successful, map[string]any{
				"Id": e.ID, "MessageId": "m", "MD5OfMessageBody": hex.EncodeToString(sum[:]),
			})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Successful": successful, "Failed": failed})
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_SQS", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return annalslambda.NewQueue(configuration(t), server.URL+"/000000000000/Q"), &sent
}

func TestEnqueue(t *testing.T) { //nolint:paralleltest // sets the environment
	q, sent := queueAt(t, nil)
	var bodies []string
	for i := range 23 {
		bodies = append(bodies, fmt.Sprint(i))
	}
	if err := q.Enqueue(t.Context(), 90*time.Second, bodies...); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range *sent {
		for i, e := range b.Entries {
			got = append(got, e.MessageBody)
			if e.DelaySeconds != 90 || e.ID != fmt.Sprint(i) {
				t.Errorf("message: %+v, want the id %d and a delay of 90 s", e, i)
			}
		}
	}
	if len(*sent) != 3 || fmt.Sprint(got) != fmt.Sprint(bodies) ||
		!strings.HasSuffix((*sent)[0].QueueURL, "/000000000000/Q") {
		t.Errorf("messages: %+v, want all bodies in three requests to Q", *sent)
	}
	if err := q.Enqueue(t.Context(), 0); err != nil || len(*sent) != 3 {
		t.Errorf("enqueue no jobs: %v", err)
	}
}

func TestRefusedMessages(t *testing.T) { //nolint:paralleltest // sets the environment
	q, sent := queueAt(t, nil)
	err := q.Enqueue(t.Context(), 0, append(strings.Split("abcdefghi", ""), "bad", "j", "bad")...)
	if err == nil || strings.Count(err.Error(), "InvalidMessageContents") != 2 || len(*sent) != 2 {
		t.Errorf("enqueue with two bad messages: %v, sent %+v", err, *sent)
	}
}

func TestAQueueThatDoesNotAnswer(t *testing.T) { //nolint:paralleltest // sets the environment
	q, sent := queueAt(t, func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusInternalServerError); return true })
	start := time.Now()
	if err := q.Enqueue(t.Context(), 0, strings.Split("abcdefghijk", "")...); err == nil {
		t.Error("enqueue to a queue that fails: no error")
	}
	if took := time.Since(start); len(*sent) != 4 || took > 3*time.Second { // attempts of the first request
		t.Errorf("%d requests in %v, want 4 in at most 3 s", len(*sent), took)
	}
}

func TestSendingEndsBeforeItsContext(t *testing.T) { //nolint:paralleltest // sets the environment
	release := make(chan struct{})
	q, _ := queueAt(t, func(http.ResponseWriter) bool { <-release; return true })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := q.Enqueue(ctx, 0, "a"); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		t.Errorf("enqueue with a deadline: %v, context %v; want DeadlineExceeded before the context's own", err, ctx.Err())
	}
}
