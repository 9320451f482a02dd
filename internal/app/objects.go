package app

import (
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

	"github.com/annals-es/annals/internal/app/queues"
	"github.com/annals-es/annals/internal/awsendpoint"
)

// maxObject is more than a batch can take: 6 MB, as a text in a document.
const maxObject = 32 << 20

// Objects reads the objects of one S3 bucket. (The SDK's client of S3 would add 0.9 MB to a function for one signed
// GET.)
type Objects struct {
	cfg    aws.Config
	url    func(bucket string) (string, error)
	signer *v4.Signer
}

// NewObjects returns the objects of the bucket that the environment names. AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL
// redirect it: there, buckets are paths.
func NewObjects(cfg aws.Config, getenv func(string) string) *Objects {
	o := &Objects{cfg: cfg, signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })}
	endpoint, _ := awsendpoint.Of(cfg, "S3")
	own := getenv(queues.FailuresEnv)
	o.url = func(bucket string) (string, error) {
		switch {
		case endpoint != "":
			return endpoint + "/" + httpbinding.EscapePath(bucket, true), nil
		case own != "":
			return own, nil
		}
		return "", errors.New("the address of the bucket is missing: set " + queues.FailuresEnv)
	}
	return o
}

// Get reads an object of the bucket with a name, which the environment's is to have.
//
// Errors: S3's; an object that is larger than a batch can be.
func (o *Objects) Get(ctx context.Context, bucket, key string) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, fmt.Errorf("get s3://%s/%s: %w", bucket, key, err) }
	url, err := o.url(bucket)
	if err != nil {
		return fail(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/"+httpbinding.EscapePath(key, false), nil)
	if err != nil {
		return fail(err)
	}
	if err := o.sign(ctx, r); err != nil {
		return fail(err)
	}
	answer, err := o.cfg.HTTPClient.Do(r)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxObject+1))
	switch {
	case err != nil:
		return fail(err)
	case answer.StatusCode != http.StatusOK:
		return fail(fmt.Errorf("%s: %s", answer.Status, body[:min(len(body), 500)]))
	case len(body) > maxObject:
		return fail(fmt.Errorf("it has more than %d bytes", maxObject))
	}
	return body, nil
}

func (o *Objects) sign(ctx context.Context, r *http.Request) error {
	credentials, err := o.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	nothing := sha256.Sum256(nil)
	hash := hex.EncodeToString(nothing[:])
	r.Header.Set("X-Amz-Content-Sha256", hash) // S3 wants it, unlike others
	return o.signer.SignHTTP(ctx, credentials, r, hash, "s3", o.cfg.Region, time.Now())
}
