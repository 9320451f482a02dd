package gateway

import (
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// event is what a function receives, payload format 2.0.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	Authorizer   *authorized `json:"authorizer,omitempty"`
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         httpRequest `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"`
}

// authorized is what the authorizer read from a token.
type authorized struct {
	JWT jwt `json:"jwt"`
}

type jwt struct {
	Claims map[string]string `json:"claims"`
	Scopes []string          `json:"scopes"`
}

type httpRequest struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// newEvent returns the event for a request that matched a route.
func (a *API) newEvent(r *http.Request, routeKey string, parameters map[string]string, body []byte, id string) event {
	now := a.now().UTC()
	host := hostname(r.Host)
	prefix, _, _ := strings.Cut(host, ".")
	e := event{
		Version: "2.0", RouteKey: routeKey, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
		Cookies: cookies(r.Header), Headers: headers(r),
		QueryStringParameters: query(r.URL.RawQuery), PathParameters: parameters,
		RequestContext: requestContext{
			AccountID: a.account, APIID: a.id, DomainName: host, DomainPrefix: prefix,
			HTTP: httpRequest{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: hostname(r.RemoteAddr), UserAgent: r.UserAgent(),
			},
			RequestID: id, RouteKey: routeKey, Stage: "$default",
			Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
	}
	if len(body) > 0 {
		e.Body, e.IsBase64Encoded = encodeBody(r.Header.Get("Content-Type"), body)
	}
	return e
}

func encodeBody(contentType string, body []byte) (text string, encoded bool) {
	media, _, _ := mime.ParseMediaType(contentType)
	switch {
	case !utf8.Valid(body): // JSON cannot hold these bytes
	case strings.HasPrefix(media, "text/"),
		media == "application/json", media == "application/xml", media == "application/javascript":
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

// headers returns the request's headers in lower case, with duplicates joined by commas, and those that API Gateway
// adds.
func headers(r *http.Request) map[string]string {
	joined := make(map[string]string, len(r.Header)+6)
	for name, values := range r.Header {
		if name != "Cookie" {
			joined[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	joined["host"] = r.Host
	if r.ContentLength >= 0 && (r.ContentLength > 0 || r.Header.Get("Content-Type") != "") {
		joined["content-length"] = strconv.FormatInt(r.ContentLength, 10)
	}
	forwarded := hostname(r.RemoteAddr)
	if before := joined["x-forwarded-for"]; before != "" {
		forwarded = before + ", " + forwarded
	}
	joined["x-forwarded-for"] = forwarded
	joined["x-forwarded-proto"] = "http"
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		joined["x-forwarded-port"] = port
	}
	return joined
}

func cookies(h http.Header) []string {
	var all []string
	for _, line := range h.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}

// query decodes a query string, with duplicates joined by commas. Values that cannot be decoded stay as they are.
func query(raw string) map[string]string {
	joined := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = decode(name), decode(value)
		if before, ok := joined[name]; ok {
			value = before + "," + value
		}
		joined[name] = value
	}
	return joined
}

func decode(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}

func hostname(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
