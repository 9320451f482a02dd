package template

import (
	"fmt"
	"strings"
	"time"
)

const webSocket = "WEBSOCKET"

// Socket is a WebSocket API of API Gateway.
type Socket struct {
	ID    string // logical id
	Name  string // its id on AWS
	Stage string
	// Selection is the place of the route in a message: "$request.body.action".
	Selection string
	Routes    []SocketRoute
	// Authorizer is the logical id of the function that decides who may connect. If "", every client may.
	Authorizer string
}

// SocketRoute leads messages to a function.
type SocketRoute struct {
	// Key is the value of the selection, or $connect, $disconnect or $default.
	Key        string
	FunctionID string
	// Timeout is how long the API waits for the function.
	Timeout time.Duration
	// Answers is true if the function's answer is sent to the client.
	Answers bool
}

func (s *stack) addSockets(system *System) error {
	for _, r := range s.of(typeAPI) {
		if r.Properties["ProtocolType"] != webSocket {
			continue
		}
		socket, err := s.socket(r, system)
		if err != nil {
			return fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
		}
		system.Sockets = append(system.Sockets, socket)
	}
	return nil
}

func (s *stack) socket(r *resource, system *System) (Socket, error) {
	var p struct{ ProtocolType, RouteSelectionExpression string }
	if err := s.decode(r, &p); err != nil {
		return Socket{}, err
	}
	if !strings.HasPrefix(p.RouteSelectionExpression, "$request.body.") {
		return Socket{}, fmt.Errorf("RouteSelectionExpression %q is not supported locally: use $request.body.x",
			p.RouteSelectionExpression)
	}
	name, err := s.physicalName(r, 0)
	if err != nil {
		return Socket{}, err
	}
	socket := Socket{ID: r.id, Name: name, Selection: p.RouteSelectionExpression}
	for _, stage := range s.of(typeStage) {
		of, err := s.apiOf(stage)
		if err != nil {
			return Socket{}, err
		}
		var p struct{ StageName string }
		if err := s.decode(stage, &p); err != nil {
			return Socket{}, err
		}
		if of == name {
			socket.Stage = p.StageName
		}
	}
	if socket.Stage == "" {
		return Socket{}, fmt.Errorf("the WebSocket API has no stage")
	}
	if socket.Authorizer, err = s.socketAuthorizer(name, system); err != nil {
		return Socket{}, err
	}
	socket.Routes, err = s.socketRoutes(name, system)
	return socket, err
}

// socketRoutes returns the routes of a WebSocket API.
func (s *stack) socketRoutes(api string, system *System) ([]SocketRoute, error) {
	answered, err := s.answered()
	if err != nil {
		return nil, err
	}
	var routes []SocketRoute
	for _, r := range s.of(typeRoute) {
		of, err := s.apiOf(r)
		if err != nil {
			return nil, err
		}
		if of != api {
			continue
		}
		route, err := s.socketRoute(r, system)
		if err != nil {
			return nil, fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
		}
		route.Answers = route.Answers && answered[r.id]
		routes = append(routes, route)
	}
	return routes, nil
}

// answered returns the routes, by logical id, that have a response. Without it, no answer is sent to the client.
func (s *stack) answered() (map[string]bool, error) {
	ids := map[string]bool{}
	for _, r := range s.of(typeAnswer) {
		var p struct{ RouteId string }
		if err := s.decode(r, &p); err != nil {
			return nil, err
		}
		for _, route := range s.of(typeRoute) {
			if name, err := s.physicalName(route, 0); err == nil && name == p.RouteId {
				ids[route.id] = true
			}
		}
	}
	return ids, nil
}

func (s *stack) socketRoute(r *resource, system *System) (SocketRoute, error) {
	var p struct{ RouteKey, Target, AuthorizationType, RouteResponseSelectionExpression string }
	if err := s.decode(r, &p); err != nil {
		return SocketRoute{}, err
	}
	if p.AuthorizationType != "" && p.AuthorizationType != "NONE" && p.AuthorizationType != authorizedByFunction {
		s.notRun = append(s.notRun, r.Type+" authorization "+p.AuthorizationType)
	}
	target, err := s.integrationOf(strings.TrimPrefix(p.Target, "integrations/"))
	if err != nil {
		return SocketRoute{}, err
	}
	if target.IntegrationType != "AWS_PROXY" {
		return SocketRoute{}, fmt.Errorf("integration %s is not supported locally: use AWS_PROXY", target.IntegrationType)
	}
	function, ok := target.function(system)
	if !ok {
		return SocketRoute{}, fmt.Errorf("leads to %q, which is not a function in this template", target.IntegrationUri)
	}
	return SocketRoute{
		Key: p.RouteKey, FunctionID: function, Timeout: target.timeout(29 * time.Second),
		Answers: p.RouteResponseSelectionExpression != "",
	}, nil
}
