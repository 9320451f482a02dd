package dynamolocal

import (
	"context"
	"fmt"
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

func freePort() (int, error) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func portIsFree(port int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
