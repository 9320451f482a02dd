package postgres

import (
	"context"
	"errors"
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
	var answer error
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not accept connections on port %d (%w): %w", s.port, context.Cause(ctx), answer)
		case <-s.done:
			return s.ended()
		case <-tick.C:
		}
		if answer = s.ping(ctx); answer == nil {
			return nil
		}
	}
}

// ping connects to the server. It fails if another server answers, which was faster to take the port.
func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(role))
	if err != nil {
		return err
	}
	var name string
	err = conn.QueryRow(ctx, "SHOW cluster_name").Scan(&name)
	if err == nil && name != s.name {
		err = fmt.Errorf("port %d is that of another server, %s", s.port, name)
	}
	return errors.Join(err, conn.Close(ctx))
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
