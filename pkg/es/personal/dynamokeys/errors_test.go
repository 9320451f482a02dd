package dynamokeys_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
)

type option = func(*dynamodb.Options)

// failing answers each request with an error.
type failing struct {
	dynamokeys.Client
	err error
}

func (f failing) GetItem(context.Context, *dynamodb.GetItemInput, ...option) (*dynamodb.GetItemOutput, error) {
	return nil, f.err
}

func (f failing) BatchGetItem(
	context.Context, *dynamodb.BatchGetItemInput, ...option,
) (*dynamodb.BatchGetItemOutput, error) {
	return nil, f.err
}

func (f failing) PutItem(context.Context, *dynamodb.PutItemInput, ...option) (*dynamodb.PutItemOutput, error) {
	return nil, f.err
}

func (f failing) UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...option) (*dynamodb.UpdateItemOutput, error) {
	return nil, f.err
}

func (f failing) Query(context.Context, *dynamodb.QueryInput, ...option) (*dynamodb.QueryOutput, error) {
	return nil, f.err
}

func (f failing) Scan(context.Context, *dynamodb.ScanInput, ...option) (*dynamodb.ScanOutput, error) {
	return nil, f.err
}

// TestErrors: errors of DynamoDB name the call and the subject, and those that pass are marked.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct {
		err       error
		transient bool
	}{
		{&types.ProvisionedThroughputExceededException{}, true},
		{&types.InternalServerError{}, true},
		{&types.ResourceNotFoundException{}, false},
	} {
		keys, err := dynamokeys.New(failing{err: fault.err}, "keys")
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		errs := map[string]error{"note a stream for subject ada": keys.Note(ctx, "ada", es.StreamID{Type: "Order", ID: "1"})}
		_, errs["load the key of subject ada"] = keys.Load(ctx, "ada")
		_, errs["load the key of subject ada and 1 others"] = keys.Load(ctx, "bob", "ada")
		_, errs["create a key for subject ada"] = keys.Create(ctx, key("ada", 1))
		_, errs["forget subject ada"] = keys.Forget(ctx, "ada", noon)
		for _, err := range keys.Streams(ctx, "ada") {
			errs["list the streams of subject ada"] = err
		}
		for _, err := range keys.Subjects(ctx) {
			errs["list the keys of all subjects"] = err
		}
		for begin, err := range errs {
			if !errors.Is(err, fault.err) || errors.Is(err, es.ErrUnavailable) != fault.transient ||
				!strings.HasPrefix(err.Error(), begin+": ") {
				t.Errorf("%T: %v; want %q, unavailable: %v", fault.err, err, begin, fault.transient)
			}
		}
		if len(errs) != 7 {
			t.Errorf("%d calls failed, want 7", len(errs))
		}
	}
}
