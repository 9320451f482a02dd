// Package redis runs a Valkey or Redis server as a child process that ends with its parent, however the parent ends.
// Start with [Start]; tests use package redistest, which does it for them.
//
// The server is an installed one: Valkey, or else Redis from version 6 on. It listens on the loopback interface alone,
// and reads no configuration file.
package redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/annals-es/annals/local/child"
)

// Databases is how many numbered databases a server has; the first is 0.
const Databases = 4096

// Config sets how to start a server.
type Config struct {
	// Dir is the folder for the data. A missing one is created. If Dir is "", nothing is kept: the server has a
	// temporary folder, which is removed when it has ended.
	//
	// Writes are passed to the kernel without waiting for the disk. They survive the end of the server and of this
	// process, but not a power failure.
	Dir string
	// Port is the port to listen on; 0 chooses a free one.
	Port int
}

// Server is a running Valkey or Redis.
type Server struct {
	port    int
	dir     string // absolute and without links; no other server has it
	process *child.Process
}

// Start runs a server and waits until it answers. The server ends with Stop, or when this process ends in any way, even
// by SIGKILL. If the server of an ended process still uses the data, Start waits some seconds for it. The context
// limits only the start.
//
// Errors: [ErrMissing]; an error with the server's last output if it does not start.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	return child.OnPort(ctx, "Redis", cfg.Port, func(port int) (*Server, error) { return start(ctx, cfg.Dir, port) })
}

// URL returns the address of a database, from 0 to [Databases] - 1, such as redis://127.0.0.1:6379/0.
func (s *Server) URL(db int) string { return fmt.Sprintf("redis://127.0.0.1:%d/%d", s.port, db) }

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.port }

// Stop ends the server, disconnects its clients, and waits until it has ended.
func (s *Server) Stop() error { return s.process.Stop() }

// Done returns a channel that is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// LastWords returns the last line that the server logged.
func (s *Server) LastWords() string { return lastWords(s.process.Output()) }

func start(ctx context.Context, dir string, port int) (*Server, error) {
	if err := ctx.Err(); err != nil { // before anything is created
		return nil, context.Cause(ctx)
	}
	program, err := find()
	if err != nil {
		return nil, err
	}
	data, temporary, lock, err := folder(dir)
	if err != nil {
		return nil, fmt.Errorf("the data of Redis: %w", err)
	}
	s := &Server{port: port}
	s.process, err = child.Start(child.Config{
		Name: "Redis", Args: append([]string{program}, settings(port, data, dir != "")...), Env: child.Environ(),
		Signal: "TERM", Temporary: temporary, Lock: lock,
	})
	if err != nil {
		return nil, err
	}
	if s.dir, err = filepath.EvalSymlinks(data); err == nil {
		err = s.await(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// folder returns the absolute path of the server's folder, which exists then, and the lock of it. If dir is "", it is a
// new temporary one without a lock.
func folder(dir string) (data, temporary string, lock *os.File, err error) {
	if dir == "" {
		temporary, err = os.MkdirTemp("", "annals-redis-")
		return temporary, temporary, nil, err
	}
	if data, err = filepath.Abs(dir); err != nil {
		return "", "", nil, err
	}
	lock, err = child.Lock(data)
	return data, "", lock, err
}

// settings are arguments of the server. With keep, it appends each write to a file before it answers.
func settings(port int, dir string, keep bool) []string {
	appendonly := "no"
	if keep {
		appendonly = "yes"
	}
	return []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--unixsocket", "", "--databases", strconv.Itoa(Databases),
		"--dir", dir, "--save", "", "--appendonly", appendonly, "--appendfsync", "no",
		"--maxmemory-policy", "noeviction", "--daemonize", "no", "--logfile", "",
	}
}

// ended returns why the server ended during its start.
func (s *Server) ended() error {
	if strings.Contains(s.process.Output(), "Address already in use") {
		return child.PortTaken("Redis", s.port)
	}
	return fmt.Errorf("Redis ended during start: %s", s.LastWords())
}

// lastWords returns the last line of a log, without the process, time and level before it: lines are like
// "9:M 01 Dec 2026 15:00:00.000 # Out of memory".
func lastWords(text string) string {
	line := child.LastLine(text)
	for _, level := range []string{" # ", " * ", " - ", " . "} {
		if head, words, ok := strings.Cut(line, level); ok && strings.Count(head, " ") == 4 {
			return words
		}
	}
	return line
}
