package push

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Verify checks a token and returns its subject.
//
// Errors: [ErrUnauthorized], [ErrForbidden]; others if the token can't be checked.
type Verify func(ctx context.Context, token string) (subject string, err error)

var (
	// ErrUnauthorized says that the client sent no token, or an invalid one. API Gateway answers 401 because of exactly
	// this text.
	ErrUnauthorized = errors.New("Unauthorized")
	// ErrForbidden says that the token is valid but does not allow to subscribe.
	ErrForbidden = errors.New("forbidden")
)

// Protocol is the subprotocol of the WebSocket API. JavaScript in a browser can't set headers, so a client may offer
// its token as a second subprotocol, with the prefix tokenProtocol. A token in the query string is ignored, since
// proxies, browser histories and logs keep query strings.
const (
	Protocol      = "annals.v1"
	tokenProtocol = "bearer."
)

// Admit is the Lambda authorizer of new connections. API Gateway passes the subject that it returns with every message
// of the connection, where [Handler] reads it.
//
// Errors: [ErrUnauthorized]; a generic error if the token can't be checked. The cause is logged.
func (h *Handler) Admit(
	ctx context.Context, r events.APIGatewayCustomAuthorizerRequestTypeRequest,
) (events.APIGatewayCustomAuthorizerResponse, error) {
	subject, err := "", ErrUnauthorized
	if token := tokenOf(r.Headers); token != "" {
		subject, err = h.cfg.Verify(ctx, token)
	}
	effect := "Allow"
	switch {
	case errors.Is(err, ErrUnauthorized):
		return events.APIGatewayCustomAuthorizerResponse{}, ErrUnauthorized
	case errors.Is(err, ErrForbidden):
		effect = "Deny"
	case err != nil:
		h.cfg.Log.LogAttrs(ctx, slog.LevelError, "token can't be checked", slog.String("error", err.Error()))
		return events.APIGatewayCustomAuthorizerResponse{}, errors.New("the token can't be checked now")
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: subject,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{
			{Action: []string{"execute-api:Invoke"}, Effect: effect, Resource: []string{r.MethodArn}},
		}},
		Context: map[string]any{"sub": subject},
	}, nil
}

// tokenOf returns the token that a client sends, "" if it sends none.
func tokenOf(headers map[string]string) string {
	if token, ok := strings.CutPrefix(header(headers, "Authorization"), "Bearer "); ok {
		return token
	}
	for _, offered := range protocols(headers) {
		if token, ok := strings.CutPrefix(offered, tokenProtocol); ok {
			return token
		}
	}
	return ""
}

// protocols returns the subprotocols that a client offers.
func protocols(headers map[string]string) []string {
	var all []string
	for one := range strings.SplitSeq(header(headers, protocolHeader), ",") {
		all = append(all, strings.TrimSpace(one))
	}
	return all
}

const protocolHeader = "Sec-WebSocket-Protocol"

// header returns a header by its name in any letter case: API Gateway passes names on as clients wrote them.
func header(headers map[string]string, name string) string {
	for spelled, value := range headers {
		if strings.EqualFold(spelled, name) {
			return value
		}
	}
	return ""
}
