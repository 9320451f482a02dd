package push

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Verify checks a token, and returns who its bearer is. Errors: [ErrUnauthorized], [ErrForbidden]; others if it can't be checked.
type Verify func(ctx context.Context, token string) (subject string, err error)

var (
	// ErrUnauthorized says that somebody has no token, or one that proves nothing. It is the text by which API Gateway answers 401.
	ErrUnauthorized = errors.New("Unauthorized")
	// ErrForbidden says that a token does not allow to listen.
	ErrForbidden = errors.New("forbidden")
)

// Protocol is the subprotocol of the WebSocket API. Pages in browsers can set no header, so a client may offer its token as a
// second subprotocol, after tokenProtocol. It is not taken from the query, which proxies, histories and logs keep.
const (
	Protocol      = "annals.v1"
	tokenProtocol = "bearer."
)

// Admit answers API Gateway's question whether somebody may connect. What it returns of them comes with every message of the
// connection: [Handler] reads it.
//
// Errors: [ErrUnauthorized]; others if the token can't be checked, which are logged.
func (h *Handler) Admit(ctx context.Context, r events.APIGatewayCustomAuthorizerRequestTypeRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
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
		h.cfg.Log.LogAttrs(ctx, slog.LevelError, "a token can't be checked", slog.String("error", err.Error()))
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

// tokenOf is the token that a client brings, "" if it brings none.
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

// protocols are the subprotocols that a client offers.
func protocols(headers map[string]string) []string {
	var all []string
	for one := range strings.SplitSeq(header(headers, protocolHeader), ",") {
		all = append(all, strings.TrimSpace(one))
	}
	return all
}

const protocolHeader = "Sec-WebSocket-Protocol"

// header is a header by its name in any case: API Gateway leaves names as clients spell them.
func header(headers map[string]string, name string) string {
	for spelt, value := range headers {
		if strings.EqualFold(spelt, name) {
			return value
		}
	}
	return ""
}
