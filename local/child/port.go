package child

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// Reasons why a server cannot start now. They may pass.
var (
	ErrInUse     = errors.New("another server uses the data")
	ErrPortTaken = errors.New("the port is in use")
)

// PortTaken returns an error that is [ErrPortTaken].
func PortTaken(name string, port int) error {
	return fmt.Errorf("%s cannot listen on %d: %w", name, port, ErrPortTaken)
}

// patience is for how long a start is tried again: a server that loses its parent ends within 4 s.
const patience = 8 * time.Second

// OnPort starts a server on a port; 0 chooses a free one. It calls start again for some seconds if the server of an
// ended process still uses the data, or if the chosen port was taken by another process.
//
// Errors: [ErrPortTaken], before start is called, if the port is not free; the last error of start.
func OnPort[S any](ctx context.Context, name string, port int, start func(port int) (S, error)) (S, error) {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		s, err := onPort(name, port, start)
		again := errors.Is(err, ErrInUse) || port == 0 && errors.Is(err, ErrPortTaken)
		if !again || time.Since(began) > patience || ctx.Err() != nil {
			return s, err
		}
	}
}

func onPort[S any](name string, port int, start func(port int) (S, error)) (none S, err error) {
	if port == 0 {
		port, err = freePort()
	} else if !portIsFree(port) {
		err = PortTaken(name, port)
	}
	if err != nil {
		return none, err
	}
	return start(port)
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
	return 0, fmt.Errorf("no port from %d to %d is free: %w", firstPort, firstPort+ports-1, ErrPortTaken)
}

func portIsFree(port int) bool {
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
