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

// URLEnv is the environment variable that says where connections are posted to:
// https://{api}.execute-api.{region}.{suffix}/{stage}.
const URLEnv = "CONNECTIONS_URL"

// ErrGone says that a connection does not exist any more.
var ErrGone = errors.New("the connection is gone")

// postTimeout is how long a post may take.
const postTimeout = time.Second

// Poster posts messages to connections, as API Gateway's management API has it. (The SDK's client of that API is not
// used: it is one signed POST.)
type Poster struct {
	cfg      aws.Config
	endpoint string
	host     string // the API's own, where the endpoint is that of all services
	signer   *v4.Signer
	client   *http.Client
	now      func() time.Time
}

// NewPoster returns a poster to the endpoint that the environment names.
//
// Errors: no endpoint, or one that is no address.
func NewPoster(cfg aws.Config, getenv func(string) string) (*Poster, error) {
	endpoint, host := endpointOf(cfg, strings.TrimSuffix(getenv(URLEnv), "/"))
	if endpoint == "" {
		return nil, fmt.Errorf("the address of the WebSocket API is missing: set %s", URLEnv)
	}
	if u, err := url.Parse(endpoint); err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is no address of a WebSocket API, like https://abc.execute-api.eu-west-1.amazonaws.com/live: set %s", endpoint, URLEnv)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = parallel
	return &Poster{
		cfg: cfg, endpoint: endpoint, host: host, signer: v4.NewSigner(), now: time.Now,
		client: &http.Client{Transport: transport, Timeout: postTimeout},
	}, nil
}

// endpointOf is where the connections of an API are posted to. AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI takes the place
// of the API's address. AWS_ENDPOINT_URL, which knows no API, takes the place of its host alone: the stage stays, and the Host
// header still names the API.
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
// Errors: [ErrGone].
func (p *Poster) Post(ctx context.Context, connection string, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	// Escaped as the SDK does it, since the signature is of the escaped path.
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
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 500)) // it explains a failure; a connection is used again once it is read
	switch {
	case answer.StatusCode == http.StatusGone:
		return ErrGone
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("post to a connection: %s: %s", answer.Status, body)
	}
	return nil
}

func (p *Poster) sign(ctx context.Context, r *http.Request, message []byte) error {
	credentials, err := p.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("sign a post: %w", err)
	}
	hash := sha256.Sum256(message)
	return p.signer.SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "execute-api", p.cfg.Region, p.now())
}
