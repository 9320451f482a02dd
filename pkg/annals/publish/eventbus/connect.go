package eventbus

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/annals-es/annals/pkg/annals/publish"
)

// Connect returns the bus with an ARN, with an EventBridge client made from cfg. AWS_ENDPOINT_URL_EVENTBRIDGE redirects
// it. It is for the functions: see annalslambda.Reactor.
func Connect(cfg aws.Config, arn string) publish.Bus { return New(eventbridge.NewFromConfig(cfg), arn) }
