package access //nolint:testpackage // see call_test.go

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// BenchmarkPutItem writes a small item to DynamoDB Local, straight and as a function does, in turns.
func BenchmarkPutItem(b *testing.B) {
	backend, err := url.Parse(dynamotest.Endpoint(b))
	if err != nil {
		b.Fatal(err)
	}
	name := dynamotest.Table(b, dynamotest.Client(b), dynamotable.Table{Partition: dynamotable.Key{
		Name: "p", Type: dynamotable.String,
	}})
	may, err := policy.Parse(map[string]any{
		"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": template.TableARN(name),
	})
	if err != nil {
		b.Fatal(err)
	}
	control := New(&template.System{
		Functions: []template.Function{{ID: "Writer", Principal: policy.Principal{Policy: policy.Policy{may}}}},
	})
	gate := httptest.NewServer(control.DynamoDB(backend))
	defer gate.Close()
	for by, endpoint := range map[string]string{"straight": backend.String(), "gated": gate.URL} {
		client := dynamodb.New(dynamodb.Options{
			BaseEndpoint: &endpoint, Region: template.Region,
			Credentials: credentials.NewStaticCredentialsProvider("Writer", "x", ""),
		})
		b.Run("by="+by, func(b *testing.B) {
			defer dynamotest.CPU(b)()
			for i := 0; b.Loop(); i++ {
				put(b.Context(), b, client, name, i)
			}
		})
	}
}

func put(ctx context.Context, b *testing.B, client *dynamodb.Client, table string, i int) {
	b.Helper()
	_, err := client.PutItem(ctx,
		&dynamodb.PutItemInput{TableName: aws.String(table), Item: map[string]types.AttributeValue{
			"p": &types.AttributeValueMemberS{Value: strconv.Itoa(i)},
		}})
	if err != nil {
		b.Fatal(err)
	}
}
