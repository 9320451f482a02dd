package objects_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/annals-es/annals/internal/objects"
)

// TestBucket: S3 is asked by signed requests, at the bucket's own address, or below the endpoint that the SDKs'
// variable names.
func TestBucket(t *testing.T) {
	t.Parallel()
	var asked []string
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body))
		if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/s3/aws4_request") {
			t.Errorf("headers: %v, want a signature for S3", r.Header)
		}
		w.WriteHeader(status)
		if r.URL.Query().Get("list-type") == "2" { // as the documentation of ListObjectsV2 has it
			_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult ` +
				`xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>` +
				`<IsTruncated>true</IsTruncated><Contents><Key>u/1</Key><Size>1</Size></Contents>` +
				`<Contents><Key>u/2</Key></Contents></ListBucketResult>`))
			return
		}
		_, _ = w.Write([]byte("content"))
	}))
	t.Cleanup(server.Close)
	cfg := aws.Config{
		Region: "us-east-1", HTTPClient: awshttp.NewBuildableClient().WithTimeout(5 * time.Second),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}
	located := func(endpoint string) *objects.Objects {
		cfg := cfg.Copy()
		if endpoint != "" {
			cfg.BaseEndpoint = &endpoint
		}
		return objects.New(cfg, func(string) string { return "" })
	}
	if located("").Bucket("") != nil {
		t.Error("bucket without an endpoint: want nil")
	}
	use := func(b objects.Bucket) (errs []error) {
		asked = nil
		errs = append(errs, b.Put(t.Context(), "u/a b", []byte("x")))
		body, err := b.Get(t.Context(), "u/1")
		if errs = append(errs, err); err == nil && string(body) != "content" {
			t.Errorf("object: %q, want content", body)
		}
		keys, more, err := b.List(t.Context(), "u/")
		if errs = append(errs, err); err == nil && (!more || !slices.Equal(keys, []string{"u/1", "u/2"})) {
			t.Errorf("listed %v, more %v; want u/1 and u/2, and more", keys, more)
		}
		return errs
	}
	const address = "https://b.s3.us-east-1.amazonaws.com"
	for path, b := range map[string]func() objects.Bucket{
		"":   func() objects.Bucket { return located("").Bucket(server.URL) },
		"/b": func() objects.Bucket { return located(server.URL + "/").Bucket(address) },
	} {
		for _, err := range use(b()) {
			if err != nil {
				t.Error(err)
			}
		}
		want := []string{"PUT " + path + "/u/a%20b x", "GET " + path + "/u/1 ", "GET " + path + "/?list-type=2&prefix=u%2F "}
		if !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	}
	status = http.StatusForbidden
	b := located(server.URL).Bucket(address)
	for i, err := range use(b) {
		if err == nil || !strings.Contains(err.Error(), "s3://b/u/") || !strings.Contains(err.Error(), "403 Forbidden") {
			t.Errorf("request %d: %v, want an error with the object and 403 Forbidden", i, err)
		}
	}
	if got := b.Location("u/1"); got != "s3://b/u/1" {
		t.Error(got)
	}
}
