package servicetest

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// On builds the service of a checkout ("": this one), starts it with its own DynamoDB Local, calls do, and stops both.
//
// data returns the folder of DynamoDB Local's tables, "" for tables in memory. It gets a folder that is removed at the
// end: see [InMemory]. through gets the endpoint of DynamoDB Local, and returns the endpoint that the service uses, so
// that a proxy can stand between them: see [Directly]. After an error, the logs are kept, and the error names their
// folder.
func On(
	ctx context.Context, checkout string, data func(dir string) string,
	through func(endpoint string) (string, error), do func(*Service) error,
) (err error) {
	dir, err := os.MkdirTemp("", "annals-service-")
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = os.RemoveAll(dir)
			return
		}
		err = fmt.Errorf("%w (logs are in %s)", err, dir)
	}()
	here, err := dynamolocal.Root()
	if err != nil {
		return err
	}
	if checkout == "" {
		checkout = here
	}
	built, err := Build(ctx, checkout, dir)
	if err != nil {
		return err
	}
	db, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: dynamolocal.Dir(here), DataDir: data(dir)})
	if err != nil {
		return err
	}
	endpoint, err := through(db.Endpoint)
	if err != nil {
		return errors.Join(err, db.Stop())
	}
	service, err := built.Start(ctx, "DYNAMODB_ENDPOINT="+endpoint)
	if err != nil {
		return errors.Join(err, db.Stop())
	}
	return errors.Join(do(service), service.Stop(), db.Stop())
}

// InMemory keeps tables in memory: it is the argument data of [On].
func InMemory(string) string { return "" }

// Directly connects the service to DynamoDB Local without a proxy: it is the argument through of [On].
func Directly(endpoint string) (string, error) { return endpoint, nil }
