package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop"
)

// service is the service of the tests. The commands do not link it.
var service = shop.New().On()

// fake is a fake of the runner: it has the description of a service, its functions, and its state machine.
type fake struct {
	located annalsaws.Located
	service *annals.Service
	later   *laterFake
	client  *dynamodb.Client // of the functions
	stores  map[annals.Store]annalslambda.OpenedStore

	mu       sync.Mutex
	handlers map[annalsaws.Function]lambda.Handler
	asked    []ask.Task // of functions
	started  int        // executions
	// waiting are the people whom functions were asked to forget. forgets takes one of them on, after the next request for
	// the report: if it is nil, the rebuilder does.
	waiting map[string]bool
	forgets func(ctx context.Context, person string) error
}

// newFake returns a fake with tables of its own. more is added to its environment.
func newFake(t *testing.T, more map[string]string) (f *fake, port string) {
	t.Helper()
	return newFakeOf(t, service, more)
}

// newFakeOf is like newFake, of any service.
func newFakeOf(t *testing.T, service *annals.Service, more map[string]string) (f *fake, port string) {
	t.Helper()
	client := dynamotest.Client(t)
	f = &fake{service: service, later: &laterFake{}, handlers: map[annalsaws.Function]lambda.Handler{}, waiting: map[string]bool{}}
	f.located.Description = annalsaws.Describe(service)
	f.located.Resources = f.located.Resolved(func(id string) string { return "fake-" + id }).Resources
	f.located.Resources.RebuildMachine = "arn:aws:states:us-east-1:000000000000:stateMachine:Rebuild"
	f.located.Resources.Failures, f.located.Resources.Queues = nil, nil
	for _, table := range annalsaws.Tables(service) {
		f.located.Resources.Tables[table.Name] = dynamotest.Table(t, client, table.Table)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_local/service", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(f.located)
	})
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.invoke)
	mux.HandleFunc("POST /{$}", f.machine)
	port = serve(t, mux)
	address := "http://127.0.0.1:" + port
	f.located.Place = address
	f.located.Environment = map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "AWS_ENDPOINT_URL_LAMBDA": address,
		"AWS_ENDPOINT_URL_SFN": address,
		"AWS_REGION":           "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	maps.Copy(f.located.Environment, more)
	for name := range f.located.Environment { // what the commands set is undone
		t.Setenv(name, os.Getenv(name))
	}
	f.client = dynamotest.Client(t, annalslambda.Punctual, func(o *dynamodb.Options) {
		o.BaseEndpoint = aws.String(f.located.Environment["AWS_ENDPOINT_URL_DYNAMODB"])
	})
	t.Setenv(annalsaws.Events.Env(), f.located.Resources.Tables["events"]) // for the tests' own store
	return f, port
}

// deployment is the deployment of the functions.
func (f *fake) deployment() annalslambda.Deployment {
	return annalslambda.Deployment{
		Service: f.service, Later: f.later, DynamoDB: f.client, Tables: f.located.Resources.Tables, Log: slog.New(slog.DiscardHandler),
		Stores: f.stores, CursorKey: strings.Repeat("k", 32), Secrets: func(string) string { return "" },
		Keys: personal.Config{CacheFor: time.Nanosecond}, ForgetWait: time.Nanosecond,
	}
}

// handler returns the handler of a function, which starts at its first invocation.
func (f *fake) handler(name string) (lambda.Handler, error) {
	i := slices.IndexFunc(annalsaws.Functions, func(of annalsaws.Function) bool {
		return f.located.Resources.Functions[of] == name
	})
	function := annalsaws.Functions[i]
	if h := f.handlers[function]; h != nil {
		return h, nil
	}
	d := f.deployment()
	subscriber := func(p *annalslambda.Subscriber, err error) (lambda.Handler, error) {
		if err != nil {
			return nil, err
		}
		h, err := p.Handler()
		return lambda.NewHandler(h), err
	}
	var err error
	switch function {
	case annalsaws.Query:
		f.handlers[function], err = d.QueryHandler()
	case annalsaws.Rebuilder:
		var rebuilder func(context.Context, json.RawMessage) (any, error)
		rebuilder, err = d.RebuilderHandler()
		f.handlers[function] = lambda.NewHandler(rebuilder)
	case annalsaws.Projector:
		f.handlers[function], err = subscriber(d.Projector())
	default:
		f.handlers[function], err = subscriber(d.Reactor())
	}
	return f.handlers[function], err
}

func (f *fake) invoke(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	var in ask.Envelope
	_ = json.Unmarshal(payload, &in)
	f.mu.Lock()
	f.asked = append(f.asked, in.Annals.Task)
	h, err := f.handler(r.PathValue("name")) //nolint:contextcheck // a function starts apart from its invocations
	f.mu.Unlock()
	var out []byte
	if err == nil {
		out, err = h.Invoke(r.Context(), payload)
	}
	if err == nil {
		err = f.goOn(r.Context(), in.Annals)
	}
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		out, _ = json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
	}
	_, _ = w.Write(out)
}

// goOn takes on the forgetting of a person, as the state machine does: after a report was asked for, so that callers
// see each step.
func (f *fake) goOn(ctx context.Context, in *ask.Request) error {
	f.mu.Lock()
	waits, forgets := f.waiting[in.Subject], f.forgets
	if in.Task == ask.Forget {
		f.waiting[in.Subject] = true
	}
	f.mu.Unlock()
	if in.Task != ask.Subject || !waits {
		return nil
	}
	if forgets != nil {
		return forgets(ctx, in.Subject)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	h, err := f.handler(f.located.Resources.Functions[annalsaws.Rebuilder]) //nolint:contextcheck // as in invoke
	if err != nil {
		return err
	}
	payload, err := json.Marshal(annalslambda.ForgetRequest{Subject: in.Subject})
	if err != nil {
		return err
	}
	out, err := h.Invoke(ctx, payload)
	var answer annalslambda.Forgetting
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	f.waiting[in.Subject] = !answer.Done
	return err
}

// machine runs an execution at once.
func (f *fake) machine(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if r.Header.Get("X-Amz-Target") != "AWSStepFunctions.StartExecution" {
		_, _ = io.WriteString(w, `{"status":"SUCCEEDED"}`)
		return
	}
	f.mu.Lock()
	f.started++
	f.mu.Unlock()
	var in struct{ Input string }
	var stage projection.Stage
	if json.NewDecoder(r.Body).Decode(&in) != nil || json.Unmarshal([]byte(in.Input), &stage) != nil ||
		f.rebuild(r.Context(), stage.Projection) != nil {
		http.Error(w, `{"__type":"InvalidExecutionInput"}`, http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, `{"executionArn":"arn","startDate":1}`)
}

// rebuild rebuilds a read model.
func (f *fake) rebuild(ctx context.Context, name string) error {
	tables := f.located.Resources.Tables
	store, err := dynamostore.New(f.client, tables["events"], dynamostore.Config{})
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	engine := projection.NewEngine(store, dynamoview.NewCatalog(f.client, tables["projections"]), projection.Config{
		Log: quiet,
	},
		f.service.Subscriptions(func(m string) projection.View { return dynamoview.New(f.client, tables[m]) })...)
	_, _, err = projection.NewRebuilder(engine, store, projection.RebuildConfig{Log: quiet}).Run(ctx, name, nil)
	return err
}

// tasks returns the tasks of functions since its last call.
func (f *fake) tasks() []ask.Task {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.asked
	f.asked = nil
	return all
}
