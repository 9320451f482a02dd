package functions_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestFunctionsLinkNoLogin: a function has its credentials in its environment. The SDK's package config, which links
// all other ways to log in, is not in its binary, and neither is what only tools and stacks need.
func TestFunctionsLinkNoLogin(t *testing.T) {
	t.Parallel()
	const sdk = "github.com/aws/aws-sdk-go-v2/"
	unwanted := []string{
		sdk + "config", sdk + "feature/ec2/imds", sdk + "service/sso", sdk + "service/ssooidc", sdk + "service/sts",
		sdk + "service/signin", sdk + "credentials/ssocreds", sdk + "credentials/stscreds", sdk + "service/cloudformation",
		sdk + "service/lambda", "github.com/aws/aws-cdk-go/awscdk/v2", "github.com/aws/jsii-runtime-go",
	}
	for _, function := range []string{"command", "docs", "projector", "query", "reactor", "rebuilder", "socket"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./"+function).Output()
		if err != nil {
			t.Fatalf("go list -deps of %s: %v", function, err)
		}
		linked := strings.Fields(string(out))
		for _, p := range unwanted {
			if slices.Contains(linked, p) {
				t.Errorf("%s links %s: `go mod why %s` says through which package", function, p, p)
			}
		}
		if !slices.Contains(linked, sdk+"aws") {
			t.Errorf("%s links %d packages, none of them the SDK: does go list work?", function, len(linked))
		}
	}
}
