package annalslambda

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
)

// Gateway serves events of API Gateway (HTTP API, payload 2.0) with an http.Handler.
//
// The request's path is built from the route that API Gateway matched and its parameters, not from the raw path, which
// may have been decoded twice. So the handler serves the same route that API Gateway authorized.
//
// A request without a correlation id gets API Gateway's request id, which is also in the access log. An answer that is
// too large for Lambda is replaced with a problem document.
func Gateway(
	s *annals.Service, h http.Handler, log *slog.Logger,
) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if authorizer := event.RequestContext.Authorizer; authorizer != nil {
			var claims map[string]string // an authorizer of another kind gives no claims: the request is refused
			if authorizer.JWT != nil {
				claims = authorizer.JWT.Claims
			}
			ctx = annalshttp.WithPrincipal(ctx, claims["sub"], scopes(claims)...)
		}
		w := &recorder{header: http.Header{}}
		h.ServeHTTP(w, newRequest(ctx, &event))
		tracing.Correlate(ctx, w.header.Get(annalshttp.CorrelationHeader))
		return sendable(ctx, s, log, event.RequestContext.HTTP.Method, w.response()), nil
	}
}

func newRequest(ctx context.Context, event *events.APIGatewayV2HTTPRequest) *http.Request {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		body, _ = base64.StdEncoding.DecodeString(event.Body) // API Gateway encoded it
	}
	r := &http.Request{
		Method: event.RequestContext.HTTP.Method,
		URL:    &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString},
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        make(http.Header, len(event.Headers)),
		Body:          readCloser{bytes.NewReader(body)},
		ContentLength: int64(len(body)),
		RemoteAddr:    event.RequestContext.HTTP.SourceIP,
	}
	for name, value := range event.Headers {
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host")
	if _, there := r.Header["X-Correlation-Id"]; !there && event.RequestContext.RequestID != "" {
		r.Header.Set("X-Correlation-Id", event.RequestContext.RequestID)
	}
	if _, route, matched := strings.Cut(event.RouteKey, " "); matched {
		r.URL.Path, r.URL.RawPath = fill(route, event.PathParameters)
	}
	return r.WithContext(ctx)
}

// scopes returns a token's scopes, from the claims that API Gateway reads: scope, or else scp. API Gateway passes a
// list as "[a b]".
func scopes(claims map[string]string) []string {
	return strings.Fields(strings.Trim(cmp.Or(claims["scope"], claims["scp"]), "[]"))
}

// fill puts parameters into a route's path. It returns the path and its escaped form.
func fill(route string, parameters map[string]string) (path, escaped string) {
	segments := strings.Split(route, "/")
	raw := make([]string, len(segments))
	for i, segment := range segments {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			segments[i] = parameters[strings.TrimSuffix(name, "}")]
		}
		raw[i] = url.PathEscape(segments[i])
	}
	return strings.Join(segments, "/"), strings.Join(raw, "/")
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// recorder records an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *recorder) response() events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: map[string]string{}, Body: w.body.String()}
	if !utf8.Valid(w.body.Bytes()) { // compressed, or an image: the answer travels as JSON
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body.Bytes()), true
	}
	for name, values := range w.header {
		out.Headers[name] = strings.Join(values, ", ")
	}
	return out
}
