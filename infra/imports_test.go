package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports: no function links the CDK, and in the kit only annalscdk does. The stack does not need the SDK: what it
// links comes with the declarations of tables and pushes, and must not grow.
func TestImports(t *testing.T) {
	cdk := []string{"github.com/aws/aws-cdk-go", "github.com/aws/jsii-runtime-go", "github.com/aws/constructs-go"}
	for _, packages := range []string{
		"./functions/...", "./cmd/...", "./local/...", "./pkg/annals/annalsaws", "./pkg/annals/annalslambda",
		"./pkg/annals/annalstest",
	} {
		for _, imported := range dependencies(t, packages) {
			if slices.ContainsFunc(cdk, func(prefix string) bool { return strings.HasPrefix(imported, prefix) }) {
				t.Errorf("%s links %s", packages, imported)
			}
		}
	}
	const service = "github.com/aws/aws-sdk-go-v2/service/"
	linked := []string{"dynamodb", "internal", "signin", "sso", "ssooidc", "sts"}
	for _, imported := range dependencies(t, "./pkg/annals/annalscdk") {
		if path, of := strings.CutPrefix(imported, service); of {
			if client, _, _ := strings.Cut(path, "/"); !slices.Contains(linked, client) {
				t.Errorf("annalscdk links the SDK's client %s", client)
			}
		}
		if strings.HasPrefix(imported, "github.com/annals-es/annals/shop") {
			t.Errorf("annalscdk links %s: it knows no service", imported)
		}
	}
}

// dependencies returns the packages that the given packages link.
func dependencies(t *testing.T, packages string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", packages)
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
