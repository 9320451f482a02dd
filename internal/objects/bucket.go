package objects

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go/encoding/httpbinding"
)

// Bucket is an S3 bucket.
type Bucket interface {
	// Put stores an object. It replaces an object with the same key. Errors: those of S3.
	Put(ctx context.Context, key string, content []byte) error
	// Get reads an object. Errors: those of S3, also if there is no such object; one if it is larger than a batch can be.
	Get(ctx context.Context, key string) ([]byte, error)
	// List returns the keys that begin with a prefix, at most 1,000 of them, in their order, and whether there are
	// more. Errors: those of S3.
	List(ctx context.Context, prefix string) (keys []string, more bool, err error)
	// Location is an object's address for people, s3://{bucket}/{key}.
	Location(key string) string
}

type bucket struct {
	objects *Objects
	name    string // for errors
	url     string
}

// Bucket returns the bucket with an address, https://{bucket}.s3.{region}.{suffix}. It is nil if address is "".
func (o *Objects) Bucket(address string) Bucket {
	if address == "" {
		return nil
	}
	host := strings.TrimPrefix(address, "https://")
	name, _, _ := strings.Cut(host, ".s3.")
	b := bucket{objects: o, name: name, url: address}
	if o.endpoint != "" {
		b.url = o.endpoint + "/" + httpbinding.EscapePath(name, true)
	}
	return b
}

func (b bucket) Put(ctx context.Context, key string, content []byte) error {
	if _, err := b.objects.do(ctx, http.MethodPut, b.at(key), content); err != nil {
		return fmt.Errorf("put %s: %w", b.Location(key), err)
	}
	return nil
}

func (b bucket) Get(ctx context.Context, key string) ([]byte, error) {
	content, err := b.objects.do(ctx, http.MethodGet, b.at(key), nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", b.Location(key), err)
	}
	return content, nil
}

// List calls ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func (b bucket) List(ctx context.Context, prefix string) ([]string, bool, error) {
	var listed struct {
		IsTruncated bool
		Contents    []struct{ Key string }
	}
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
	content, err := b.objects.do(ctx, http.MethodGet, b.url+"/?"+query.Encode(), nil)
	if err == nil {
		err = xml.Unmarshal(content, &listed)
	}
	if err != nil {
		return nil, false, fmt.Errorf("list %s: %w", b.Location(prefix), err)
	}
	keys := make([]string, len(listed.Contents))
	for i := range keys {
		keys[i] = listed.Contents[i].Key
	}
	return keys, listed.IsTruncated, nil
}

func (b bucket) Location(key string) string { return "s3://" + b.name + "/" + key }

func (b bucket) at(key string) string { return b.url + "/" + httpbinding.EscapePath(key, false) }
