package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/es"
)

// request is a client's message.
type request struct {
	Action     string `json:"action"`
	Projection string `json:"projection"`
	// One of these says what it is about.
	Stream   string `json:"stream"`
	Customer string `json:"customer"`
	// RequestID comes back with the answer, whose order is not that of the requests.
	RequestID string `json:"requestId"`
}

// answer is what a client gets back.
type answer struct {
	Type       string `json:"type"` // subscribed, unsubscribed, error
	Projection string `json:"projection,omitempty"`
	Stream     string `json:"stream,omitempty"`
	Customer   string `json:"customer,omitempty"`
	Code       string `json:"code,omitempty"`
	Detail     string `json:"detail,omitempty"`
	RequestID  string `json:"requestId,omitempty"`
}

// message answers a message on the route that its action selected.
func (h *Handler) message(ctx context.Context, route string, e events.APIGatewayWebsocketProxyRequest) events.APIGatewayProxyResponse {
	asked, refused := parse(e.Body)
	switch {
	case refused != nil:
	case route == subscribe || route == unsubscribe:
		refused = h.subscription(ctx, route, asked, e.RequestContext)
	default:
		refused = refuse("unknown-action", "the action is %q: subscribe and unsubscribe are possible", asked.Action)
	}
	said := answer{Type: route + "d", Projection: asked.Projection, Stream: asked.Stream, Customer: asked.Customer}
	if refused != nil {
		said = *refused
	}
	said.RequestID = asked.RequestID
	body, err := json.Marshal(said)
	if err != nil {
		h.failed(ctx, e.RequestContext, err)
		return status(http.StatusInternalServerError)
	}
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK, Body: string(body)}
}

// subscription subscribes or unsubscribes, or says why not.
func (h *Handler) subscription(
	ctx context.Context, route string, asked request, from events.APIGatewayWebsocketProxyRequestContext,
) *answer {
	topic, refused := h.topic(asked)
	if refused != nil {
		return refused
	}
	do := h.connections.Subscribe
	if route == unsubscribe {
		do = h.connections.Unsubscribe
	}
	switch err := do(ctx, from.ConnectionID, h.principal(from), topic); {
	case err == nil:
		return nil
	case errors.Is(err, ErrTooMany):
		return refuse("too-many-subscriptions", "a connection can have %d subscriptions: unsubscribe, or open another connection", MaxSubscriptions)
	case errors.Is(err, ErrNotConnected):
		return refuse("not-connected", "this connection is not known any more: connect again")
	default:
		h.failed(ctx, from, err)
		return refuse("unavailable", "that could not be stored: try again")
	}
}

// topic is what a request is about.
func (h *Handler) topic(asked request) (Topic, *answer) {
	if !slices.Contains(h.cfg.Projections, asked.Projection) {
		return Topic{}, refuse("unknown-projection", "the projection is %q: there are %s", asked.Projection, strings.Join(h.cfg.Projections, ", "))
	}
	var topic Topic
	switch {
	case (asked.Stream == "") == (asked.Customer == ""):
		return topic, refuse("malformed", `name what it is about: either "stream" or "customer"`)
	case asked.Stream != "":
		stream, err := es.ParseStreamID(asked.Stream)
		if err != nil {
			return topic, refuse("malformed", "%v", err)
		}
		topic = StreamTopic(asked.Projection, stream)
	default:
		topic = CustomerTopic(asked.Projection, asked.Customer)
	}
	if err := topic.validate(); err != nil {
		return topic, refuse("malformed", "%v", err)
	}
	return topic, nil
}

// parse reads a message. What can be read of a malformed one is returned, too.
func parse(body string) (request, *answer) {
	var asked request
	if len(body) > maxMessage {
		return asked, refuse("too-large", "the message has %d bytes: at most %d are possible", len(body), maxMessage)
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return asked, refuse("malformed", `the message is not like {"action":"subscribe","projection":"…","stream":"…"}: %v`, err)
	}
	if decoder.More() {
		return asked, refuse("malformed", "the message is more than one JSON object")
	}
	return asked, nil
}

func refuse(code, format string, args ...any) *answer {
	return &answer{Type: "error", Code: code, Detail: fmt.Sprintf(format, args...)}
}
