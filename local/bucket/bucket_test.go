package bucket_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/local/bucket"
)

const key = "aws/lambda/m/shardId-1/2026/11/25/2026-11-25T10.00.00-a b+c"

func newBucket(t *testing.T) (*bucket.Bucket, *[]string) {
	t.Helper()
	b := bucket.New(bucket.Config{
		Name: "given-up", ARN: "arn:aws:s3:::given-up", Region: "us-east-1", Dir: filepath.Join(t.TempDir(), "Failures"),
	})
	var told []string
	b.Tell(func(message string) error { told = append(told, message); return nil })
	return b, &told
}

// An object is a file. The receiver of the notification finds it by the notification's text, as Lambda functions do.
func TestObjects(t *testing.T) {
	t.Parallel()
	b, told := newBucket(t)
	if err := b.Put(key, []byte("content")); err != nil {
		t.Fatal(err)
	}
	var e events.S3Event
	if err := json.Unmarshal([]byte((*told)[0]), &e); err != nil {
		t.Fatal(err)
	}
	entity := e.Records[0].S3
	if entity.Bucket.Name != "given-up" || entity.Object.URLDecodedKey != key || entity.Object.Size != 7 ||
		e.Records[0].EventSource != "aws:s3" {
		t.Errorf("notification: %s, want the bucket, the key and the size", (*told)[0])
	}
	body, err := b.Get(key)
	if text, _ := os.ReadFile(filepath.Join(b.Dir, filepath.FromSlash(key))); err != nil || string(body) != "content" ||
		string(text) != "content" {
		t.Errorf("%q, %v; in the file %q", body, err, text)
	}
	if _, err := b.Get("aws/lambda"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("get a folder: %v, want os.ErrNotExist", err)
	}
	for _, bad := range []string{"", "../x", "a/../../x", "/etc/passwd", "a//b"} {
		if err := b.Put(bad, nil); !errors.Is(err, bucket.ErrNoKey) {
			t.Errorf("put %q: %v, want ErrNoKey", bad, err)
		}
		if _, err := b.Get(bad); !errors.Is(err, bucket.ErrNoKey) {
			t.Errorf("get %q: %v, want ErrNoKey", bad, err)
		}
	}
	b.Tell(func(string) error { return errors.New("the queue is closed") })
	if err := b.Put("other", nil); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("put with a closed receiver of notifications: %v, want an error", err)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	b, told := newBucket(t)
	s, err := bucket.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.May = func(header http.Header, action, object string) error {
		if header.Get("Authorization") != "" {
			return nil
		}
		return errors.New(action + " on " + object)
	}
	s.Serve(b)
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"PUT", "/given-up/a/b%20c?x-id=PutObject", 200, ""},
		{"GET", "/given-up/a/b%20c", 200, "sent"},
		{"HEAD", "/given-up/a/b%20c", 200, ""},
		{"GET", "/given-up/a/b%20c", 403, "<Message>s3:GetObject on arn:aws:s3:::given-up/a/b c</Message>"},
		{"PUT", "/given-up/d", 403, "<Code>AccessDenied</Code>"},
		{"GET", "/given-up/a/b%20c?versionId=1", 501, "NotImplemented"},
		{"GET", "/given-up/missing", 404, "<Code>NoSuchKey</Code>"},
		{"GET", "/given-up/a", 404, "<Code>NoSuchKey</Code>"},
		{"GET", "/other/a", 404, "<Code>NoSuchBucket</Code>"},
		{"DELETE", "/given-up/a/b%20c", 501, "NotImplemented"},
		{"PUT", "/given-up/%2e%2e/x", 500, "InternalError"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, s.Address()+test.path, strings.NewReader("sent"))
		if err != nil {
			t.Fatal(err)
		}
		if test.status != http.StatusForbidden {
			r.Header.Set("Authorization", "signed")
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != test.status || !strings.Contains(string(body), test.body) {
			t.Errorf("%s %s: status %d, body %s; want %d and %s",
				test.method, test.path, answer.StatusCode, body, test.status, test.body)
		}
	}
	if len(*told) != 1 {
		t.Errorf("%d notifications, want 1", len(*told))
	}
}

// TestList: keys that begin with a prefix are listed in their order, as ListObjectsV2 answers, to who may.
func TestList(t *testing.T) {
	t.Parallel()
	b, _ := newBucket(t)
	if keys, err := b.List(""); err != nil || len(keys) > 0 {
		t.Errorf("an empty bucket: %v, %v", keys, err)
	}
	for _, key := range []string{"u/2", "u/1", "v"} {
		if err := b.Put(key, nil); err != nil {
			t.Fatal(err)
		}
	}
	s, err := bucket.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	allowed := true
	s.May = func(_ http.Header, action, object string) error {
		if !allowed {
			return errors.New(action + " on " + object)
		}
		return nil
	}
	s.Serve(b)
	ask := func(query string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Address()+"/given-up?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body)
	}
	want := `<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>` +
		`<Contents><Key>u/1</Key></Contents><Contents><Key>u/2</Key></Contents>`
	if status, body := ask("list-type=2&prefix=u%2F"); status != 200 || !strings.Contains(body, want) {
		t.Errorf("list with a prefix: status %d, body %s; want 200 and two keys", status, body)
	}
	if status, body := ask("list-type=2&continuation-token=x"); status != 501 {
		t.Errorf("list with a continuation token: status %d, body %s; want 501", status, body)
	}
	allowed = false
	if status, body := ask("list-type=2"); status != 403 ||
		!strings.Contains(body, "s3:ListBucket on arn:aws:s3:::given-up<") {
		t.Errorf("list without the right to: status %d, body %s; want 403", status, body)
	}
}
