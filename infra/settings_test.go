package main

import (
	"cmp"
	"testing"
)

func TestStage(t *testing.T) {
	for name, stack := range map[string]assembly{"Shop": arm64, "Shop-prod": prod} {
		same(t, "name of the API", any(name), stack.resource(t, "Api", "AWS::ApiGatewayV2::Api").Properties["Name"])
		// Where the manifest names none, the artifact's own name is the stack's.
		same(t, "name of the stack", name, cmp.Or(stack.manifest.Artifacts["Shop"].Properties.StackName, "Shop"))
	}
}
