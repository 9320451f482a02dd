// Package postgres runs a PostgreSQL server as a child process that ends with its parent, however the parent ends.
// Start with [Start]; tests use package pgtest, which does it for them.
//
// The server is an installed one, the newest from version 14 on. It listens on the loopback interface alone. If this
// process is root, the server runs as the user postgres.
package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/annals-es/annals/local/child"
)

// Config sets how to start a server.
type Config struct {
	// Dir is the folder for the data. A missing or empty one is filled with new data. Under Linux it may be below
	// folders that only root can open. If Dir is "", the data is in a temporary folder, which is removed when the
	// server has ended.
	//
	// Writes are passed to the kernel without waiting for the disk. They survive the end of the server and of this
	// process, but not a power failure.
	Dir string
	// Port is the port to listen on; 0 chooses a free one.
	Port int
}

// Server is a running PostgreSQL.
type Server struct {
	port    int
	name    string // tells this server from others
	process *child.Process
}

// Start runs a server and waits until it accepts connections. The server ends with Stop, or when this process ends in
// any way, even by SIGKILL. If the server of an ended process still uses the data, Start waits some seconds for it. The
// context limits only the start.
//
// Errors: [ErrMissing]; an error that names the missing version, if Dir has the data of another major version; an error
// with the server's last output if it does not start.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	return child.OnPort(ctx, "PostgreSQL", cfg.Port, func(port int) (*Server, error) { return start(ctx, cfg.Dir, port) })
}

// URL returns the address of a database. The database annals exists, and the address's user may create others.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", role, s.port, database)
}

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.port }

// Stop ends the server, disconnects its clients, and waits until it has ended.
func (s *Server) Stop() error { return s.process.Stop() }

// Done returns a channel that is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// LastWords returns the last fatal error that the server logged, or else the last line of its log.
func (s *Server) LastWords() string { return lastWords(s.process.Output()) }

func start(ctx context.Context, data string, port int) (*Server, error) {
	s := &Server{port: port, name: role + "-" + rand.Text()}
	as, err := runAs()
	if err != nil {
		return nil, err
	}
	from, dir, err := prepare(ctx, as, data)
	if err != nil {
		return nil, err
	}
	temporary := ""
	if data == "" {
		temporary = dir
	}
	s.process, err = child.Start(child.Config{
		Name: "PostgreSQL", Args: append([]string{from.path("postgres"), "-D", dir}, s.settings()...),
		Env: child.Environ(), Attributes: as.attributes(), Signal: "INT", Temporary: temporary,
	})
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare finds the server for a folder, fills the folder if it has no data, and returns it.
func prepare(ctx context.Context, as account, dir string) (programs, string, error) {
	major := 0
	if dir != "" {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return programs{}, "", err
		}
		if major, err = writtenBy(dir); err != nil {
			return programs{}, "", err
		}
	}
	from, ok := choose(installed(), major)
	switch {
	case !ok && major > 0:
		return from, "", fmt.Errorf("the data in %s is of PostgreSQL %d, which is missing: "+
			"install that version, or delete the folder", dir, major)
	case !ok:
		return from, "", ErrMissing
	case major > 0:
		return from, dir, nil
	}
	dir, err := from.fill(ctx, as, dir)
	return from, dir, err
}

// settings are arguments of the server, so that they also apply to existing data. Statements and values of rows are not
// logged.
func (s *Server) settings() []string {
	var args []string
	for _, setting := range []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(s.port), "unix_socket_directories=",
		"cluster_name=" + s.name, "max_connections=200", "shared_buffers=32MB",
		"fsync=off", "full_page_writes=off",
		"log_min_error_statement=panic", "log_error_verbosity=terse", "logging_collector=off",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// ended returns why the server ended during its start.
func (s *Server) ended() error {
	words := s.LastWords()
	switch {
	case strings.Contains(words, `lock file "postmaster.pid"`), strings.Contains(words, "is still in use"):
		return fmt.Errorf("PostgreSQL cannot start: %w: %s", child.ErrInUse, words)
	case strings.Contains(words, "could not create any TCP/IP sockets"):
		return child.PortTaken("PostgreSQL", s.port)
	}
	return fmt.Errorf("PostgreSQL ended during start: %s", words)
}
