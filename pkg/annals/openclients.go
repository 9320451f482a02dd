package annals

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// OpenedClient is a client that was opened: by [Service.OpenClients], or by a test, see [ClientOf.Opened].
type OpenedClient struct {
	// Name is the client's name.
	Name   string
	client any
}

// OpenClients opens the clients of the service, in the order of their declaration. ctx must last as long as they are
// used. getenv looks up an environment variable.
//
// Errors: those of [Service.Check]; the first client's, with its name.
func (s *Service) OpenClients(ctx context.Context, getenv func(string) string) ([]OpenedClient, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	all := make([]OpenedClient, 0, len(s.Clients))
	for _, c := range s.Clients {
		client, err := c.open(ctx, getenv)
		if err != nil {
			return nil, fmt.Errorf("open client %s: %w", c.Name, err)
		}
		all = append(all, OpenedClient{c.Name, client})
	}
	return all, nil
}

func (c *DeclaredClient) open(ctx context.Context, getenv func(string) string) (any, error) {
	for _, secret := range c.Secrets {
		if _, err := secret.from(getenv); err != nil {
			return nil, err
		}
	}
	client, err := c.opening.open(ctx, getenv)
	if err == nil && isNil(client) {
		err = errors.New("its function returned nil: return a client or an error")
	}
	return client, err
}

// opened returns the opened clients by name.
//
// Errors: a client that is not opened, is opened as another type, or is not declared.
func (s *Service) opened(clients []OpenedClient) (map[string]any, error) {
	all := make(map[string]any, len(clients))
	for _, o := range clients {
		at := slices.IndexFunc(s.Clients, func(c *DeclaredClient) bool { return c.Name == o.Name })
		if at < 0 {
			return nil, fmt.Errorf("client %s is opened, but not declared: pass it to annals.New", o.Name)
		}
		if err := s.Clients[at].opening.takes(o.client); err != nil {
			return nil, fmt.Errorf("client %s: %w: open the one that was passed to annals.New", o.Name, err)
		}
		all[o.Name] = o.client
	}
	for _, c := range s.Clients {
		if _, is := all[c.Name]; !is {
			return nil, fmt.Errorf("client %s is not opened: set annals.Config.Clients to what Service.OpenClients returns",
				c.Name)
		}
	}
	return all, nil
}

// opening opens a client. It is an interface for the linker: see [Operation].
type opening interface {
	open(ctx context.Context, getenv func(string) string) (any, error)
	// takes returns an error if a value is not a client of the declared type.
	takes(client any) error
}

type openingOf[C any] func(ctx context.Context, getenv func(string) string) (C, error)

func (open openingOf[C]) open(ctx context.Context, getenv func(string) string) (any, error) {
	return open(ctx, getenv)
}

func (open openingOf[C]) takes(client any) error {
	if _, is := client.(C); !is {
		return fmt.Errorf("it is %T, not %s", client, reflect.TypeFor[C]())
	}
	return nil
}
