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

// path is the path of the service's description in the runner's API.
const path = "/_local/service"

// maxAnswer is the longest answer that is read.
const maxAnswer = 4 << 20

// Local finds the service that the runner runs at an address.
//
// Errors: one if no program answers there, if it is not the runner, or if the template has no description.
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
		return l, fmt.Errorf("%s answers %s: %s: it is no runner of `make run` or `annals run`, or an older version of it",
			address+path, answer.Status, strings.TrimSpace(string(text[:min(len(text), 300)])))
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("%s is not the runner of `make run` or `annals run`: %w", address+path, err)
	}
	return l, check(l.Description, address+path)
}
