package annalslambda_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
)

// endpoint is a server for the SDK that counts requests.
func endpoint(t *testing.T, answer http.HandlerFunc) (*dynamodb.Client, *atomic.Int32) {
	t.Helper()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return annalslambda.NewClient(configuration(t)), &requests
}

// configuration is the AWS configuration of the environment.
func configuration(t *testing.T) aws.Config {
	t.Helper()
	cfg, err := annalslambda.Configuration()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func get(ctx context.Context, client *dynamodb.Client) error {
	_, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("t")})
	return err
}

func TestCallsEndBeforeTheirContext(t *testing.T) { //nolint:paralleltest // sets the environment
	release := make(chan struct{})
	client, requests := endpoint(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := get(ctx, client)
	if deadline, _ := ctx.Deadline(); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil ||
		time.Until(deadline) < 300*time.Millisecond {
		t.Errorf("%v, %v before the deadline", err, time.Until(deadline))
	}
	if requests.Load() != 1 {
		t.Errorf("%d requests, want 1", requests.Load())
	}
}

func TestAttemptsAreFewAndQuick(t *testing.T) { //nolint:paralleltest // sets the environment
	client, requests := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	})
	start := time.Now()
	if err := get(t.Context(), client); err == nil {
		t.Error("request to a server that fails: no error")
	}
	if took := time.Since(start); requests.Load() != 4 || took > 3*time.Second {
		t.Errorf("%d requests in %v, want 4 in at most 3 s", requests.Load(), took)
	}
}

func TestHalfAnAnswerIsTriedAgain(t *testing.T) { //nolint:paralleltest // sets the environment
	client, asked := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"Item":{`)
	})
	err := get(t.Context(), client)
	if asked.Load() != 4 || err == nil {
		t.Errorf("%d attempts: %v, want 4 and an error", asked.Load(), err)
	}
}

func TestTableNames(t *testing.T) {
	t.Parallel()
	env := map[string]string{"TABLE_EVENTS": "E", "TABLE_SNAPSHOTS": "S", "TABLE_PROJECTIONS": "P"}
	getenv := func(name string) string { return env[name] }
	names, err := annalslambda.TableNamesFrom(getenv, annalsaws.CommandTables(tiny)...)
	if err != nil || names.Of(annalsaws.Events) != "E" {
		t.Errorf("table names from the environment: %v, %v, want E for the events", names, err)
	}
	all := annalsaws.Tables(tiny)
	_, err = annalslambda.TableNamesFrom(getenv, all...)
	if err == nil {
		t.Fatal("table names without variables: no error")
	}
	for _, table := range all {
		if _, there := env[table.Env()]; strings.Contains(err.Error(), table.Env()) == there {
			t.Errorf("error about table names, with or without %s: %v", table.Env(), err)
		}
	}
}
