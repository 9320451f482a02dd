package streams

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Client calls DynamoDB Streams at an endpoint.
type Client struct {
	endpoint, region string
	http             *http.Client
	signer           *v4.Signer
}

// NewClient returns a client. It signs requests with dummy credentials, because local endpoints do not check them.
func NewClient(endpoint, region string) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 64
	return &Client{
		endpoint: endpoint, region: region, signer: v4.NewSigner(),
		http: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	}
}

// call sends one request of the JSON protocol.
func (c *Client) call(ctx context.Context, operation string, input, output any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+operation)
	hash := sha256.Sum256(body)
	placeholder := aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}
	if err := c.signer.SignHTTP(ctx, placeholder, r, hex.EncodeToString(hash[:]), "dynamodb", c.region,
		time.Now()); err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %w", operation, failure(answer.Status, text))
	}
	return json.Unmarshal(text, output)
}

func failure(status string, text []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(text, &said) // if it fails, the error has only the status
	_, name, _ := strings.Cut(said.Type, "#")
	switch name {
	case "ExpiredIteratorException":
		return ErrExpired
	case "TrimmedDataAccessException":
		return ErrTrimmed
	case "ResourceNotFoundException":
		return fmt.Errorf("%w: %s", ErrGone, said.Message)
	}
	return fmt.Errorf("%s %s: %s", status, name, said.Message)
}
