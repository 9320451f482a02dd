package dynamolocal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// await returns when the server answers.
func (s *Server) await(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("DynamoDB Local did not answer: %w", context.Cause(ctx))
		case <-s.done:
			return fmt.Errorf("DynamoDB Local ended at once: %s", s.output.last())
		case <-tick.C:
		}
		if s.output.contains("Failed to bind") { // it says so, and goes on living
			return fmt.Errorf("DynamoDB Local cannot listen at %s: %w", s.Endpoint, errPortTaken)
		}
		if answer, err := client.Get(s.Endpoint); err == nil { // any status will do
			_ = answer.Body.Close()
			return nil
		}
	}
}

// The ports that servers are started at: below those that systems give to whoever asks for any, which another process could
// be given between our look and Java's bind, seconds later. It would then be taken for the server.
const firstPort, ports = 20_000, 10_000

// freePort returns a port that nobody listens at.
func freePort() (int, error) {
	for range 100 {
		if port := firstPort + rand.IntN(ports); portIsFree(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port from %d to %d is free: %w", firstPort, firstPort+ports-1, errPortTaken)
}

func portIsFree(port int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
