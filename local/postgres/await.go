package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// await waits until the server accepts connections.
func (s *Server) await(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not accept connections on port %d (%w): %s",
				s.port, context.Cause(ctx), s.output.last())
		case <-s.done:
			return s.ended()
		case <-tick.C:
		}
		if s.answers(ctx) {
			return nil
		}
	}
}

// answers reports whether the server accepts a connection. Another server, which was faster to take the port, does not
// count.
func (s *Server) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(role))
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	var name string
	err = conn.QueryRow(ctx, "SHOW cluster_name").Scan(&name)
	return err == nil && name == s.name
}

// Servers are started on these ports. They are below the ephemeral ports that systems assign.
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
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
