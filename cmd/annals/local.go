package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

// useLocal takes over the environments that the running service gives its projector and its reactor.
func (c *cli) useLocal(ctx context.Context) error {
	for _, function := range []string{"ProjectorFunction", "ReactorFunction"} {
		if err := c.useLocalFunction(ctx, function); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) useLocalFunction(ctx context.Context, function string) error {
	url := fmt.Sprintf("http://127.0.0.1:%s/_local/functions/%s/environment", cmp.Or(c.getenv("PORT"), "3000"), function)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("no service runs here: start it with `make run`, or say where it is with PORT: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	env := map[string]string{}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: what runs there is no `make run`", url, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(&env); err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	if endpoint := c.getenv("DYNAMODB_ENDPOINT"); endpoint != "" {
		env["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
