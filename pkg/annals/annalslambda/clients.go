package annalslambda

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

var errSlowStart = fmt.Errorf("not open within %s", startTimeout)

// OpenClients opens the clients of the service, and returns the deployment with them. Their context lasts as long as
// ctx, but it is canceled if the clients are not open after 5 s.
//
// Errors: those of [annals.Service.OpenClients].
func (d Deployment) OpenClients(ctx context.Context, getenv func(string) string) (Deployment, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer time.AfterFunc(startTimeout, func() { cancel(errSlowStart) }).Stop()
	var err error
	d.Clients, err = d.Service.OpenClients(ctx, getenv)
	if err != nil && errors.Is(context.Cause(ctx), errSlowStart) {
		err = fmt.Errorf("%w: %w", errSlowStart, err)
	}
	return d, err
}

// withClients opens the clients of a function.
func (d Deployment) withClients() (Deployment, error) {
	return d.OpenClients(context.Background(), os.Getenv)
}

// unavailable reports whether an error is transient: DynamoDB, another store or another system can't answer now.
func unavailable(err error) bool {
	return dynamofault.Unavailable(err) || errors.Is(err, annals.ErrUnavailable) || errors.Is(err, es.ErrUnavailable)
}
