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
	// The topic: exactly one of these is set.
	Stream   string `json:"stream"`
	Customer string `json:"customer"`
	// RequestID is returned with the answer. Clients need it, since answers may come in another order than requests.
	RequestID string `json:"requestId"`
}

// answer is the answer to a client's message.
type answer struct {
	Type       string `json:"type"` // subscribed, unsubscribed, error
	Projection string `json:"projection,omitempty"`
	Stream     string `json:"stream,omitempty"`
	Customer   string `json:"customer,omitempty"`
	Code       string `json:"code,omitempty"`
	Detail     string `json:"detail,omitempty"`
	RequestID  string `json:"requestId,omitempty"`
}

// message answers a client's message. route is the route that its action selected.
func (h *Handler) message(
	ctx context.Context, route string, e events.APIGatewayWebsocketProxyRequest,
) events.APIGatewayProxyResponse {
	asked, refused := parse(e.Body)
	switch {
	case refused != nil:
	case route == subscribe || route == unsubscribe:
		refused = h.subscription(ctx, route, asked, e.RequestContext)
	default:
		refused = refuse("unknown-action", "unknown action %q: the actions are subscribe and unsubscribe", asked.Action)
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

// subscription subscribes or unsubscribes. It returns the answer if that is refused or fails, else nil.
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
		return refuse("too-many-subscriptions",
			"a connection has at most %d subscriptions: unsubscribe, or open another connection", MaxSubscriptions)
	case errors.Is(err, ErrNotConnected):
		return refuse("not-connected", "this connection has expired: connect again")
	default:
		h.failed(ctx, from, err)
		return refuse("unavailable", "the service can't answer now: repeat the request")
	}
}

// topic returns the topic of a request, or an answer that refuses it.
func (h *Handler) topic(asked request) (Topic, *answer) {
	if !slices.Contains(h.cfg.Projections, asked.Projection) {
		return Topic{}, refuse("unknown-projection", "unknown projection %q: the projections are %s", asked.Projection,
			strings.Join(h.cfg.Projections, ", "))
	}
	var topic Topic
	switch {
	case (asked.Stream == "") == (asked.Customer == ""):
		return topic, refuse("malformed", `give either "stream" or "customer", and not both`)
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

// parse parses a message. For a malformed message it also returns the members that could be read.
func parse(body string) (request, *answer) {
	var asked request
	if len(body) > maxMessage {
		return asked, refuse("too-large", "the message has %d bytes, the limit is %d", len(body), maxMessage)
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return asked, refuse("malformed",
			`the message must be of the form {"action":"subscribe","projection":"…","stream":"…"}: %v`, err)
	}
	if decoder.More() {
		return asked, refuse("malformed", "more text follows the JSON object")
	}
	return asked, nil
}

func refuse(code, format string, args ...any) *answer {
	return &answer{Type: "error", Code: code, Detail: fmt.Sprintf(format, args...)}
}
