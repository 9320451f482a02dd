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

// await waits until the server answers.
func (s *Server) await(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("DynamoDB Local does not answer at %s: %w", s.Endpoint, context.Cause(ctx))
		case <-s.done:
			return fmt.Errorf("DynamoDB Local ended during start: %s", s.output.last())
		case <-tick.C:
		}
		if s.output.contains("Failed to bind") { // it logs this error and keeps running
			return fmt.Errorf("DynamoDB Local cannot listen at %s: %w", s.Endpoint, errPortTaken)
		}
		if answer, err := client.Get(s.Endpoint); err == nil { // any status means that it runs
			_ = answer.Body.Close()
			return nil
		}
	}
}

// Servers are started on these ports. They are below the ephemeral ports that systems assign, so that no other process
// gets the port between our check and Java's bind, which may take seconds. We would take that process for the server.
const firstPort, ports = 20_000, 10_000

// freePort returns a port that no process listens on.
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
