package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/annals-es/annals/local/access"
	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// gate is what functions reach DynamoDB through: each may do what its role allows.
type gate struct {
	*access.Control
	listener net.Listener
	server   *http.Server
}

// openGate listens on a free port of the loopback interface, and lets pass what the template allows to an endpoint.
func openGate(system *template.System, endpoint string) (*gate, error) {
	backend, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	control := access.New(system)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for DynamoDB: %w", err)
	}
	g := &gate{control, listener, &http.Server{Handler: control.DynamoDB(backend), ReadHeaderTimeout: 10 * time.Second}}
	go func() { _ = g.server.Serve(listener) }()
	return g, nil
}

func (g *gate) address() string { return "http://" + g.listener.Addr().String() }

func (g *gate) close() { _ = g.server.Close() }

// maySend says whether whoever signed a request may send to a queue.
func (g *gate) maySend(header http.Header, queue string) error {
	return g.Check(header, policy.Request{Action: "sqs:sendmessage", Resource: queue}) // SQS spells it so when it refuses
}

// mayDo says whether whoever signed a request may do something with an object of a bucket.
func (g *gate) mayDo(header http.Header, action, object string) error {
	return g.Check(header, policy.Request{Action: action, Resource: object})
}

// mayPut says whether whoever signed a request may put events on a bus.
func (g *gate) mayPut(header http.Header, bus string) error {
	return g.Check(header, policy.Request{Action: "events:PutEvents", Resource: bus})
}

// mayManage says whether whoever signed a request may do what it does with a connection of a WebSocket API.
func (g *gate) mayManage(s template.Socket) func(*http.Request, string) error {
	return func(r *http.Request, connection string) error {
		resource := template.ExecuteARN(s.Name, s.Stage, r.Method+"/@connections/"+connection)
		return g.Check(r.Header, policy.Request{Action: "execute-api:ManageConnections", Resource: resource})
	}
}
