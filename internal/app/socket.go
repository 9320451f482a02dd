package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/annals-es/annals/internal/bearer"
	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Socket returns what answers the events of the WebSocket API, and its question who may connect. It needs SocketTables.
//
// Errors: no issuer of tokens in the environment.
func (s Service) Socket(getenv func(string) string) (func(context.Context, json.RawMessage) (any, error), error) {
	verifier, err := bearer.NewVerifier(getenv)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(tables.ReadModels))
	for i, model := range tables.ReadModels {
		names[i] = model.Name
	}
	handler := push.NewHandler(s.connections(), push.HandlerConfig{
		Projections: names, Development: httpapi.Development, Verify: listener(verifier), Log: s.Log,
	})
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var kind struct{ Type string }
		if err := json.Unmarshal(event, &kind); err != nil {
			return nil, fmt.Errorf("read the event: %w", err)
		}
		if kind.Type == "REQUEST" { // of an authorizer
			return handle(ctx, event, handler.Admit)
		}
		return handle(ctx, event, handler.Handle)
	}, nil
}

// listener checks the token of who wants to listen: who may query.
func listener(verifier *bearer.Verifier) push.Verify {
	return func(ctx context.Context, token string) (string, error) {
		claims, err := verifier.Verify(ctx, token)
		switch {
		case errors.Is(err, bearer.ErrRefused):
			return "", push.ErrUnauthorized
		case err != nil:
			return "", err
		case !slices.Contains(claims.Scopes, string(routes.ToQuery)):
			return claims.Subject, push.ErrForbidden
		}
		return claims.Subject, nil
	}
}

func (s Service) connections() *push.Connections {
	return push.NewConnections(s.DynamoDB, s.Tables.Of(tables.Connections))
}

// notifier tells clients what the projector stored, where the environment says how; nil where it doesn't.
func (s Service) notifier(cfg aws.Config) (projection.Notifier, error) {
	if os.Getenv(push.URLEnv) == "" {
		return nil, nil
	}
	poster, err := push.NewPoster(cfg, os.Getenv)
	if err != nil {
		return nil, err
	}
	return push.NewNotifier(s.connections(), poster, s.Log), nil
}
