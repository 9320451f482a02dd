package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// projector is the function whose environment the commands work in.
const projector = "ProjectorFunction"

// useLocal takes over the environment that the running service gives its projector.
func (c *cli) useLocal(ctx context.Context) error {
	url := fmt.Sprintf("http://127.0.0.1:%s/_local/functions/%s/environment", cmp.Or(c.getenv("PORT"), "3000"), projector)
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
		if err := set(name, value); err != nil {
			return err
		}
	}
	return nil
}
