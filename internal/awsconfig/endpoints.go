package awsconfig

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// endpoints says where the services of AWS are. It is a source of aws.Config.ConfigSources: the SDK's clients look
// there for these methods, by the interfaces of its package internal/configsources.
type endpoints struct {
	ignored   bool // the configured ones are not used
	dualStack aws.DualStackEndpointState
	fips      aws.FIPSEndpointState
	discovery aws.EndpointDiscoveryEnableState
}

// GetServiceBaseEndpoint is the endpoint of a service, which has an id such as "DynamoDB Streams".
func (endpoints) GetServiceBaseEndpoint(_ context.Context, id string) (address string, found bool, err error) {
	address = os.Getenv("AWS_ENDPOINT_URL_" + strings.ReplaceAll(strings.ToUpper(id), " ", "_"))
	return address, address != "", nil
}

// GetIgnoreConfiguredEndpoints says whether configured endpoints are not used.
func (e endpoints) GetIgnoreConfiguredEndpoints(context.Context) (ignored, found bool, err error) {
	return e.ignored, e.ignored, nil
}

// GetUseDualStackEndpoint says whether endpoints have IPv6 addresses too.
func (e endpoints) GetUseDualStackEndpoint(context.Context) (s aws.DualStackEndpointState, found bool, err error) {
	return e.dualStack, e.dualStack != aws.DualStackEndpointStateUnset, nil
}

// GetUseFIPSEndpoint says whether endpoints are those with validated cryptography.
func (e endpoints) GetUseFIPSEndpoint(context.Context) (s aws.FIPSEndpointState, found bool, err error) {
	return e.fips, e.fips != aws.FIPSEndpointStateUnset, nil
}

// GetEnableEndpointDiscovery says whether a client asks its service for endpoints.
func (e endpoints) GetEnableEndpointDiscovery(
	context.Context,
) (s aws.EndpointDiscoveryEnableState, found bool, err error) {
	return e.discovery, e.discovery != aws.EndpointDiscoveryUnset, nil
}
