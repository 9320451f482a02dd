package annalscdk

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/push"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addSocketAPI declares the WebSocket API and its stage. It comes before the functions, one of which sends messages to
// its connections.
func (s *Service) addSocketAPI() {
	s.SocketAPI = named(awsapigatewayv2.NewWebSocketApi(s.Stack, jsii.String("SocketApi"),
		&awsapigatewayv2.WebSocketApiProps{
			ApiName:                  jsii.String(*s.Stack.StackName() + "Socket"),
			Description:              jsii.String("Notifies clients of changes"),
			RouteSelectionExpression: jsii.String(push.Selection),
		}))
	s.SocketStage = named(awsapigatewayv2.NewWebSocketStage(s.Stack, jsii.String("SocketStage"),
		&awsapigatewayv2.WebSocketStageProps{
			WebSocketApi: s.SocketAPI,
			StageName:    jsii.String("live"),
			AutoDeploy:   jsii.Bool(true),
		}))
	s.throttle(s.SocketStage.Node().DefaultChild().(awsapigatewayv2.CfnStage))
	s.output("SocketUrl", s.SocketStage.Url(), "URL of the WebSocket API")
}

// addSocketRoutes leads every route to the one function. CDK's own routes would each have an integration and a
// permission.
func (s *Service) addSocketRoutes() {
	api, function := s.SocketAPI.ApiId(), s.Functions[annalsaws.Socket].Lambda
	integration := awsapigatewayv2.NewCfnIntegration(s.Stack, jsii.String("SocketIntegration"),
		&awsapigatewayv2.CfnIntegrationProps{
			ApiId:           api,
			IntegrationType: jsii.String("AWS_PROXY"),
			IntegrationUri:  s.invocationURI(function),
		})
	awslambda.NewCfnPermission(s.Stack, jsii.String("SocketPermission"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: function.FunctionArn(),
		Principal:    jsii.String("apigateway.amazonaws.com"),
		SourceArn:    jsii.String(s.executeARN() + "/*"),
	})
	authorizer := s.newSocketAuthorizer(function)
	for _, route := range push.Routes {
		// API Gateway refuses to deploy an API without routes.
		s.SocketStage.Node().AddDependency(s.newSocketRoute(api, integration, authorizer, route))
	}
}

func (s *Service) newSocketRoute(
	api *string, integration awsapigatewayv2.CfnIntegration, authorizer *string, route push.Route,
) awsapigatewayv2.CfnRoute {
	id := "Socket" + pascal(strings.TrimPrefix(route.Key, "$"))
	props := &awsapigatewayv2.CfnRouteProps{
		ApiId:    api,
		RouteKey: jsii.String(route.Key),
		Target:   jsii.String("integrations/" + *integration.Ref()),
	}
	if route.Key == push.Connect { // API Gateway calls the authorizer once for each connection
		props.AuthorizationType, props.AuthorizerId = jsii.String("CUSTOM"), authorizer
	}
	if route.Answers {
		props.RouteResponseSelectionExpression = jsii.String("$default")
	}
	made := awsapigatewayv2.NewCfnRoute(s.Stack, jsii.String(id+"Route"), props)
	if route.Answers {
		awsapigatewayv2.NewCfnRouteResponse(s.Stack, jsii.String(id+"Answer"), &awsapigatewayv2.CfnRouteResponseProps{
			ApiId: api, RouteId: made.Ref(), RouteResponseKey: jsii.String("$default"),
		})
	}
	return made
}

// postStatement allows sending messages to the connections of a stage, but not ending or describing them.
func (s *Service) postStatement() awsiam.PolicyStatement {
	return allow([]string{"execute-api:ManageConnections"}, jsii.String(s.executeARN()+"/POST/@connections/*"))
}

// executeARN is the prefix of ARNs in permissions on a stage.
func (s *Service) executeARN() string {
	return s.socketARN() + "/" + *s.SocketStage.StageName()
}

func (s *Service) socketARN() string {
	return "arn:" + *s.Stack.Partition() + ":execute-api:" + *s.Stack.Region() + ":" + *s.Stack.Account() + ":" +
		*s.SocketAPI.ApiId()
}

// invocationURI is the URI with which API Gateway invokes a function.
func (s *Service) invocationURI(function awslambda.Function) *string {
	return jsii.String("arn:" + *s.Stack.Partition() + ":apigateway:" + *s.Stack.Region() +
		":lambda:path/2015-03-31/functions/" + *function.FunctionArn() + "/invocations")
}
