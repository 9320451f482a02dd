package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
	"github.com/annals-es/annals/test/internal/servicetest"
	"github.com/annals-es/annals/test/northwind/internal/client"
)

// forgetWait is how long functions of the stack may use a deleted key, instead of 6 minutes.
const forgetWait = 3 * time.Second

// stack is the whole service on this computer. Its callers need tokens, so that an account belongs to its customer.
type stack struct {
	*servicetest.Service
	dir      string
	db       *dynamolocal.Server
	gate     *gate
	located  annalsaws.Located
	dynamoDB *dynamodb.Client
	operator *client.Client
}

// start starts the service. Stop it also after an error.
func start(ctx context.Context, dir string) (*stack, error) {
	s := &stack{dir: dir}
	settings := fmt.Sprintf(`{"forgetWait":%d}`, int(forgetWait.Seconds()))
	if err := errors.Join(os.Setenv("CDK_CONTEXT_JSON", settings), os.Setenv("AUTH", "on")); err != nil {
		return s, err
	}
	root, err := dynamolocal.Root()
	if err != nil {
		return s, err
	}
	built, err := servicetest.Build(ctx, root, dir)
	if err != nil {
		return s, err
	}
	if err := built.Go(ctx, s.annals(), "./cmd/annals"); err != nil {
		return s, err
	}
	if s.db, err = dynamolocal.Start(ctx, dynamolocal.Options{Dir: dynamolocal.Dir(root)}); err != nil {
		return s, err
	}
	if s.gate, err = openGate(ctx, s.db.Endpoint); err != nil {
		return s, err
	}
	if s.Service, err = built.Start(ctx, "DYNAMODB_ENDPOINT="+s.gate.address()); err != nil {
		return s, err
	}
	return s, s.connect(ctx)
}

// connect connects to the service as an operator, and to its tables.
func (s *stack) connect(ctx context.Context) error {
	text, err := s.ask(ctx, "/_local/service", nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &s.located); err != nil {
		return err
	}
	e := s.located.Environment
	s.dynamoDB = dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(s.db.Endpoint), Region: e["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(e["AWS_ACCESS_KEY_ID"], e["AWS_SECRET_ACCESS_KEY"], ""),
	})
	s.operator, err = s.as(ctx, "olga", "shop/command shop/query shop/operate")
	return err
}

// as returns a client with a token of the local issuer.
func (s *stack) as(ctx context.Context, subject, scope string) (*client.Client, error) {
	text, err := s.ask(ctx, "/_local/issuer/token", url.Values{"subject": {subject}, "scope": {scope}})
	if err != nil {
		return nil, err
	}
	var token struct {
		Text string `json:"access_token"`
	}
	if err := json.Unmarshal(text, &token); err != nil {
		return nil, err
	}
	return client.New(s.Base, client.Config{Token: token.Text})
}

// customer returns a client with the token of a customer.
func (s *stack) customer(ctx context.Context, id string) (*client.Client, error) {
	return s.as(ctx, id, "shop/command shop/query")
}

// ask asks the runner. It posts the form, if there is one.
func (s *stack) ask(ctx context.Context, path string, form url.Values) ([]byte, error) {
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, s.Base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text.Bytes())
	}
	return text.Bytes(), nil
}

// annals is the path of the command line.
func (s *stack) annals() string { return filepath.Join(s.dir, "annals") }

// command runs `annals --local`, with additional environment variables, and returns its standard output.
func (s *stack) command(ctx context.Context, environment []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.annals(), append([]string{"--local"}, args...)...)
	cmd.Env = append(append(os.Environ(), "PORT="+s.Base[strings.LastIndex(s.Base, ":")+1:]), environment...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("annals --local %s: %w\n%s%s", strings.Join(args, " "), err, out.String(), said.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// stop stops everything that start started.
func (s *stack) stop() error {
	var errs []error
	if s.Service != nil {
		errs = append(errs, s.Stop())
	}
	if s.gate != nil {
		errs = append(errs, s.gate.close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Stop())
	}
	return errors.Join(errs...)
}
