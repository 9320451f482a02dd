package annalscdk

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/push"
)

// newSocketAPI declares the WebSocket API and its stage. They come before the functions, one of which posts to them.
func newSocketAPI(stack awscdk.Stack, conf config) awsapigatewayv2.WebSocketStage {
	api := named(awsapigatewayv2.NewWebSocketApi(stack, jsii.String("SocketApi"), &awsapigatewayv2.WebSocketApiProps{
		ApiName:                  jsii.String(*stack.StackName() + "Socket"),
		Description:              jsii.String("Tells of changes"),
		RouteSelectionExpression: jsii.String(push.Selection),
	}))
	stage := named(awsapigatewayv2.NewWebSocketStage(stack, jsii.String("SocketStage"), &awsapigatewayv2.WebSocketStageProps{
		WebSocketApi: api,
		StageName:    jsii.String("live"),
		AutoDeploy:   jsii.Bool(true),
	}))
	throttle(stage.Node().DefaultChild().(awsapigatewayv2.CfnStage), conf)
	output(stack, "SocketUrl", stage.Url(), "URL of the WebSocket API")
	return stage
}

// newSocketRoutes lead every route to the one function. CDK's own route has an integration and a permission each.
func newSocketRoutes(stack awscdk.Stack, stage awsapigatewayv2.WebSocketStage, function awslambda.Function) {
	api := stage.Api().ApiId()
	integration := awsapigatewayv2.NewCfnIntegration(stack, jsii.String("SocketIntegration"), &awsapigatewayv2.CfnIntegrationProps{
		ApiId:           api,
		IntegrationType: jsii.String("AWS_PROXY"),
		IntegrationUri:  invocationURI(stack, function),
	})
	awslambda.NewCfnPermission(stack, jsii.String("SocketPermission"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: function.FunctionArn(),
		Principal:    jsii.String("apigateway.amazonaws.com"),
		SourceArn:    jsii.String(executeARN(stack, stage) + "/*"),
	})
	authorizer := newSocketAuthorizer(stack, stage, function)
	for _, route := range push.Routes {
		// API Gateway refuses to deploy an API without routes.
		stage.Node().AddDependency(newSocketRoute(stack, api, integration, authorizer, route))
	}
}

func newSocketRoute(
	stack awscdk.Stack, api *string, integration awsapigatewayv2.CfnIntegration, authorizer *string, route push.Route,
) awsapigatewayv2.CfnRoute {
	id := "Socket" + pascal(strings.TrimPrefix(route.Key, "$"))
	props := &awsapigatewayv2.CfnRouteProps{
		ApiId:    api,
		RouteKey: jsii.String(route.Key),
		Target:   jsii.String("integrations/" + *integration.Ref()),
	}
	if route.Key == push.Connect { // API Gateway asks once a connection
		props.AuthorizationType, props.AuthorizerId = jsii.String("CUSTOM"), authorizer
	}
	if route.Answers {
		props.RouteResponseSelectionExpression = jsii.String("$default")
	}
	made := awsapigatewayv2.NewCfnRoute(stack, jsii.String(id+"Route"), props)
	if route.Answers {
		awsapigatewayv2.NewCfnRouteResponse(stack, jsii.String(id+"Answer"), &awsapigatewayv2.CfnRouteResponseProps{
			ApiId: api, RouteId: made.Ref(), RouteResponseKey: jsii.String("$default"),
		})
	}
	return made
}

// postStatement allows posting to the connections of a stage, not ending them or asking after them.
func postStatement(stack awscdk.Stack, stage awsapigatewayv2.WebSocketStage) awsiam.PolicyStatement {
	return allow([]string{"execute-api:ManageConnections"}, jsii.String(executeARN(stack, stage)+"/POST/@connections/*"))
}

// executeARN is what permissions on a stage start with.
func executeARN(stack awscdk.Stack, stage awsapigatewayv2.WebSocketStage) string {
	return apiARN(stack, stage) + "/" + *stage.StageName()
}

func apiARN(stack awscdk.Stack, stage awsapigatewayv2.WebSocketStage) string {
	return "arn:" + *stack.Partition() + ":execute-api:" + *stack.Region() + ":" + *stack.Account() + ":" + *stage.Api().ApiId()
}

// invocationURI is a function as API Gateway calls it.
func invocationURI(stack awscdk.Stack, function awslambda.Function) *string {
	return jsii.String("arn:" + *stack.Partition() + ":apigateway:" + *stack.Region() +
		":lambda:path/2015-03-31/functions/" + *function.FunctionArn() + "/invocations")
}
