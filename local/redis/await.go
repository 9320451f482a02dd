package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/annals-es/annals/local/child"
)

// await waits until the server answers.
func (s *Server) await(ctx context.Context) error {
	err := s.process.Await(ctx, s.answers)
	switch {
	case errors.Is(err, child.ErrEnded):
		return s.ended()
	case err != nil:
		return fmt.Errorf("Redis does not answer on port %d (%w): %s", s.port, err, s.LastWords())
	}
	return nil
}

// answers reports whether the server answers, which it does after it has loaded its data. Another server, which was
// faster to take the port, does not count.
func (s *Server) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	// Not the client connects: it logs each failure.
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", "127.0.0.1:"+strconv.Itoa(s.port))
	if err != nil {
		return false
	}
	defer conn.Close()
	client := redis.NewClient(&redis.Options{
		Dialer:     func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		MaxRetries: -1, DialerRetries: 1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer client.Close()
	if client.Ping(ctx).Err() != nil { // such as LOADING
		return false
	}
	answer, err := client.ConfigGet(ctx, "dir").Result()
	return err == nil && answer["dir"] == s.dir
}
