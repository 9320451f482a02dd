package annalscdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// newAPI declares the HTTP API: each route to its function, for who has its scope or for all, on the stage that has no prefix and
// deploys by itself.
func newAPI(stack awscdk.Stack, conf config, deployed map[string]awslambda.Function, who identity) awsapigatewayv2.HttpApi {
	api := named(awsapigatewayv2.NewHttpApi(stack, jsii.String("Api"), &awsapigatewayv2.HttpApiProps{
		ApiName:     stack.StackName(),
		Description: jsii.String("Commands and queries"),
		// The other name would be a way past what stands before the domain.
		DisableExecuteApiEndpoint: given(conf.domain != ""),
		CorsPreflight:             cors(conf.origins),
	}))
	stage := rename(api.DefaultStage(), "ApiDefaultStage").(awsapigatewayv2.CfnStage)
	throttle(stage, conf)
	logAccess(stack, stage)
	authorizer := newAuthorizer(stack, api, who)
	integrations := map[annalsaws.Function]awsapigatewayv2.HttpRouteIntegration{}
	for _, route := range conf.routes() {
		if _, ok := integrations[route.Function]; !ok {
			integrations[route.Function] = newIntegration(deployed[string(route.Function)])
		}
		props := &awsapigatewayv2.HttpRouteProps{
			HttpApi:     api,
			RouteKey:    awsapigatewayv2.HttpRouteKey_With(jsii.String(route.Path), awsapigatewayv2.HttpMethod(route.Method)),
			Integration: integrations[route.Function],
		}
		if route.Scope != "" {
			props.Authorizer, props.AuthorizationScopes = authorizer, jsii.Strings(route.Scope)
		}
		made := named(awsapigatewayv2.NewHttpRoute(stack, jsii.String(pascal(route.ID)+"Route"), props))
		nameParts(made, pascal(string(route.Function)))
	}
	output(stack, "ApiUrl", addressOf(stack, conf, api), "Base URL of the API")
	return api
}

// routes are those that the deployment has.
func (a edgeSettings) routes() []annalsaws.Route {
	if a.noDocs {
		return annalsaws.Routes(service)
	}
	return slices.Concat(annalsaws.Routes(service), annalsaws.DocsRoutes)
}

// addressOf is where the API answers: at the deployment's domain alone, or where AWS puts it.
func addressOf(stack awscdk.Stack, conf config, api awsapigatewayv2.HttpApi) *string {
	if conf.domain != "" {
		return newDomain(stack, conf, api)
	}
	return api.ApiEndpoint()
}

// newAuthorizer declares what checks tokens before any function runs.
func newAuthorizer(stack awscdk.Stack, api awsapigatewayv2.HttpApi, who identity) awsapigatewayv2.IHttpRouteAuthorizer {
	made := awsapigatewayv2.NewCfnAuthorizer(stack, jsii.String("ApiAuthorizer"), &awsapigatewayv2.CfnAuthorizerProps{
		ApiId:          api.ApiId(),
		Name:           jsii.String("token"),
		AuthorizerType: jsii.String("JWT"),
		IdentitySource: jsii.Strings("$request.header.Authorization"),
		JwtConfiguration: &awsapigatewayv2.CfnAuthorizer_JWTConfigurationProperty{
			Issuer: who.issuer, Audience: &who.audience,
		},
	})
	return awsapigatewayv2.HttpAuthorizer_FromHttpAuthorizerAttributes(stack, jsii.String("Token"), &awsapigatewayv2.HttpAuthorizerAttributes{
		AuthorizerId: made.Ref(), AuthorizerType: jsii.String("JWT"),
	})
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

// given is true, or no setting at all.
func given(set bool) *bool {
	if set {
		return &set
	}
	return nil
}
