package annals

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ErrUnavailable means that another system can't answer now and that the same call may succeed later. A client wraps
// it: fmt.Errorf("%w: mail: status 503", annals.ErrUnavailable). The reactor's queue then retries the reaction, and the
// caller of a command gets 503. Errors of the network and of contexts need no wrapping.
var ErrUnavailable = errors.New("another system is unavailable")

// ClientOf is a client of another system, such as a mail service. [Client] declares it. It is a part of a service.
type ClientOf[C any] struct{ declared *DeclaredClient }

// DeclaredClient is a client of a service.
type DeclaredClient struct {
	// Name is the client's name, in kebab case.
	Name string
	// Secrets are the secrets that it needs in its environment.
	Secrets []*SecretValue

	opening opening
}

// Client declares a client of another system. Declare it once, and pass it to [New] and to the decisions and reactions
// that call the system: see [ClientOf.In]. If C is an interface, tests can pass a fake: see [ClientOf.Opened].
//
// The command function and the reactor function call open once, when they start. No other function, no tool and no CDK
// app calls it. An error of open ends the start. ctx lasts as long as the function, so the client may keep it, but open
// itself has 5 s. getenv looks up the environment of the function. Secrets are those that open reads from it. Pass them
// to [New] too: the command function has all secrets of the service, the reactor function those of its clients alone.
//
// Give a call the context of the decision: see [Tx.Context]. When a reaction follows an event, a call has 1 s, because
// other streams wait. Then the context is canceled, and the stream waits in the reactor's queue, whose calls have more
// time. The same follows an error that wraps [ErrUnavailable]. Any other error parks the stream until an operator or a
// new version of the code retries it.
//
// A decision may run more than once for one command: after a conflict, a timeout or a second delivery. So let the other
// system recognize a repeated call: send it [Tx.CommandID] as the call's idempotency key.
func Client[C any](
	name string, open func(ctx context.Context, getenv func(string) string) (C, error), secrets ...*SecretValue,
) *ClientOf[C] {
	return &ClientOf[C]{&DeclaredClient{Name: name, Secrets: secrets, opening: openingOf[C](open)}}
}

// Opened returns a client as an opened one. It is for tests, which pass a fake in annalstest.Config, and for programs
// that make their clients themselves.
func (c *ClientOf[C]) Opened(client C) OpenedClient { return OpenedClient{c.declared.Name, client} }

// In is the opened client. It panics if the service was declared without it, or in a function that opens no clients:
// that is a mistake in the program.
func (c *ClientOf[C]) In(r *Running) C {
	client, is := r.clients[c.declared.Name].(C)
	if !is {
		panic(fmt.Sprintf("annals: client %s: pass it to annals.New; only commands and reactions have clients",
			c.declared.Name))
	}
	return client
}

func (c *ClientOf[C]) addTo(s *Service) {
	d := c.declared
	if !kebab(d.Name) {
		s.wrong("client %q: its name must be in kebab case, such as \"mail\"", d.Name)
	}
	if isNil(d.opening) {
		s.wrong("client %q: its function is nil", d.Name)
	}
	if slices.ContainsFunc(s.Clients, func(o *DeclaredClient) bool { return o.Name == d.Name }) {
		s.wrong("client %s is declared twice: remove one", d.Name)
	}
	s.Clients = append(s.Clients, d)
}

// completeClients checks that the secrets of clients are declared.
func (s *Service) completeClients() {
	for _, c := range s.Clients {
		for _, secret := range c.Secrets {
			switch {
			case secret == nil:
				s.wrong("client %s: a secret is nil: pass what annals.Secret returned", c.Name)
			case !slices.Contains(s.Secrets, secret):
				s.wrong("client %s: secret %s is not declared: pass it to annals.New", c.Name, secret.Env)
			}
		}
	}
}
