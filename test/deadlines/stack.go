package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
	"github.com/annals-es/annals/test/internal/servicetest"
)

// stack is the whole service on this computer, with DynamoDB Local on files.
type stack struct {
	*servicetest.Service
	built   servicetest.Built
	base    string // the service's address: the same after a restart
	options dynamolocal.Options
	db      *dynamolocal.Server
	gate    *gate
	store   *dynamostore.Store
	starts  int
}

// start builds and starts the service with settings of the CDK app. Stop it also after an error.
func start(ctx context.Context, dir, settings string) (*stack, error) {
	s := &stack{}
	root, err := dynamolocal.Root()
	if err = errors.Join(err, os.Setenv("CDK_CONTEXT_JSON", settings), os.MkdirAll(dir, 0o755)); err != nil {
		return s, err
	}
	if s.built, err = servicetest.Build(ctx, root, dir); err != nil {
		return s, err
	}
	if err := errors.Join(s.built.Redeliver(), s.built.Go(ctx, s.annals(), "./cmd/annals")); err != nil {
		return s, err
	}
	s.options = dynamolocal.Options{Dir: dynamolocal.Dir(root), DataDir: filepath.Join(dir, "data")}
	if s.db, err = dynamolocal.Start(ctx, s.options); err != nil {
		return s, err
	}
	// A restarted DynamoDB Local gets the same port.
	if _, err = fmt.Sscanf(s.db.Endpoint, "http://127.0.0.1:%d", &s.options.Port); err != nil {
		return s, err
	}
	if s.gate, err = openGate(ctx, s.db.Endpoint); err != nil {
		return s, err
	}
	if err := s.startService(ctx); err != nil {
		return s, err
	}
	return s, s.connect(ctx)
}

// startService starts the service: again at the same port, with a log of its own.
func (s *stack) startService(ctx context.Context) (err error) {
	log := filepath.Join(s.built.Dir, "service.log")
	if s.starts > 0 {
		if err := os.Rename(log, fmt.Sprintf("%s.%d", log, s.starts)); err != nil {
			return err
		}
	}
	s.starts++
	s.Service, err = s.built.Start(ctx, "DYNAMODB_ENDPOINT="+s.gate.address, "PORT="+s.port())
	if err == nil && s.base == "" {
		s.base = s.Base
	}
	return err
}

func (s *stack) port() string {
	if s.base == "" {
		return "0" // a free one
	}
	return s.base[strings.LastIndex(s.base, ":")+1:]
}

// connect connects to the event table.
func (s *stack) connect(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/_local/service", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("GET /_local/service: %s %s", answer.Status, text))
	}
	var located annalsaws.Located
	if err := json.Unmarshal(text, &located); err != nil {
		return err
	}
	e := located.Environment
	s.store, err = dynamostore.New(dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(s.gate.address), Region: e["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(e["AWS_ACCESS_KEY_ID"], e["AWS_SECRET_ACCESS_KEY"], ""),
	}), located.Resources.Tables[annalsaws.Events.Name], dynamostore.Config{})
	return err
}

// stop stops everything that start started.
func (s *stack) stop() error {
	var errs []error
	if s.Service != nil {
		errs = append(errs, s.Stop())
	}
	if s.gate != nil {
		errs = append(errs, s.gate.server.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Stop())
	}
	return errors.Join(errs...)
}
