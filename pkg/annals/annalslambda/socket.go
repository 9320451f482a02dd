package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/internal/bearer"
	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Socket returns the handler of the WebSocket API's events, and of its authorizer, which decides who may connect. It
// needs [annalsaws.SocketTables].
//
// Errors: one if the environment names no issuer of tokens.
func (d Deployment) Socket(getenv func(string) string) (func(context.Context, json.RawMessage) (any, error), error) {
	verifier, err := bearer.NewVerifier(getenv)
	if err != nil {
		return nil, err
	}
	tables := annalsaws.CurrentReadTables(d.Service)
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = table.Name
	}
	handler := push.NewHandler(d.connections(), push.HandlerConfig{
		Projections: names, Development: annals.Development,
		Verify: listener(verifier, d.Service.ScopeOf(annals.ToQuery)), Log: d.Log,
	})
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var kind struct{ Type string }
		if err := json.Unmarshal(event, &kind); err != nil {
			return nil, fmt.Errorf("read the event of the WebSocket API: %w", err)
		}
		if kind.Type == "REQUEST" { // the authorizer's event
			return handle(ctx, event, handler.Admit)
		}
		return handle(ctx, event, handler.Handle)
	}, nil
}

// listener returns the check of a client's token: a client that subscribes needs the scope of queries.
func listener(verifier *bearer.Verifier, scope string) push.Verify {
	return func(ctx context.Context, token string) (string, error) {
		claims, err := verifier.Verify(ctx, token)
		switch {
		case errors.Is(err, bearer.ErrRefused):
			return "", push.ErrUnauthorized
		case err != nil:
			return "", err
		case !slices.Contains(claims.Scopes, scope):
			return claims.Subject, push.ErrForbidden
		}
		return claims.Subject, nil
	}
}

func (d Deployment) connections() *push.Connections {
	return push.NewConnections(d.DynamoDB, d.Tables.Of(annalsaws.Connections))
}
