package app

import (
	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/internal/readmodel/tables"
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
