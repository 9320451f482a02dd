package app

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/internal/readmodel/tables"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Socket returns what answers the events of the WebSocket API. It needs SocketTables.
func (s Service) Socket() *push.Handler {
	names := make([]string, len(tables.ReadModels))
	for i, model := range tables.ReadModels {
		names[i] = model.Name
	}
	return push.NewHandler(s.connections(), push.HandlerConfig{
		Projections: names, Development: httpapi.Development, Log: s.Log,
	})
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
