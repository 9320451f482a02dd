package runner

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/socket"
	"github.com/annals-es/annals/local/template"
)

// socketPath is the WebSocket API's path on the port of the HTTP API. On AWS, it has its own host.
const socketPath = "/_socket"

// socketAddress is where clients connect to the WebSocket API.
func (r *runner) socketAddress() string {
	return "ws" + strings.TrimPrefix(r.address(), "http") + socketPath
}

// openSocket makes the template's WebSocket API, and returns its place, or none if the template has no such API.
func (r *runner) openSocket(system *template.System, functions map[string]*lambda.Function) ([]place, error) {
	if len(system.Sockets) > 1 {
		return nil, errors.New("the template has several WebSocket APIs: the local runner supports one")
	}
	for _, s := range system.Sockets {
		c := socket.Config{
			ID: s.Name, Region: template.Region, Account: template.Account, Stage: s.Stage, Path: socketPath,
			Selection: s.Selection,
			May:       r.gate.mayManage(s),
		}
		if r.issuer != nil && s.Authorizer != "" {
			c.Authorizer = &socket.Authorizer{Function: functions[s.Authorizer], Timeout: 30 * time.Second}
		}
		for _, route := range s.Routes {
			c.Routes = append(c.Routes, socket.Route{
				Key: route.Key, Function: functions[route.FunctionID], Timeout: route.Timeout, Answers: route.Answers,
			})
		}
		r.sockets = socket.New(c, r.log)
	}
	if r.sockets == nil {
		return nil, nil
	}
	return []place{{r.sockets.Serves, r.sockets}}, nil
}

// closeSocket ends the connections, with a time limit that leaves time for the rest of the shutdown.
func (r *runner) closeSocket(ctx context.Context) {
	if r.sockets == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, grace/2)
	defer cancel()
	r.sockets.Close(ctx)
}
