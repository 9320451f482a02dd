// Package awsendpoint says where a service of AWS is found, for requests that are made without the SDK's client of it.
// Its rules are those of the SDK's clients: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html.
package awsendpoint

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// all is the variable of the endpoint of all services. A service's own one has its name behind.
const all = "AWS_ENDPOINT_URL"

// Of returns the configured endpoint of a service by the id that the SDKs have for it, such as "DynamoDB Streams",
// without a slash at its end: AWS_ENDPOINT_URL_DYNAMODB_STREAMS, or AWS_ENDPOINT_URL, or what the profile says. "" =
// AWS's own. The endpoint is the service's own one where own is true, and that of all services otherwise.
func Of(cfg aws.Config, id string) (address string, own bool) {
	if address := ofService(cfg, id); address != "" {
		return strings.TrimSuffix(address, "/"), true
	}
	return strings.TrimSuffix(aws.ToString(cfg.BaseEndpoint), "/"), false
}

// ofService is the service's own endpoint. A variable for all services wins over a profile's endpoint of one.
func ofService(cfg aws.Config, id string) string {
	_, forAll := os.LookupEnv(all)
	_, forIt := os.LookupEnv(all + "_" + strings.ReplaceAll(strings.ToUpper(id), " ", "_"))
	if forAll && !forIt {
		return ""
	}
	if ignored(cfg) {
		return ""
	}
	for _, source := range cfg.ConfigSources {
		provider, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, id string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if address, found, err := provider.GetServiceBaseEndpoint(context.Background(), id); found && err == nil {
			return address
		}
	}
	return ""
}

// ignored says whether configured endpoints are not used. The first source that knows decides.
func ignored(cfg aws.Config) bool {
	for _, source := range cfg.ConfigSources {
		provider, ok := source.(interface {
			GetIgnoreConfiguredEndpoints(ctx context.Context) (ignored, found bool, err error)
		})
		if !ok {
			continue
		}
		if ignored, found, err := provider.GetIgnoreConfiguredEndpoints(context.Background()); found || err != nil {
			return ignored
		}
	}
	return false
}
