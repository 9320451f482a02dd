package client

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// mayRepeat reports whether another attempt may help: after a failed connection, a 429 or any 5xx. If a process of the
// service was killed during a request, it is unknown whether the command was stored. The same Idempotency-Key makes a
// repeat safe.
func mayRepeat(ctx context.Context, res *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err) // it repeats no permanent error, such as a bad certificate
	}
	return res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500, nil
}

// backoff doubles from atLeast up to atMost, even if Retry-After asks for more. It subtracts up to half at random, so
// that requests that failed together are not repeated together.
func backoff(atLeast, atMost time.Duration, attempt int, res *http.Response) time.Duration {
	wait := min(retryablehttp.DefaultBackoff(atLeast, atMost, attempt, res), atMost)
	if wait <= 1 {
		return wait
	}
	return wait/2 + rand.N(wait/2)
}

// giveUp returns the error of a request after its last attempt.
func giveUp(res *http.Response, err error, attempts int) (*http.Response, error) {
	if res != nil {
		defer res.Body.Close() // read below as far as it goes
	}
	if err != nil || res == nil {
		return nil, fmt.Errorf("given up after %d attempts: %w", attempts, err)
	}
	return nil, &StatusError{Status: res.StatusCode, Body: head(res.Body), Attempts: attempts}
}
