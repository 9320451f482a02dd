package annalscdk

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// throttle limits the requests to a stage from all callers together. API Gateway answers 429 to requests beyond it.
func (s *Service) throttle(stage awsapigatewayv2.CfnStage) {
	stage.SetDefaultRouteSettings(&awsapigatewayv2.CfnStage_RouteSettingsProperty{
		ThrottlingRateLimit: jsii.Number(s.Settings.Rate), ThrottlingBurstLimit: jsii.Number(s.Settings.Burst),
	})
}

// accessLog is a line of the access log: the caller, the request and the response. requestId is also the correlation
// id, if the caller gave none. functionRequestId is the requestId in the function's log. The line has no header, query
// or body.
var accessLog = map[string]string{
	"requestId": "$context.requestId", "functionRequestId": "$context.integration.requestId",
	"time": "$context.requestTime",
	"ip":   "$context.identity.sourceIp", "subject": "$context.authorizer.claims.sub", "route": "$context.routeKey",
	"status": "$context.status", "bytes": "$context.responseLength", "ms": "$context.responseLatency",
	"functionMs": "$context.integration.latency", "error": "$context.error.message",
	"functionError":   "$context.integrationErrorMessage",
	"authorizerError": "$context.authorizer.error",
}

// logAccess makes a stage log a line for each request. The prefix of the log group's name avoids a resource policy for
// each group, of which an account can have ten.
func (s *Service) logAccess(stage awsapigatewayv2.CfnStage) {
	logs := named(awslogs.NewLogGroup(s.Stack, jsii.String("ApiAccessLogs"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/vendedlogs/" + *s.Stack.StackName() + "/api"),
		Retention:     awslogs.RetentionDays_ONE_MONTH,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	}))
	format, err := json.Marshal(accessLog)
	if err != nil {
		panic(err) // strings cannot fail
	}
	stage.SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: logs.LogGroupArn(), Format: jsii.String(string(format)),
	})
}

// cors lets pages of the configured origins call the API with a token. If it returns nil, no page of another origin
// may.
func (s *Service) cors() *awsapigatewayv2.CorsPreflightOptions {
	if len(s.Settings.Origins) == 0 {
		return nil
	}
	return &awsapigatewayv2.CorsPreflightOptions{
		AllowOrigins: jsii.Strings(s.Settings.Origins...),
		AllowMethods: corsMethods(s.routes()),
		AllowHeaders: jsii.Strings("authorization", "content-type", "consistency-token", "idempotency-key", "if-match",
			"occurred-at", "prefer", "x-correlation-id"),
		ExposeHeaders: jsii.Strings("consistency", "consistency-token", "etag", "location", "preference-applied",
			"retry-after",
			"x-correlation-id"),
		MaxAge: awscdk.Duration_Hours(jsii.Number(1)),
	}
}

// corsMethods are the methods that pages may use: PATCH only if a route has it.
func corsMethods(routes []annalsaws.Route) *[]awsapigatewayv2.CorsHttpMethod {
	methods := []awsapigatewayv2.CorsHttpMethod{
		awsapigatewayv2.CorsHttpMethod_GET, awsapigatewayv2.CorsHttpMethod_POST, awsapigatewayv2.CorsHttpMethod_PUT,
		awsapigatewayv2.CorsHttpMethod_DELETE,
	}
	if slices.ContainsFunc(routes, func(r annalsaws.Route) bool { return r.Method == http.MethodPatch }) {
		methods = append(methods, awsapigatewayv2.CorsHttpMethod_PATCH)
	}
	return &methods
}

// newDomain gives the API the deployment's own domain name, and returns its address. The DNS record is not part of the
// stack: it must point to the output DomainTarget.
func (s *Service) newDomain() *string {
	domain := named(awsapigatewayv2.NewDomainName(s.Stack, jsii.String("ApiDomain"), &awsapigatewayv2.DomainNameProps{
		DomainName: jsii.String(s.Settings.Domain),
		Certificate: awscertificatemanager.Certificate_FromCertificateArn(s.Stack, jsii.String("Certificate"),
			jsii.String(s.Settings.Certificate)),
	}))
	named(awsapigatewayv2.NewApiMapping(s.Stack, jsii.String("ApiDomainMapping"), &awsapigatewayv2.ApiMappingProps{
		Api: s.API, DomainName: domain, Stage: s.API.DefaultStage(),
	}))
	s.output("DomainTarget", domain.RegionalDomainName(), "Target for the DNS record of the domain")
	return jsii.String("https://" + s.Settings.Domain)
}
