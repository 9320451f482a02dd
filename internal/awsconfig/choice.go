package awsconfig

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The values that variables may have. "" is the default.
var (
	switches   = map[string]bool{"": false, "false": false, "true": true}
	dualStacks = map[string]aws.DualStackEndpointState{
		"":      aws.DualStackEndpointStateUnset,
		"false": aws.DualStackEndpointStateDisabled,
		"true":  aws.DualStackEndpointStateEnabled,
	}
	fips = map[string]aws.FIPSEndpointState{
		"":      aws.FIPSEndpointStateUnset,
		"false": aws.FIPSEndpointStateDisabled,
		"true":  aws.FIPSEndpointStateEnabled,
	}
	discoveries = map[string]aws.EndpointDiscoveryEnableState{
		"":      aws.EndpointDiscoveryUnset,
		"false": aws.EndpointDiscoveryDisabled,
		"true":  aws.EndpointDiscoveryEnabled,
		"auto":  aws.EndpointDiscoveryAuto,
	}
	accountEndpoints = map[string]aws.AccountIDEndpointMode{
		"":          aws.AccountIDEndpointModePreferred,
		"preferred": aws.AccountIDEndpointModePreferred,
		"required":  aws.AccountIDEndpointModeRequired,
		"disabled":  aws.AccountIDEndpointModeDisabled,
	}
	requestChecksums = map[string]aws.RequestChecksumCalculation{
		"":               aws.RequestChecksumCalculationWhenSupported,
		"when_supported": aws.RequestChecksumCalculationWhenSupported,
		"when_required":  aws.RequestChecksumCalculationWhenRequired,
	}
	responseChecksums = map[string]aws.ResponseChecksumValidation{
		"":               aws.ResponseChecksumValidationWhenSupported,
		"when_supported": aws.ResponseChecksumValidationWhenSupported,
		"when_required":  aws.ResponseChecksumValidationWhenRequired,
	}
)

// choice returns the setting for a variable's value. Case does not matter.
func choice[T any](r *reader, variable string, among map[string]T) T {
	value := os.Getenv(variable)
	chosen, ok := among[strings.ToLower(value)]
	if !ok {
		names := slices.Sorted(maps.Keys(among))[1:] // without ""
		r.wrong = append(r.wrong, fmt.Sprintf("%s is %q: set it to %s", variable, value, strings.Join(names, " or ")))
	}
	return chosen
}
