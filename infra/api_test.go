package main

import (
	"slices"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

func TestRoutes(t *testing.T) {
	// From a route's key to what it invokes.
	want, got := map[string]any{}, map[string]any{}
	declared := slices.Concat(annalsaws.Routes(service), annalsaws.DocsRoutes)
	for _, r := range declared {
		want[r.Method+" "+r.Path] = getAtt(pascal(string(r.Function))+"Function", "Arn")
	}
	ids := arm64.of("Api", "AWS::ApiGatewayV2::Route")
	for _, id := range ids {
		route := arm64.resource(t, id, "AWS::ApiGatewayV2::Route").Properties
		same(t, id+" ApiId", any(ref("Api")), route["ApiId"])
		// {"Fn::Join": ["", ["integrations/", {"Ref": id}]]}
		join := route["Target"].(object)["Fn::Join"].(list)
		parts := join[1].(list)
		same(t, id+" Target", list{"", "integrations/", 2}, list{join[0], parts[0], len(parts)})
		integration := arm64.resource(t, parts[1].(object)["Ref"].(string), "AWS::ApiGatewayV2::Integration").Properties
		got[route["RouteKey"].(string)] = integration["IntegrationUri"]
	}
	same(t, "routes", want, got)
	same(t, "number of routes", len(declared), len(ids))
}

func TestIntegrations(t *testing.T) {
	for _, function := range []string{"Command", "Docs", "Query"} {
		same(t, function, object{
			"ApiId":                ref("Api"),
			"IntegrationType":      "AWS_PROXY",
			"IntegrationUri":       getAtt(function+"Function", "Arn"),
			"PayloadFormatVersion": "2.0",
		}, arm64.resource(t, function+"Integration", "AWS::ApiGatewayV2::Integration").Properties)
		same(t, function, object{
			"Action":       "lambda:InvokeFunction",
			"FunctionName": getAtt(function+"Function", "Arn"),
			"Principal":    "apigateway.amazonaws.com",
			"SourceArn": object{"Fn::Join": list{"", list{
				"arn:", ref("AWS::Partition"), ":execute-api:", ref("AWS::Region"), ":", ref("AWS::AccountId"), ":",
				ref("Api"), "/*/*/*",
			}}},
		}, arm64.resource(t, function+"Permission", "AWS::Lambda::Permission").Properties)
	}
	same(t, "integrations", []string{"CommandIntegration", "DocsIntegration", "QueryIntegration", "SocketIntegration"},
		arm64.ids("AWS::ApiGatewayV2::Integration"))
	same(t, "permissions", []string{
		"CommandPermission", "DocsPermission", "QueryPermission", "SocketAuthorizerPermission", "SocketPermission",
	}, arm64.ids("AWS::Lambda::Permission"))
}

func TestAPI(t *testing.T) {
	api := arm64.resource(t, "Api", "AWS::ApiGatewayV2::Api").Properties
	same(t, "ProtocolType", any("HTTP"), api["ProtocolType"])
	stage := arm64.resource(t, "ApiDefaultStage", "AWS::ApiGatewayV2::Stage").Properties
	same(t, "stage", list{ref("Api"), "$default", true}, list{stage["ApiId"], stage["StageName"], stage["AutoDeploy"]})
	same(t, "ApiUrl", any(getAtt("Api", "ApiEndpoint")), arm64.template.Outputs["ApiUrl"].Value)
	same(t, "stages", []string{"ApiDefaultStage", "SocketStage"}, arm64.ids("AWS::ApiGatewayV2::Stage"))
}
