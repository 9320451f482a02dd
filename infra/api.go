package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/httpapi/routes"
)

// newAPI declares the HTTP API: each route to its function, on the stage that has no prefix and deploys by itself.
func newAPI(stack awscdk.Stack, deployed map[string]awslambda.Function) awsapigatewayv2.HttpApi {
	api := named(awsapigatewayv2.NewHttpApi(stack, jsii.String("Api"), &awsapigatewayv2.HttpApiProps{
		ApiName:     stack.StackName(),
		Description: jsii.String("Commands and queries"),
	}))
	rename(api.DefaultStage(), "ApiDefaultStage")
	integrations := map[routes.Function]awsapigatewayv2.HttpRouteIntegration{}
	for _, route := range routes.All {
		if _, ok := integrations[route.Function]; !ok {
			integrations[route.Function] = newIntegration(deployed[string(route.Function)])
		}
		made := named(awsapigatewayv2.NewHttpRoute(stack, jsii.String(pascal(route.ID)+"Route"), &awsapigatewayv2.HttpRouteProps{
			HttpApi:     api,
			RouteKey:    awsapigatewayv2.HttpRouteKey_With(jsii.String(route.Path), awsapigatewayv2.HttpMethod(route.Method)),
			Integration: integrations[route.Function],
		}))
		nameParts(made, pascal(string(route.Function)))
	}
	output(stack, "ApiUrl", api.ApiEndpoint(), "Base URL of the API")
	return api
}

func newIntegration(function awslambda.Function) awsapigatewayv2.HttpRouteIntegration {
	return awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Integration"), function,
		&awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0(),
			// One permission for the API instead of one a route: all of them have to fit into 20 KB.
			ScopePermissionToRoute: jsii.Bool(false),
		})
}

// nameParts names what CDK puts under the first route of each function after that function, to which it belongs. Named after
// the route it would be replaced as soon as another route came first.
func nameParts(route awsapigatewayv2.HttpRoute, function string) {
	for _, part := range *route.Node().Children() {
		switch part.(type) {
		case awsapigatewayv2.HttpIntegration:
			rename(part, function+"Integration")
		case awslambda.CfnPermission:
			rename(part, function+"Permission")
		}
	}
}
