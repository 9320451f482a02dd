package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// newSocketAuthorizer makes the socket function the authorizer of connections, and returns the authorizer's id. A
// WebSocket API has no JWT authorizer. If only $connect checked the token, each message would have to look up whose
// connection it is; the result of an authorizer comes with every message. It is the same function, so there is no
// additional cold start.
func (s *Service) newSocketAuthorizer(function awslambda.Function) *string {
	made := awsapigatewayv2.NewCfnAuthorizer(s.Stack, jsii.String("SocketAuthorizer"), &awsapigatewayv2.CfnAuthorizerProps{
		ApiId:          s.SocketAPI.ApiId(),
		Name:           jsii.String("token"),
		AuthorizerType: jsii.String("REQUEST"),
		AuthorizerUri:  s.invocationURI(function),
	})
	awslambda.NewCfnPermission(s.Stack, jsii.String("SocketAuthorizerPermission"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: function.FunctionArn(),
		Principal:    jsii.String("apigateway.amazonaws.com"),
		SourceArn:    jsii.String(s.socketARN() + "/authorizers/" + *made.Ref()),
	})
	return made.Ref()
}
