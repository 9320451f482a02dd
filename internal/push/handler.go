package push

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"github.com/aws/aws-lambda-go/events"
)

// Handler answers the events of the WebSocket API.
type Handler struct {
	connections *Connections
	cfg         HandlerConfig
}

// HandlerConfig configures a [Handler].
type HandlerConfig struct {
	// Projections are the names of the projections that clients can subscribe to.
	Projections []string
	// Development is the owner of every connection if the API has no authorizer.
	Development string
	// Verify checks the tokens of new connections.
	Verify Verify
	// Log receives errors.
	Log *slog.Logger
}

// NewHandler returns a handler that keeps its subscriptions in connections.
func NewHandler(connections *Connections, cfg HandlerConfig) *Handler {
	return &Handler{connections: connections, cfg: cfg}
}

// Handle answers an event. It always returns a nil error: it logs errors, and answers the client with a status or a
// message.
func (h *Handler) Handle(
	ctx context.Context, e events.APIGatewayWebsocketProxyRequest,
) (events.APIGatewayProxyResponse, error) {
	switch route := e.RequestContext.RouteKey; route {
	case Connect:
		return h.connect(ctx, e), nil
	case disconnect:
		if err := h.connections.Close(ctx, e.RequestContext.ConnectionID); err != nil {
			h.failed(ctx, e.RequestContext, err)
		}
		return status(http.StatusOK), nil
	default:
		return h.message(ctx, route, e), nil
	}
}

// connect accepts a connection if it has a principal.
func (h *Handler) connect(
	ctx context.Context, e events.APIGatewayWebsocketProxyRequest,
) events.APIGatewayProxyResponse {
	request := e.RequestContext
	owner := h.principal(request)
	if owner == "" || len(owner) > maxOwner {
		return status(http.StatusUnauthorized)
	}
	if err := h.connections.Open(ctx, request.ConnectionID, owner); err != nil {
		h.failed(ctx, request, err)
		return status(http.StatusServiceUnavailable)
	}
	answer := status(http.StatusOK)
	if slices.Contains(protocols(e.Headers), Protocol) { // browsers close a connection that accepts none of theirs
		answer.Headers = map[string]string{protocolHeader: Protocol}
	}
	return answer
}

// principal returns the owner of a connection: the subject that the authorizer returned, "" if it returned none.
// Without an authorizer it is the development identity.
func (h *Handler) principal(request events.APIGatewayWebsocketProxyRequestContext) string {
	if request.Authorizer == nil {
		return h.cfg.Development
	}
	claims, _ := request.Authorizer.(map[string]any)
	subject, _ := claims["sub"].(string)
	return subject
}

func (h *Handler) failed(ctx context.Context, request events.APIGatewayWebsocketProxyRequestContext, err error) {
	h.cfg.Log.LogAttrs(ctx, slog.LevelError, "WebSocket event failed", slog.String("route", request.RouteKey),
		slog.String("connection", request.ConnectionID), slog.String("error", err.Error()))
}

func status(code int) events.APIGatewayProxyResponse {
	return events.APIGatewayProxyResponse{StatusCode: code}
}
