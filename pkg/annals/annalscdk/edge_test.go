package annalscdk

import (
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestCORSMethods: pages may use every method that the service has.
func TestCORSMethods(t *testing.T) {
	t.Parallel()
	patch := enrol(annals.Command("PATCH /courses/{id}", courses, course.enrol))
	for service, want := range map[*annals.Service]bool{enrol(): false, patch: true} {
		if got := slices.Contains(*corsMethods(annalsaws.Routes(service)),
			awsapigatewayv2.CorsHttpMethod_PATCH); got != want {
			t.Errorf("PATCH: %t, want %t", got, want)
		}
	}
}
