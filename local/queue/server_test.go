package queue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/queue"
)

// serve returns a queue, and the SDK's client for its server with the queue's URL.
func serve(t *testing.T) (*queue.Queue, *sqs.Client, *string) {
	t.Helper()
	small := config
	small.MaxBody, small.Delay = 1000, 2*time.Second
	q := open(t, filepath.Join(t.TempDir(), "Q.jsonl"), small, nil)
	server, err := queue.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server.Serve(q)
	t.Cleanup(server.Close)
	client := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.Address()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	return q, client, aws.String(server.Address() + "/000000000000/Sys-Q")
}

// The SDK checks the checksums of what it is answered.
func TestSend(t *testing.T) {
	t.Parallel()
	q, client, url := serve(t)
	sent, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("a <ä>"), DelaySeconds: 0,
	})
	if err != nil || sent.MD5OfMessageBody == nil {
		t.Fatal(sent, err)
	}
	delayed, err := client.SendMessageBatch(t.Context(),
		&sqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String("b"), DelaySeconds: 60},
			{Id: aws.String("2"), MessageBody: aws.String("c"), DelaySeconds: 901},
			{Id: aws.String("3"), MessageBody: aws.String(strings.Repeat("d", 1001))},
			{Id: aws.String("4"), MessageBody: aws.String("\x01")},
			{Id: aws.String("5"), MessageBody: aws.String("")},
			{Id: aws.String("6"), MessageBody: aws.String("e")},
		}})
	if err != nil || len(delayed.Successful) != 2 || *delayed.Successful[1].Id != "6" ||
		delayed.Successful[0].MD5OfMessageBody == nil {
		t.Fatalf("send a batch with delays: %+v, %v, want two successful entries", delayed, err)
	}
	var failed []string
	for _, f := range delayed.Failed {
		failed = append(failed, fmt.Sprint(*f.Id, " ", *f.Code, " ", f.SenderFault))
	}
	if got := strings.Join(failed, ", "); got != "2 InvalidParameterValue true, 3 InvalidParameterValue true, 4 "+
		"InvalidMessageContents true, 5 MissingParameter true" {
		t.Errorf("entries that failed: %s", got)
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	found, err := q.Receive(ctx, all) // where the sender says nothing, the queue's own delay counts
	if err != nil || len(found) == 0 || time.Since(begin) < time.Second {
		t.Fatalf("received %v after %v, %v; want one after the queue's delay", found, time.Since(begin), err)
	}
	if found[0].Body != "a <ä>" || found[0].ID != *sent.MessageId {
		t.Errorf("received %+v, want the message that was sent: %+v", found, sent)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	_, client, url := serve(t)
	batch := func(ids ...string) error {
		in := &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{}}
		for _, id := range ids {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(id), MessageBody: aws.String("b")})
		}
		_, err := client.SendMessageBatch(t.Context(), in)
		return err
	}
	send := func(in sqs.SendMessageInput) error {
		in.QueueUrl = url
		_, err := client.SendMessage(t.Context(), &in)
		return err
	}
	half := aws.String(strings.Repeat("b", queue.MaxBody/2+1))
	_, tooLong := client.SendMessageBatch(t.Context(),
		&sqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: half}, {Id: aws.String("2"), MessageBody: half},
		}})
	_, nowhere := client.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(*url + "x"), MessageBody: aws.String("b"),
	})
	_, nowhereBatch := client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
		QueueUrl: aws.String(*url + "x"), Entries: []types.SendMessageBatchRequestEntry{},
	})
	_, unknown := client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: url})
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no queue", nowhere, "QueueDoesNotExist"},
		{"no queue for a batch", nowhereBatch, "QueueDoesNotExist"},
		{"another action", unknown, "UnsupportedOperation"},
		{"attributes",
			send(sqs.SendMessageInput{MessageBody: aws.String("b"), MessageAttributes: map[string]types.MessageAttributeValue{
				"a": {DataType: aws.String("String"), StringValue: aws.String("v")},
			}}), "UnsupportedOperation"},
		{"delay", send(sqs.SendMessageInput{MessageBody: aws.String("b"), DelaySeconds: -1}), "InvalidParameterValue"},
		{"too long", send(sqs.SendMessageInput{MessageBody: half}), "InvalidParameterValue"},
		{"empty batch", batch(), "EmptyBatchRequest"},
		{"eleven", batch(strings.Split("abcdefghijk", "")...), "TooManyEntriesInBatchRequest"},
		{"twins", batch("a", "a"), "BatchEntryIdsNotDistinct"},
		{"bad id", batch("a b"), "InvalidBatchEntryId"},
		{"too long together", tooLong, "BatchRequestTooLong"},
	} {
		api, ok := errors.AsType[smithy.APIError](test.err)
		if !ok || api.ErrorCode() != test.want || api.ErrorMessage() == "" {
			t.Errorf("%s: %v, want the error %s", test.name, test.err, test.want)
		}
	}
	if err := batch(strings.Split("abcdefghij", "")...); err != nil {
		t.Errorf("batch of ten entries: %v", err)
	}
	if _, ok := errors.AsType[*types.QueueDoesNotExist](nowhere); !ok {
		t.Errorf("send to an unknown queue: %T, want QueueDoesNotExist", nowhere)
	}
}

// What is not the sender's fault is for the SDK to try again.
func TestAQueueThatTakesNothing(t *testing.T) {
	t.Parallel()
	q, client, url := serve(t)
	_ = q.Close()
	_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("b")})
	_, batchErr := client.SendMessageBatch(t.Context(),
		&sqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String("b")},
		}})
	for _, err := range []error{err, batchErr} {
		response, ok := errors.AsType[interface {
			error
			HTTPStatusCode() int
		}](err)
		if !ok || response.HTTPStatusCode() != 500 || !strings.Contains(err.Error(), "InternalFailure") {
			t.Errorf("send while the file fails: %v, want the status 500", err)
		}
	}
}

func TestNoJSON(t *testing.T) {
	t.Parallel()
	_, _, url := serve(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, *url, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != 400 || !strings.Contains(string(body), `"__type":"UnsupportedOperation"`) ||
		answer.Header.Get("Content-Type") != "application/x-amz-json-1.0" {
		t.Errorf("an operation that is not supported: status %d, body %s, headers %v; want 400 UnsupportedOperation",
			answer.StatusCode, body, answer.Header)
	}
}

// Who may not send is told so, as SQS does, and nothing is sent.
func TestMaySend(t *testing.T) {
	t.Parallel()
	server, err := queue.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	q := open(t, filepath.Join(t.TempDir(), "Q.jsonl"), config, nil)
	server.MaySend = func(header http.Header, queue string) error {
		if queue != q.ARN || !strings.Contains(header.Get("Authorization"), "Credential=sender/") {
			return errors.New("User: x is not authorized")
		}
		return nil
	}
	server.Serve(q)
	for key, allowed := range map[string]bool{"sender": true, "other": false} {
		client := sqs.New(sqs.Options{
			BaseEndpoint: aws.String(server.Address()), Region: "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider(key, "x", ""),
		})
		url := aws.String(server.Address() + "/000000000000/" + q.Name)
		_, one := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("a")})
		_, many := client.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
			QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("a"), MessageBody: aws.String("a")}},
		})
		for _, err := range []error{one, many} {
			e, failed := errors.AsType[smithy.APIError](err)
			if allowed != (err == nil) || !allowed &&
				(!failed || e.ErrorCode() != "AccessDeniedException" || e.ErrorMessage() != "User: x is not authorized") {
				t.Errorf("send with the key %s: %v, want allowed %t", key, err, allowed)
			}
		}
	}
}
