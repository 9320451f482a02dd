package place

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// path is where the runner tells of the service.
const path = "/_local/service"

// maxAnswer is the longest answer that is read.
const maxAnswer = 4 << 20

// Local finds the service that the runner runs at an address.
//
// Errors: no program answers there; a program that is not the runner; a template without a description.
func Local(ctx context.Context, address string) (annalsaws.Located, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var l annalsaws.Located
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
	if err != nil {
		return l, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return l, fmt.Errorf("no service runs at %s: start it with `make run` or `annals run`, or name its port in PORT: %w",
			address, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return l, fmt.Errorf("read %s: %w", address+path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return l, fmt.Errorf("%s answers %s: %s: is it the runner of `make run` or `annals run`, of a current version?",
			address+path, answer.Status, strings.TrimSpace(string(text[:min(len(text), 300)])))
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("%s is not the runner of `make run` or `annals run`: %w", address+path, err)
	}
	return l, check(l.Description, address+path)
}
