package opensearch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/annals-es/annals/local/child"
)

// Config sets how to start a server.
type Config struct {
	// Home is the folder that Ensure has filled; "" means that of [Find].
	Home string
	// Dir is the folder for the data. A missing one is created. If Dir is "", the data is in a temporary folder,
	// which is removed when the server has ended.
	Dir string
	// Port is the port to listen on; 0 chooses a free one.
	Port int
}

// Server is a running OpenSearch.
type Server struct {
	port    int
	name    string // tells this server from others
	process *child.Process
}

// Start runs a server and waits until it answers and has the indexes of its data. The server ends with Stop, or when
// this process ends in any way, even by SIGKILL. If the server of an ended process still uses the data, Start waits
// some seconds for it. The context limits only the start.
//
// Errors: [ErrMissing]; an error with the server's last output if it does not start.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Home == "" {
		var err error
		if cfg.Home, err = Find(); err != nil {
			return nil, err
		}
	}
	return child.OnPort(ctx, "OpenSearch", cfg.Port, func(port int) (*Server, error) { return start(ctx, cfg, port) })
}

// URL returns the server's address, such as http://127.0.0.1:9200.
func (s *Server) URL() string { return "http://127.0.0.1:" + strconv.Itoa(s.port) }

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.port }

// Stop ends the server, disconnects its clients, and waits until it has ended.
func (s *Server) Stop() error { return s.process.Stop() }

// Done returns a channel that is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// LastWords returns the last lines that the server printed, as one line.
func (s *Server) LastWords() string { return lastWords(s.process.Output()) }

func start(ctx context.Context, cfg Config, port int) (*Server, error) {
	if ctx.Err() != nil { // before anything is created
		return nil, context.Cause(ctx)
	}
	if !Brought(cfg.Home) {
		return nil, ErrMissing
	}
	home, err := filepath.Abs(cfg.Home)
	if err != nil {
		return nil, err
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, errJava
	}
	temporary, err := os.MkdirTemp("", "annals-opensearch-")
	if err != nil {
		return nil, fmt.Errorf("a temporary folder for OpenSearch: %w", err)
	}
	data, lock, err := folder(cfg.Dir, temporary)
	if err != nil {
		return nil, fmt.Errorf("the data of OpenSearch: %w", errors.Join(err, os.RemoveAll(temporary)))
	}
	s := &Server{port: port, name: "annals-" + rand.Text()}
	args := append([]string{java}, options(home, temporary)...)
	s.process, err = child.Start(child.Config{
		Name: "OpenSearch", Args: append(args, s.settings(temporary, data)...),
		// Java reads names of files in the locale's encoding.
		Env:    append(child.Environ(), "LC_ALL=C.UTF-8"),
		Signal: "TERM", Temporary: temporary, Lock: lock,
	})
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// folder returns the absolute path of the folder for data, and the lock of it. If dir is "", it is one below temporary,
// without a lock.
func folder(dir, temporary string) (data string, lock *os.File, err error) {
	if dir == "" {
		return filepath.Join(temporary, "data"), nil, nil
	}
	if data, err = filepath.Abs(dir); err != nil {
		return "", nil, err
	}
	lock, err = child.Lock(data)
	return data, lock, err
}

// options are the options of Java, for a small server that is soon up.
func options(home, temporary string) []string {
	return []string{
		"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Dfile.encoding=UTF-8",
		"-Djava.io.tmpdir=" + temporary,
		"-cp", filepath.Join(home, "classes") + string(filepath.ListSeparator) + filepath.Join(home, "lib", "*"), "Local",
	}
}

// settings are arguments of Local. A disk that is nearly full does not make the indexes read-only, and a document for
// an index that does not exist does not create it.
func (s *Server) settings(home, data string) []string {
	return []string{
		"path.home=" + home, "path.data=" + data, "node.name=" + s.name, "discovery.type=single-node",
		"http.type=netty4", "transport.type=netty4", "network.host=127.0.0.1", "http.port=" + strconv.Itoa(s.port),
		"transport.port=0", // any: there are no other nodes
		"action.auto_create_index=false", "cluster.routing.allocation.disk.threshold_enabled=false",
	}
}

// lastWords returns the last lines of a text, as one line.
func lastWords(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}
