package servicetest

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// On builds the service of a checkout, "" = this one, and runs it beside a DynamoDB Local of its own for as long as do
// takes. Through returns where the service finds the database, given where it is, so that something can stand between.
// Data says where its tables are kept, given a folder that is removed at the end, "" = in memory. What went wrong
// leaves the logs behind.
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

// InMemory keeps no tables on disk.
func InMemory(string) string { return "" }

// Directly has nothing stand between the service and its database.
func Directly(endpoint string) (string, error) { return endpoint, nil }
