package awsconfig

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// Timeouts and retries of calls to AWS. The SDK's defaults, 30 s for a connection and up to 20 s between attempts, are
// too long for a function: its time is limited, and its caller waits.
const (
	dialTimeout = time.Second
	// attemptTimeout ends an attempt that hangs, so that there is time for another. An answer takes milliseconds.
	attemptTimeout = 5 * time.Second
	attempts       = 4
	maxBackoff     = 200 * time.Millisecond
	// connections is how many idle connections are kept. A projector has that many concurrent requests.
	connections = 64
)

// HTTPClient returns the client that sends the requests.
func HTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(attemptTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = dialTimeout
			t.MaxIdleConnsPerHost = connections
		})
}

// clientTrusting returns a client that trusts only the certificates in a file, or those of the system if bundle is "".
func clientTrusting(bundle string) (*awshttp.BuildableClient, error) {
	if bundle == "" {
		return HTTPClient(), nil
	}
	text, err := os.ReadFile(bundle)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", bundle)
	}
	return HTTPClient().WithTransportOptions(func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.RootCAs = roots
	}), nil
}

// Retryer returns the retryer of AWS clients: which calls are retried, and when.
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.MaxBackoff = maxBackoff
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(retryCutOff))
	})
}

// retryCutOff retries a call whose answer was cut off, which the SDK does not. All writes of this module may be
// repeated.
func retryCutOff(err error) aws.Ternary {
	if dynamofault.CutOff(err) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
