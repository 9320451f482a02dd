package functions

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// FailedError says that an invocation failed: the function returned an error, ended, or ran out of time.
type FailedError struct{ error }

// MayPass reports whether the same request may succeed in a moment: the function was throttled, or the invocation
// failed.
func MayPass(err error) bool {
	return errors.As(err, new(*types.TooManyRequestsException)) || errors.As(err, new(FailedError))
}

// failed returns the error of an invocation that failed. Its payload is described in
// https://docs.aws.amazon.com/lambda/latest/dg/golang-exceptions.html.
func failed(payload []byte, name string) error {
	var e struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	if json.Unmarshal(payload, &e) != nil {
		e.Message = string(payload[:min(len(payload), 300)])
	}
	said := strings.TrimPrefix(cmp.Or(e.Type, "no type")+": "+e.Message, "no type: ")
	switch {
	case e.Type == "Sandbox.Timedout" || strings.Contains(e.Message, "Task timed out"):
		return fmt.Errorf("function %s ran out of time; its changes until then stay: run the command again, or raise the "+
			"function's timeout: %s", name, said)
	case strings.HasPrefix(e.Type, "Runtime.") || strings.Contains(e.Message, "Runtime exited"):
		return fmt.Errorf("function %s does not start, or its process ended: see its log (on AWS, `aws lambda "+
			"get-function-configuration --function-name %s --query LoggingConfig.LogGroup` names it): %s", name, name, said)
	}
	return fmt.Errorf("function %s failed: %s", name, said)
}
