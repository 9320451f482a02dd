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

// HandlerConfig is what a handler needs to know.
type HandlerConfig struct {
	// Projections are the names of what can be subscribed to.
	Projections []string
	// Development is who everybody is where the API has no authorizer.
	Development string
	// Verify checks the tokens of who connects.
	Verify Verify
	Log    *slog.Logger
}

// NewHandler returns a handler that keeps its subscriptions in connections.
func NewHandler(connections *Connections, cfg HandlerConfig) *Handler {
	return &Handler{connections: connections, cfg: cfg}
}

// Handle answers an event. It returns no error: what went wrong is logged, and said to the client.
func (h *Handler) Handle(ctx context.Context, e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
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

// connect lets in whoever is known by name.
func (h *Handler) connect(ctx context.Context, e events.APIGatewayWebsocketProxyRequest) events.APIGatewayProxyResponse {
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
	if slices.Contains(protocols(e.Headers), Protocol) { // browsers insist on an answer to what they offer
		answer.Headers = map[string]string{protocolHeader: Protocol}
	}
	return answer
}

// principal is who is connected: the subject that the authorizer found, "" if it found none. Without an authorizer,
// everybody is the development identity.
func (h *Handler) principal(request events.APIGatewayWebsocketProxyRequestContext) string {
	if request.Authorizer == nil {
		return h.cfg.Development
	}
	claims, _ := request.Authorizer.(map[string]any)
	subject, _ := claims["sub"].(string)
	return subject
}

func (h *Handler) failed(ctx context.Context, request events.APIGatewayWebsocketProxyRequestContext, err error) {
	h.cfg.Log.LogAttrs(ctx, slog.LevelError, "a WebSocket event failed", slog.String("route", request.RouteKey),
		slog.String("connection", request.ConnectionID), slog.String("error", err.Error()))
}

func status(code int) events.APIGatewayProxyResponse {
	return events.APIGatewayProxyResponse{StatusCode: code}
}
