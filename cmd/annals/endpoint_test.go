package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestStackEndpoint: AWS_ENDPOINT_URL redirects the question for a stack's outputs, too.
func TestStackEndpoint(t *testing.T) { //nolint:paralleltest // it sets the environment
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.FormValue("Action") + " " + r.FormValue("StackName")
		http.Error(w, "<ErrorResponse><Error><Code>ValidationError</Code><Message>no such stack</Message></Error></ErrorResponse>", http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_CONFIG_FILE": "/dev/null", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
	} {
		t.Setenv(name, value)
	}
	err := useStack(t.Context(), "Shop-x")
	if asked != "DescribeStacks Shop-x" || err == nil || !strings.Contains(err.Error(), "the outputs of stack Shop-x") {
		t.Errorf("asked for %q: %v", asked, err)
	}
}
