package runner

import (
	"net/http"
	"net/url"

	"github.com/annals-es/annals/local/access"
	"github.com/annals-es/annals/local/endpoint"
	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// gate is the proxy between functions and DynamoDB. It refuses what a function's role does not allow.
type gate struct {
	*access.Control
	*endpoint.Endpoint
}

// openGate listens on a free port of the loopback interface, and passes on to an endpoint what the template allows.
func openGate(system *template.System, dynamodb string) (*gate, error) {
	backend, err := url.Parse(dynamodb)
	if err != nil {
		return nil, err
	}
	e, err := endpoint.Listen("DynamoDB")
	if err != nil {
		return nil, err
	}
	g := &gate{access.New(system), e}
	g.Answer(g.DynamoDB(backend))
	return g, nil
}

// maySend decides whether the signer of a request may send to a queue.
func (g *gate) maySend(header http.Header, queue string) error {
	return g.Check(header, policy.Request{Action: "sqs:sendmessage", Resource: queue}) // the spelling in SQS's refusals
}

// mayDo decides whether the signer of a request may do an action with an object of a bucket.
func (g *gate) mayDo(header http.Header, action, object string) error {
	return g.Check(header, policy.Request{Action: action, Resource: object})
}

// mayPut decides whether the signer of a request may put events on a bus.
func (g *gate) mayPut(header http.Header, bus string) error {
	return g.Check(header, policy.Request{Action: "events:PutEvents", Resource: bus})
}

// mayRun decides whether the signer of a request may do an action with a state machine or an execution.
func (g *gate) mayRun(header http.Header, action, resource string) error {
	return g.Check(header, policy.Request{Action: action, Resource: resource})
}

// maySchedule decides whether the signer of a request may do an action on a schedule, or pass a role to it.
func (g *gate) maySchedule(header http.Header, action, resource string) error {
	return g.Check(header, policy.Request{Action: action, Resource: resource, PassedTo: template.Scheduler})
}

// mayInvoke decides whether the signer of a request may invoke a function.
func (g *gate) mayInvoke(header http.Header, function string) error {
	return g.Check(header, policy.Request{Action: "lambda:InvokeFunction", Resource: function})
}

// mayManage decides whether the signer of a request may make it, for a connection of a WebSocket API.
func (g *gate) mayManage(s template.Socket) func(*http.Request, string) error {
	return func(r *http.Request, connection string) error {
		resource := template.ExecuteARN(s.Name, s.Stage, r.Method+"/@connections/"+connection)
		return g.Check(r.Header, policy.Request{Action: "execute-api:ManageConnections", Resource: resource})
	}
}
