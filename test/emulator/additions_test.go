package main

import (
	"strings"
	"testing"
)

// TestNamed: the additions are for the stage that has no name.
func TestNamed(t *testing.T) {
	t.Parallel()
	for context, want := range map[string]bool{
		"": false, "{}": false, `{"x":1}`: false, `{"stage":""}`: false, `{"stage":"prod"}`: true,
	} {
		if got := named(context); got != want {
			t.Errorf("named(%q) = %v", context, got)
		}
	}
}

// TestThe: an addition is found by the beginning of its logical id and by its type.
func TestThe(t *testing.T) {
	t.Parallel()
	r := &run{resources: map[string]resource{
		"Letters1A":       {PhysicalResourceID: "queue", ResourceType: "AWS::SQS::Queue"},
		"LettersPolicy2B": {PhysicalResourceID: "policy", ResourceType: "AWS::SQS::QueuePolicy"},
	}}
	if got, err := r.the("Letters", "AWS::SQS::Queue"); err != nil || got != "queue" {
		t.Errorf("find the queue Letters: %q, %v, want queue", got, err)
	}
	if _, err := r.the("Photos", "AWS::S3::Bucket"); err == nil ||
		!strings.Contains(err.Error(), "no AWS::S3::Bucket Photos") {
		t.Errorf("find an addition that the stack lacks: %v, want an error", err)
	}
}

// TestAdditionsFail: an app that can't be built says why.
func TestAdditionsFail(t *testing.T) {
	t.Parallel()
	_, err := synthesizeAdditions(t.Context(), t.TempDir(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "go build") || !strings.Contains(err.Error(), additions) {
		t.Errorf("an empty checkout: %v", err)
	}
}
