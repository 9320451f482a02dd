// Command contract checks the OpenAPI document with third-party software: `make contract`. It runs the service with
// tokens on a free port, and runs each judge on it. docs/testing.md says what each judge is for.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
	"github.com/annals-es/annals/test/internal/servicetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := contract(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

// contract installs the judges, starts the service and runs the judges. Their files stay in .local/contract.
func contract(ctx context.Context) error {
	root, err := dynamolocal.Root()
	if err != nil {
		return err
	}
	b := bench{
		files: filepath.Join(root, "test", "contract", "judges"),
		dir:   filepath.Join(root, ".local", "contract"),
	}
	if err := timed("judges installed", func() (string, error) { return "", b.install(ctx) }); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "annals-contract-")
	if err != nil {
		return err
	}
	var service *servicetest.Service
	var db *dynamolocal.Server
	err = timed("service started", func() (string, error) {
		built, err := servicetest.Build(ctx, root, temp)
		if err != nil {
			return "", err
		}
		if db, err = dynamolocal.Start(ctx, dynamolocal.Options{Dir: dynamolocal.Dir(root)}); err != nil {
			return "", err
		}
		service, err = built.Start(ctx, "AUTH=on", "DYNAMODB_ENDPOINT="+db.Endpoint)
		return "", err
	})
	if err == nil {
		b.base = service.Base
		err = errors.Join(b.judge(ctx), service.Stop())
	}
	if db != nil {
		err = errors.Join(err, db.Stop())
	}
	if err != nil {
		return fmt.Errorf("%w (the service's log is in %s)", err, temp)
	}
	return os.RemoveAll(temp)
}

// judge runs all judges, and returns everything that they find.
func (b bench) judge(ctx context.Context) error {
	if err := b.fetch(ctx); err != nil {
		return err
	}
	var found []error
	for _, j := range b.judges() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		found = append(found, timed(j.name, func() (string, error) { return j.ask(ctx) }))
	}
	return errors.Join(found...)
}

// fetch gets the document of the running service, and a token of an operator.
func (b *bench) fetch(ctx context.Context) error {
	text, err := send(ctx, http.MethodGet, b.base+"/openapi.json", "")
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.document(), text, 0o600); err != nil {
		return err
	}
	form := url.Values{"subject": {"olga"}, "scope": {"shop/command shop/query shop/operate"}, "lifetime": {"3600"}}
	answer, err := send(ctx, http.MethodPost, b.base+"/_local/issuer/token", form.Encode())
	if err != nil {
		return err
	}
	b.token, err = tokenOf(answer)
	return err
}

// send sends a request, with a form as its body unless it is empty. The answer must have status 200.
func send(ctx context.Context, method, address, form string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: the service answered %s: %.300s", method, address, res.Status, body)
	}
	return body, err
}
