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

// How calls to AWS fail. The SDK's own choices are for programs that may take their time: 30 s for a connection, 20 s
// between attempts. A function has its remaining time, and a caller that waits.
const (
	dialTimeout = time.Second
	// attemptTimeout ends an attempt that hangs, so that there is time for another. Answers take milliseconds.
	attemptTimeout = 5 * time.Second
	attempts       = 4
	maxBackoff     = 200 * time.Millisecond
	// connections is how many are kept; a projector has that many requests on their way at once.
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

// clientTrusting returns the client that trusts the certificates of a file alone, or the system's if the path is "".
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
		return nil, fmt.Errorf("%s holds no certificate in PEM form", bundle)
	}
	return HTTPClient().WithTransportOptions(func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.RootCAs = roots
	}), nil
}

// Retryer says which calls are tried again, and when.
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.MaxBackoff = maxBackoff
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(retryCutOff))
	})
}

// retryCutOff tries again after half an answer, which the SDK takes for good. Every write of ours may be sent again.
func retryCutOff(err error) aws.Ternary {
	if dynamofault.CutOff(err) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
