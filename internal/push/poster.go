package push

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
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/annals-es/annals/internal/awsendpoint"
)

// URLEnv is the environment variable with the address of the WebSocket API's management endpoint:
// https://{api}.execute-api.{region}.{suffix}/{stage}.
const URLEnv = "CONNECTIONS_URL"

// ErrGone says that a connection does not exist any more.
var ErrGone = errors.New("the connection does not exist any more")

// postTimeout is how long a post may take.
const postTimeout = time.Second

// Poster posts messages to connections with API Gateway's management API. It does not use the SDK's client of that API,
// since a message is only one signed POST.
type Poster struct {
	cfg      aws.Config
	endpoint string
	host     string // the API's host, if the endpoint is shared by all services
	signer   *v4.Signer
	client   *http.Client
	now      func() time.Time
}

// NewPoster returns a poster to the endpoint that the environment names.
//
// Errors: [URLEnv] is not set, or is not an address.
func NewPoster(cfg aws.Config, getenv func(string) string) (*Poster, error) {
	endpoint, host := endpointOf(cfg, strings.TrimSuffix(getenv(URLEnv), "/"))
	if endpoint == "" {
		return nil, fmt.Errorf("%s is not set: it must be the address of the WebSocket API", URLEnv)
	}
	if u, err := url.Parse(endpoint); err != nil || u.Host == "" {
		return nil, fmt.Errorf("%s %q is not the address of a WebSocket API, such as "+
			"https://abc.execute-api.eu-west-1.amazonaws.com/live", URLEnv, endpoint)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = parallel
	return &Poster{
		cfg: cfg, endpoint: endpoint, host: host, signer: v4.NewSigner(), now: time.Now,
		client: &http.Client{Transport: transport, Timeout: postTimeout},
	}, nil
}

// endpointOf returns the address that messages are posted to, and the Host header if it differs. If
// AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI is set, it replaces the whole address of the API. AWS_ENDPOINT_URL is shared
// by all services, so it replaces only the host: the path keeps the stage, and the Host header names the API.
func endpointOf(cfg aws.Config, api string) (endpoint, host string) {
	configured, own := awsendpoint.Of(cfg, "ApiGatewayManagementApi")
	switch u, err := url.Parse(api); {
	case configured == "":
		return api, ""
	case own || err != nil:
		return configured, ""
	default:
		return configured + u.EscapedPath(), u.Host
	}
}

// Post sends a message to a connection.
//
// Errors: [ErrGone]; API Gateway's answer; those of the network and of credentials.
func (p *Poster) Post(ctx context.Context, connection string, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	// Escaped as the SDK does it, since the signature covers the escaped path.
	address := p.endpoint + "/@connections/" + url.QueryEscape(connection)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(message))
	if err != nil {
		return err
	}
	r.Host = cmp.Or(p.host, r.Host)
	r.Header.Set("Content-Type", "application/octet-stream")
	if err := p.sign(ctx, r, message); err != nil {
		return err
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	// The body explains a failure. It is read in any case: HTTP connections are reused only after that.
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
	switch {
	case answer.StatusCode == http.StatusGone:
		return ErrGone
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("post to connection %s: %s: %s", connection, answer.Status, body)
	}
	return nil
}

func (p *Poster) sign(ctx context.Context, r *http.Request, message []byte) error {
	credentials, err := p.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("sign a request to the WebSocket API: %w", err)
	}
	hash := sha256.Sum256(message)
	return p.signer.SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "execute-api", p.cfg.Region, p.now())
}
