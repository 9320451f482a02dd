package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/annals-es/annals/local/child"
)

// await waits until the server accepts connections.
func (s *Server) await(ctx context.Context) error {
	err := s.process.Await(ctx, s.answers)
	switch {
	case errors.Is(err, child.ErrEnded):
		return s.ended()
	case err != nil:
		return fmt.Errorf("PostgreSQL does not accept connections on port %d (%w): %s", s.port, err, s.LastWords())
	}
	return nil
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
