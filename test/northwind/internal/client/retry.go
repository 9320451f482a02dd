package client

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// mayRepeat says whether another attempt may help: after a connection that failed, a 429 and any 5xx. A process of the service may be
// killed amid a request; whether its command was stored is then unknown, and the same Idempotency-Key makes that harmless.
func mayRepeat(ctx context.Context, res *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err) // not after a bad certificate and its like
	}
	return res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500, nil
}

// backoff doubles from atLeast, never beyond atMost whatever Retry-After asks for, and takes a random half off, so that requests
// that failed together do not come back together.
func backoff(atLeast, atMost time.Duration, attempt int, res *http.Response) time.Duration {
	wait := min(retryablehttp.DefaultBackoff(atLeast, atMost, attempt, res), atMost)
	if wait <= 1 {
		return wait
	}
	return wait/2 + rand.N(wait/2)
}

// giveUp makes the error of a request after its last attempt.
func giveUp(res *http.Response, err error, attempts int) (*http.Response, error) {
	if res != nil {
		defer res.Body.Close() // read below as far as it goes
	}
	if err != nil || res == nil {
		return nil, fmt.Errorf("given up after %d attempts: %w", attempts, err)
	}
	return nil, &StatusError{Status: res.StatusCode, Body: head(res.Body), Attempts: attempts}
}
