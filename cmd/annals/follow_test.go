package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/awsconfig/profiles"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestRebuildByTheMachine: the command starts the machine and waits until another generation serves, or the execution failed.
func TestRebuildByTheMachine(t *testing.T) { //nolint:paralleltest // sets the environment
	status, started := `{"status":"RUNNING"}`, []projection.Stage{}
	port := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if r.Header.Get("X-Amz-Target") != "AWSStepFunctions.StartExecution" {
			_, _ = io.WriteString(w, status)
			return
		}
		var in struct{ Input string }
		var stage projection.Stage
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || json.Unmarshal([]byte(in.Input), &stage) != nil {
			t.Errorf("started with %q: %v", in.Input, err)
		}
		started = append(started, stage)
		if stage.Projection == "orders" && !stage.Tidy && stage.Generation == 0 {
			build(t, stage.Projection) //nolint:contextcheck // a test of its own
		}
		_, _ = io.WriteString(w, `{"executionArn":"arn","startDate":1}`)
	}))
	service := runningWith(t, map[string]string{"AWS_ENDPOINT_URL_SFN": "http://127.0.0.1:" + port, "REBUILD_MACHINE_ARN": "arn:aws:states:r:a:stateMachine:M"})
	if _, err := annals(t, service, "catch-up", "Order#bad"); err == nil { // it waits in the generation that serves, too
		t.Error("what can't be applied is level")
	}
	out, err := annals(t, service, "rebuild", "orders")
	if exitCode(err) != exitFindings || !strings.Contains(out, "orders: generation 2 serves after") || !strings.Contains(err.Error(), "Order#bad first") {
		t.Errorf("%s, %v", out, err)
	}
	status = `{"status":"FAILED","error":"RefusalError","cause":"{\"errorMessage\":\"it differs\"}"}`
	if out, err := annals(t, service, "rebuild", "product-counts"); err == nil || !strings.Contains(err.Error(), "RefusalError: it differs\nproduct-counts goes on serving") {
		t.Errorf("%s, %v", out, err)
	}
	for _, name := range []string{"nothing", "reserve-stock"} {
		if _, err := annals(t, service, "rebuild", name); err == nil {
			t.Errorf("%s is rebuilt", name)
		}
	}
	byHand := len(started)
	if out, err := annals(t, service, "rebuild", "--here", "product-counts"); exitCode(err) != exitFindings || !strings.Contains(out, "product-counts: generation 2 serves") {
		t.Errorf("here: %s, %v", out, err)
	}
	for _, s := range started[byHand:] {
		if s.Generation == 0 && !s.Tidy {
			t.Errorf("started though it is done here: %+v", s)
		}
	}
}

// build does what the machine would, in this process.
func build(t *testing.T, name string) {
	t.Helper()
	cfg, err := profiles.Load(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	s, err := annalslambda.FromEnvironment(cfg, service, slog.New(slog.DiscardHandler), annalsaws.Tables(service)...)
	if err != nil {
		t.Error(err)
		return
	}
	s.Rebuilds = nil
	o, err := s.Operator(projection.RebuildConfig{})
	if err == nil {
		_, _, err = o.Rebuilder.Run(context.Background(), name, nil)
	}
	if err != nil {
		t.Error(err)
	}
}
