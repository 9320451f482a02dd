package functions_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
)

// measuredService is a service that writes its metrics to out.
func measuredService(t *testing.T) (s *service, take func() map[string]map[string]float64) {
	t.Helper()
	var out bytes.Buffer
	s = newService(t)
	s.Meter = telemetry.New(&out, "Shop", "f")
	s.build(t)
	return s, func() map[string]map[string]float64 {
		t.Helper()
		s.Meter.Flush()
		all := map[string]map[string]float64{}
		for line := range strings.Lines(out.String()) {
			var document map[string]any
			if err := json.Unmarshal([]byte(line), &document); err != nil {
				t.Fatal(err)
			}
			of, _ := document["Projection"].(string)
			all[of] = map[string]float64{}
			for name, value := range document {
				if number, is := value.(float64); is {
					all[of][name] = number
				}
			}
		}
		out.Reset()
		return all
	}
}

// TestMetrics: what the service measures of commands, projections and jobs is what happened.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s, take := measuredService(t)
	want := func(what string, want map[string]map[string]float64) {
		t.Helper()
		got := take()
		for _, of := range got {
			if lag, there := of["ProjectionLag"]; there && (lag < 0 || lag > 60) {
				t.Errorf("%s: a lag of %v s", what, lag)
			}
			delete(of, "ProjectionLag")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("metrics of %s (-want +measured):\n%s", what, diff)
		}
	}
	s.ok(t, "POST /accounts", opened)
	want("opened", map[string]map[string]float64{"": {"Accepted": 1}})
	s.ok(t, "POST /accounts/a-1/deposits", usd5, "Idempotency-Key: k")
	s.ok(t, "POST /accounts/a-1/deposits", usd5, "Idempotency-Key: k")
	want("deposits", map[string]map[string]float64{"": {"Accepted": 2, "StateCacheHits": 2, "Repeated": 1}})
	s.send(t, "POST /accounts/a-1/withdrawals", `{"amount":{"amount":"9999","currency":"USD"}}`)
	want("refused", map[string]map[string]float64{"": {"Refused": 1, "StateCacheHits": 1, "Retries": 1}})
	s.project(t)
	want("projected", map[string]map[string]float64{
		"": {"ProjectionLagVersions": 2}, "accounts": {"ProjectionLagVersions": 2},
	})
	s.through(t, func([]byte) (*http.Response, error) {
		return respond(http.StatusBadRequest,
			[]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`)), nil
	})
	s.send(t, "POST /accounts/a-1/deposits", usd5)
	want("unavailable", map[string]map[string]float64{"": {"Failed": 1, "StateCacheMisses": 1, "SnapshotReplays": 1}})
}

// TestThrottlesAreMeasured: each attempt that AWS refuses for now counts, whatever becomes of the call.
func TestThrottlesAreMeasured(t *testing.T) {
	var out bytes.Buffer
	meter := telemetry.New(&out, "Shop", "f")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "local")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	cfg, err := annalslambda.Configuration()
	if err != nil {
		t.Fatal(err)
	}
	cfg.APIOptions = append(cfg.APIOptions, annalslambda.CountThrottles(meter))
	answers := []string{"ThrottlingException", "TransactionConflictException", "ThrottlingException"}
	cfg.HTTPClient = faulty(func([]byte) (*http.Response, error) {
		if len(answers) == 0 {
			return respond(http.StatusOK, []byte(`{}`)), nil
		}
		code := answers[0]
		answers = answers[1:]
		return respond(http.StatusBadRequest, []byte(`{"__type":"`+code+`"}`)), nil
	})
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	client := annalslambda.NewClient(cfg)
	for range 4 {
		_, _ = client.ListTables(t.Context(), nil)
	}
	meter.Flush()
	if !strings.Contains(out.String(), `"Throttles":2`) {
		t.Errorf("metrics: %s, want two throttles", out.String())
	}
}
