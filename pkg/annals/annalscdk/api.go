package annalscdk

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addAPI declares the HTTP API: its routes with their functions and scopes, and a stage without a prefix that deploys
// automatically.
func (s *Service) addAPI() {
	s.API = named(awsapigatewayv2.NewHttpApi(s.Stack, jsii.String("Api"), &awsapigatewayv2.HttpApiProps{
		ApiName:     s.Stack.StackName(),
		Description: jsii.String("Commands and queries"),
		// With a domain, AWS's own name would be a way around the protections in front of the domain.
		DisableExecuteApiEndpoint: given(s.Settings.Domain != ""),
		CorsPreflight:             s.cors(),
	}))
	stage := rename(s.API.DefaultStage(), "ApiDefaultStage").(awsapigatewayv2.CfnStage)
	s.throttle(stage)
	s.logAccess(stage)
	s.Authorizer = s.newAuthorizer()
	integrations := map[annalsaws.Function]awsapigatewayv2.HttpRouteIntegration{}
	for _, route := range s.routes() {
		if _, ok := integrations[route.Function]; !ok {
			integrations[route.Function] = newIntegration(s.Functions[route.Function].Lambda)
		}
		props := &awsapigatewayv2.HttpRouteProps{
			HttpApi:     s.API,
			RouteKey:    awsapigatewayv2.HttpRouteKey_With(jsii.String(route.Path), awsapigatewayv2.HttpMethod(route.Method)),
			Integration: integrations[route.Function],
		}
		if route.Scope != "" {
			props.Authorizer, props.AuthorizationScopes = s.Authorizer, jsii.Strings(route.Scope)
		}
		made := named(awsapigatewayv2.NewHttpRoute(s.Stack, jsii.String(pascal(route.ID)+"Route"), props))
		nameParts(made, pascal(string(route.Function)))
	}
	s.output("ApiUrl", s.address(), "Base URL of the API")
}

// routes returns the routes of the deployment.
func (s *Service) routes() []annalsaws.Route { return routesOf(s.Declaration, s.Settings) }

func routesOf(service *annals.Service, settings Settings) []annalsaws.Route {
	if settings.NoDocs {
		return annalsaws.Routes(service)
	}
	return slices.Concat(annalsaws.Routes(service), annalsaws.DocsRoutes)
}

// address is the API's address: the deployment's domain, or else AWS's name.
func (s *Service) address() *string {
	if s.Settings.Domain != "" {
		return s.newDomain()
	}
	return s.API.ApiEndpoint()
}

// newAuthorizer declares the authorizer, which checks tokens before any function runs.
func (s *Service) newAuthorizer() awsapigatewayv2.IHttpRouteAuthorizer {
	made := awsapigatewayv2.NewCfnAuthorizer(s.Stack, jsii.String("ApiAuthorizer"), &awsapigatewayv2.CfnAuthorizerProps{
		ApiId:          s.API.ApiId(),
		Name:           jsii.String("token"),
		AuthorizerType: jsii.String("JWT"),
		IdentitySource: jsii.Strings("$request.header.Authorization"),
		JwtConfiguration: &awsapigatewayv2.CfnAuthorizer_JWTConfigurationProperty{
			Issuer: s.Issuer, Audience: &s.Audience,
		},
	})
	return awsapigatewayv2.HttpAuthorizer_FromHttpAuthorizerAttributes(s.Stack, jsii.String("Token"),
		&awsapigatewayv2.HttpAuthorizerAttributes{
			AuthorizerId: made.Ref(), AuthorizerType: jsii.String("JWT"),
		})
}

func newIntegration(function awslambda.Function) awsapigatewayv2.HttpRouteIntegration {
	return awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Integration"), function,
		&awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0(),
			// One permission for the whole API instead of one for each route: a function's policy is limited to 20 KB.
			ScopePermissionToRoute: jsii.Bool(false),
		})
}

// nameParts sets the logical ids of the constructs that CDK creates below the first route of each function. They belong
// to the function: with ids of the route, they would be replaced as soon as another route came first.
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

// given returns true, or nil for no setting.
func given(set bool) *bool {
	if set {
		return &set
	}
	return nil
}
