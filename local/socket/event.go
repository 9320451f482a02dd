package socket

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// event is what a function receives.
type event struct {
	Headers                         map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders,omitempty"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	RequestContext                  requestContext      `json:"requestContext"`
	Body                            string              `json:"body,omitempty"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	RouteKey             string         `json:"routeKey"`
	EventType            string         `json:"eventType"` // CONNECT, MESSAGE, DISCONNECT
	MessageID            string         `json:"messageId,omitempty"`
	MessageDirection     string         `json:"messageDirection"`
	ExtendedRequestID    string         `json:"extendedRequestId"`
	RequestID            string         `json:"requestId"`
	RequestTime          string         `json:"requestTime"`
	RequestTimeEpoch     int64          `json:"requestTimeEpoch"` // milliseconds since 1970
	ConnectedAt          int64          `json:"connectedAt"`      // milliseconds since 1970
	ConnectionID         string         `json:"connectionId"`
	DomainName           string         `json:"domainName"`
	Stage                string         `json:"stage"`
	APIID                string         `json:"apiId"`
	AccountID            string         `json:"accountId"`
	Identity             identity       `json:"identity"`
	Authorizer           map[string]any `json:"authorizer,omitempty"`
	DisconnectStatusCode int            `json:"disconnectStatusCode,omitempty"`
	DisconnectReason     *string        `json:"disconnectReason,omitempty"`
}

type identity struct {
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent,omitempty"`
}

func (c *connection) event(route, kind, requestID string) event {
	now := time.Now().UTC()
	return event{RequestContext: requestContext{
		RouteKey: route, EventType: kind, MessageDirection: "IN", RequestID: requestID, ExtendedRequestID: requestID,
		RequestTime: now.Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: now.UnixMilli(),
		ConnectedAt: c.connectedAt.UnixMilli(), ConnectionID: c.id, DomainName: hostname(c.host),
		Stage: c.api.cfg.Stage, APIID: c.api.cfg.ID, AccountID: c.api.cfg.Account, Identity: c.identity,
		Authorizer: c.authorized,
	}}
}

// connectEvent is the only event with headers and parameters. If one is repeated, the last value counts.
func (c *connection) connectEvent(r *http.Request) event {
	e := c.event("$connect", "CONNECT", uuid.NewString())
	e.MultiValueHeaders = map[string][]string{"Host": {r.Host}}
	for name, values := range r.Header {
		e.MultiValueHeaders[name] = values
	}
	e.Headers = last(e.MultiValueHeaders)
	e.MultiValueQueryStringParameters = r.URL.Query()
	e.QueryStringParameters = last(e.MultiValueQueryStringParameters)
	return e
}

func (c *connection) messageEvent(route, requestID string, text []byte) event {
	e := c.event(route, "MESSAGE", requestID)
	e.RequestContext.MessageID = uuid.NewString()
	e.Body = strings.ToValidUTF8(string(text), "�")
	return e
}

func (c *connection) disconnectEvent(code int, reason string) event {
	e := c.event("$disconnect", "DISCONNECT", uuid.NewString())
	e.RequestContext.DisconnectStatusCode, e.RequestContext.DisconnectReason = code, &reason
	return e
}

func last(all map[string][]string) map[string]string {
	one := make(map[string]string, len(all))
	for name, values := range all {
		one[name] = values[len(values)-1]
	}
	return one
}

func hostname(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
