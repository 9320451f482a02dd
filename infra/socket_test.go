package main

import (
	"maps"
	"slices"
	"testing"
)

// onStage returns an ARN on the WebSocket API's stage.
func onStage(what string) object {
	return object{"Fn::Join": list{"", list{
		"arn:", ref("AWS::Partition"), ":execute-api:", ref("AWS::Region"), ":", ref("AWS::AccountId"), ":", ref("SocketApi"),
		"/live/" + what,
	}}}
}

func TestSocketAPI(t *testing.T) {
	api := arm64.resource(t, "SocketApi", "AWS::ApiGatewayV2::Api").Properties
	same(t, "ProtocolType", any("WEBSOCKET"), api["ProtocolType"])
	same(t, "RouteSelectionExpression", any("$request.body.action"), api["RouteSelectionExpression"])
	stage := arm64.resource(t, "SocketStage", "AWS::ApiGatewayV2::Stage").Properties
	same(t, "stage", list{ref("SocketApi"), "live", true}, list{stage["ApiId"], stage["StageName"], stage["AutoDeploy"]})
	same(t, "SocketUrl", any(object{"Fn::Join": list{"", list{
		"wss://", ref("SocketApi"), ".execute-api.", ref("AWS::Region"), ".", ref("AWS::URLSuffix"), "/live",
	}}}), arm64.template.Outputs["SocketUrl"].Value)
}

func TestSocketRoutes(t *testing.T) {
	target := object{"Fn::Join": list{"", list{"integrations/", ref("SocketIntegration")}}}
	keys := map[string]string{
		"SocketConnectRoute": "$connect", "SocketDisconnectRoute": "$disconnect", "SocketDefaultRoute": "$default",
		"SocketSubscribeRoute": "subscribe", "SocketUnsubscribeRoute": "unsubscribe",
	}
	for id, key := range keys {
		want := object{"ApiId": ref("SocketApi"), "RouteKey": key, "Target": target}
		if key != "$connect" && key != "$disconnect" { // these clients are not connected yet, or no longer
			want["RouteResponseSelectionExpression"] = "$default"
		}
		if key == "$connect" {
			want["AuthorizationType"], want["AuthorizerId"] = "CUSTOM", ref("SocketAuthorizer")
		}
		same(t, id, want, arm64.resource(t, id, "AWS::ApiGatewayV2::Route").Properties)
	}
	same(t, "the stage waits for the routes", slices.Sorted(maps.Keys(keys)),
		arm64.resource(t, "SocketStage", "AWS::ApiGatewayV2::Stage").DependsOn)
	same(t, "number of routes", len(keys), len(arm64.of("SocketApi", "AWS::ApiGatewayV2::Route")))
	for _, name := range []string{"SocketDefault", "SocketSubscribe", "SocketUnsubscribe"} {
		same(t, name+"Answer", object{
			"ApiId": ref("SocketApi"), "RouteId": ref(name + "Route"), "RouteResponseKey": "$default",
		},
			arm64.resource(t, name+"Answer", "AWS::ApiGatewayV2::RouteResponse").Properties)
	}
	same(t, "number of answers", 3, len(arm64.ids("AWS::ApiGatewayV2::RouteResponse")))
}

func TestSocketIntegration(t *testing.T) {
	same(t, "SocketIntegration", object{
		"ApiId":           ref("SocketApi"),
		"IntegrationType": "AWS_PROXY",
		"IntegrationUri": object{"Fn::Join": list{"", list{
			"arn:", ref("AWS::Partition"), ":apigateway:", ref("AWS::Region"), ":lambda:path/2015-03-31/functions/",
			getAtt("SocketFunction", "Arn"), "/invocations",
		}}},
	}, arm64.resource(t, "SocketIntegration", "AWS::ApiGatewayV2::Integration").Properties)
	same(t, "SocketPermission", object{
		"Action":       "lambda:InvokeFunction",
		"FunctionName": getAtt("SocketFunction", "Arn"),
		"Principal":    "apigateway.amazonaws.com",
		"SourceArn":    onStage("*"),
	}, arm64.resource(t, "SocketPermission", "AWS::Lambda::Permission").Properties)
}
