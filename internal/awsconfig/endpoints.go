package awsconfig

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// endpoints has the endpoints of AWS services. It is a source in aws.Config.ConfigSources: the SDK's clients find its
// methods through the interfaces of the SDK's package internal/configsources.
type endpoints struct {
	ignored   bool // configured endpoints are not used
	dualStack aws.DualStackEndpointState
	fips      aws.FIPSEndpointState
	discovery aws.EndpointDiscoveryEnableState
}

// GetServiceBaseEndpoint returns the endpoint of a service by its id, such as "DynamoDB Streams".
func (endpoints) GetServiceBaseEndpoint(_ context.Context, id string) (address string, found bool, err error) {
	address = os.Getenv("AWS_ENDPOINT_URL_" + strings.ReplaceAll(strings.ToUpper(id), " ", "_"))
	return address, address != "", nil
}

// GetIgnoreConfiguredEndpoints tells whether configured endpoints are ignored.
func (e endpoints) GetIgnoreConfiguredEndpoints(context.Context) (ignored, found bool, err error) {
	return e.ignored, e.ignored, nil
}

// GetUseDualStackEndpoint tells whether endpoints also have IPv6 addresses.
func (e endpoints) GetUseDualStackEndpoint(context.Context) (s aws.DualStackEndpointState, found bool, err error) {
	return e.dualStack, e.dualStack != aws.DualStackEndpointStateUnset, nil
}

// GetUseFIPSEndpoint tells whether FIPS endpoints are used: those with validated cryptography.
func (e endpoints) GetUseFIPSEndpoint(context.Context) (s aws.FIPSEndpointState, found bool, err error) {
	return e.fips, e.fips != aws.FIPSEndpointStateUnset, nil
}

// GetEnableEndpointDiscovery tells whether a client asks its service for endpoints.
func (e endpoints) GetEnableEndpointDiscovery(
	context.Context,
) (s aws.EndpointDiscoveryEnableState, found bool, err error) {
	return e.discovery, e.discovery != aws.EndpointDiscoveryUnset, nil
}
