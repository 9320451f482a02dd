// Package objects reads and writes objects of S3 with signed requests. It replaces the SDK's client of S3, which would
// add 0.9 MB to a function. Start with [New].
package objects

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/annals-es/annals/internal/awsendpoint"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// maxObject is the most bytes that are read of an object. A batch has at most 6 MB, as a string in a JSON document.
const maxObject = 32 << 20

// Objects reads and writes objects of S3.
type Objects struct {
	cfg      aws.Config
	endpoint string // the address below which buckets are paths; if "", each bucket has its own address
	own      string // the address of the function's own bucket
	signer   *v4.Signer
}

// New returns the objects of the bucket that the environment names. AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL redirect
// the requests. At such an endpoint, buckets are paths.
func New(cfg aws.Config, getenv func(string) string) *Objects {
	endpoint, _ := awsendpoint.Of(cfg, "S3")
	return &Objects{
		cfg: cfg, signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }), endpoint: endpoint,
		own: cmp.Or(getenv(annalsaws.ProjectorFailuresEnv), getenv(annalsaws.ReactorFailuresEnv)),
	}
}

func (o *Objects) url(bucket string) (string, error) {
	switch {
	case o.endpoint != "":
		return o.endpoint + "/" + httpbinding.EscapePath(bucket, true), nil
	case o.own != "":
		return o.own, nil
	}
	return "", errors.New("the address of the bucket is missing: set " + annalsaws.ProjectorFailuresEnv +
		" or " + annalsaws.ReactorFailuresEnv)
}

// Get reads an object. bucket must be the name of the bucket in the environment.
//
// Errors: those of S3; one if the object is larger than a batch can be.
func (o *Objects) Get(ctx context.Context, bucket, key string) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, fmt.Errorf("get s3://%s/%s: %w", bucket, key, err) }
	url, err := o.url(bucket)
	if err != nil {
		return fail(err)
	}
	body, err := o.do(ctx, http.MethodGet, url+"/"+httpbinding.EscapePath(key, false), nil)
	if err != nil {
		return fail(err)
	}
	return body, nil
}

// do sends a signed request, and returns the body of the answer.
//
// Errors: those of S3; one if the answer is larger than a batch can be.
func (o *Objects) do(ctx context.Context, method, url string, content []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if err := o.sign(ctx, r, content); err != nil {
		return nil, err
	}
	answer, err := o.cfg.HTTPClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxObject+1))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", answer.Status, body[:min(len(body), 500)])
	case len(body) > maxObject:
		return nil, fmt.Errorf("the answer has more than %d bytes", maxObject)
	}
	return body, nil
}

func (o *Objects) sign(ctx context.Context, r *http.Request, content []byte) error {
	credentials, err := o.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("sign the request: %w", err)
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash) // S3 requires it
	return o.signer.SignHTTP(ctx, credentials, r, hash, "s3", o.cfg.Region, time.Now())
}
