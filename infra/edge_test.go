package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// edged has every setting of the edge.
const edged = `{"issuer":"https://id.example.org/","audience":"annals, more","origins":"https://shop.example.org,` +
	`http://localhost:5173",` +
	`"rate":"50","burst":20,"docs":"off","domain":"api.example.org",` +
	`"certificate":"arn:aws:acm:eu-west-1:000000000000:certificate/c"}`

func TestThrottling(t *testing.T) {
	for _, id := range []string{"ApiDefaultStage", "SocketStage"} {
		same(t, id, any(object{"ThrottlingRateLimit": 2000.0, "ThrottlingBurstLimit": 1000.0}),
			arm64.resource(t, id, "AWS::ApiGatewayV2::Stage").Properties["DefaultRouteSettings"])
		same(t, id, any(object{"ThrottlingRateLimit": 50.0, "ThrottlingBurstLimit": 20.0}),
			edge.resource(t, id, "AWS::ApiGatewayV2::Stage").Properties["DefaultRouteSettings"])
	}
}

// TestAccessLog: each request has a line in the log, without secrets: no header, query or body.
func TestAccessLog(t *testing.T) {
	settings := arm64.resource(t, "ApiDefaultStage", "AWS::ApiGatewayV2::Stage").Properties["AccessLogSettings"].(object)
	same(t, "destination", any(getAtt("ApiAccessLogs", "Arn")), settings["DestinationArn"])
	logs := arm64.resource(t, "ApiAccessLogs", "AWS::Logs::LogGroup")
	same(t, "group", object{"LogGroupName": "/aws/vendedlogs/Shop/api", "RetentionInDays": 30.0}, logs.Properties)
	same(t, "of another stage", any("/aws/vendedlogs/Shop-prod/api"),
		prod.resource(t, "ApiAccessLogs", "AWS::Logs::LogGroup").Properties["LogGroupName"])
	format := map[string]string{}
	if err := json.Unmarshal([]byte(settings["Format"].(string)), &format); err != nil {
		t.Fatal(err)
	}
	for name, variable := range format {
		if !regexp.MustCompile(`^\$context\.[a-zA-Z.]+$`).MatchString(variable) || strings.Contains(variable, "path") {
			t.Errorf("log field %s is %s, want a variable of the context that is no path", name, variable)
		}
	}
	same(t, "correlation", []string{
		"$context.requestId", "$context.integration.requestId", "$context.authorizer.claims.sub",
	},
		[]string{format["requestId"], format["functionRequestId"], format["subject"]})
}

func TestCORS(t *testing.T) {
	if none := arm64.resource(t, "Api", "AWS::ApiGatewayV2::Api").Properties["CorsConfiguration"]; none != nil {
		t.Errorf("CORS configuration without origins: %v, want none", none)
	}
	cors := edge.resource(t, "Api", "AWS::ApiGatewayV2::Api").Properties["CorsConfiguration"].(object)
	same(t, "origins", any(list{"https://shop.example.org", "http://localhost:5173"}), cors["AllowOrigins"])
	same(t, "methods", any(list{"GET", "POST", "PUT", "DELETE"}), cors["AllowMethods"])
	if cors["AllowCredentials"] != nil { // tokens are headers, and there are no cookies
		t.Errorf("CORS settings: %v, want no AllowCredentials", cors)
	}
}

func TestDomain(t *testing.T) {
	same(t, "default", []string(nil), arm64.ids("AWS::ApiGatewayV2::DomainName"))
	same(t, "other name", any(true),
		edge.resource(t, "Api", "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"])
	domain := edge.resource(t, "ApiDomain", "AWS::ApiGatewayV2::DomainName").Properties
	same(t, "name", any("api.example.org"), domain["DomainName"])
	same(t, "certificate", any("arn:aws:acm:eu-west-1:000000000000:certificate/c"),
		domain["DomainNameConfigurations"].(list)[0].(object)["CertificateArn"])
	same(t, "mapping", object{"ApiId": ref("Api"), "DomainName": ref("ApiDomain"), "Stage": "$default"},
		edge.resource(t, "ApiDomainMapping", "AWS::ApiGatewayV2::ApiMapping").Properties)
	same(t, "ApiUrl", any("https://api.example.org"), edge.template.Outputs["ApiUrl"].Value)
}
