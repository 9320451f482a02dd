package dynamolocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options set how to start a server.
type Options struct {
	// Dir is the folder of DynamoDB Local; Ensure puts it there.
	Dir string
	// DataDir is the folder for the tables. If empty, tables are kept in memory and lost when the server ends.
	//
	// On Linux, writes to DataDir are passed to the kernel without waiting for the disk. They survive the end of the
	// server and of this process, but not a power failure.
	DataDir string
	// Port is the port to listen on; 0 chooses a free one.
	Port int
}

// Server is a running DynamoDB Local.
type Server struct {
	// Endpoint is its address, such as http://127.0.0.1:8000.
	Endpoint string

	group  int       // process group
	leash  io.Closer // Java runs while this is open
	done   chan struct{}
	err    error // why it ended; valid once done is closed
	output tail
}

// Start runs a server and waits until it answers. The server ends with Stop, or when this process ends in any way, even
// by SIGKILL. The context limits only the waiting.
//
// Errors: [ErrMissing]; an error with the command that installs Java; an error with the server's last output if it does
// not answer.
func Start(ctx context.Context, o Options) (*Server, error) {
	if !Brought(o.Dir) {
		return nil, ErrMissing
	}
	if _, err := exec.LookPath("java"); err != nil {
		return nil, errJava
	}
	if o.DataDir != "" {
		if err := os.MkdirAll(o.DataDir, 0o755); err != nil {
			return nil, err
		}
	}
	if o.Port != 0 {
		return start(ctx, o)
	}
	var err error
	for range 3 { // another server may take the port between our check and Java's bind
		if o.Port, err = freePort(); err != nil {
			return nil, err
		}
		var s *Server
		if s, err = start(ctx, o); !errors.Is(err, errPortTaken) {
			return s, err
		}
	}
	return nil, err
}

var errPortTaken = errors.New("the port is in use")

func start(ctx context.Context, o Options) (*Server, error) {
	if !portIsFree(o.Port) {
		return nil, fmt.Errorf("DynamoDB Local cannot listen on %d: %w", o.Port, errPortTaken)
	}
	s := &Server{Endpoint: "http://127.0.0.1:" + strconv.Itoa(o.Port), done: make(chan struct{})}
	cmd := exec.Command("sh", append([]string{"-c", leashScript, "sh", "java"}, javaArgs(o)...)...)
	cmd.Dir = o.Dir
	cmd.Stdout, cmd.Stderr = &s.output, &s.output
	cmd.WaitDelay = time.Second
	// Its own process group: Ctrl-C in the terminal reaches only this process, which stops the database last.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := startUnsynced(cmd); err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	s.group, s.leash = cmd.Process.Pid, leash
	go func() {
		s.err = cmd.Wait()
		close(s.done)
	}()
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func javaArgs(o Options) []string {
	args := []string{
		"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", // quick to start
		"-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
		"-sharedDb", "-port", strconv.Itoa(o.Port), "-disableTelemetry",
	}
	if o.DataDir == "" {
		return append(args, "-inMemory")
	}
	return append(args, "-dbPath", o.DataDir)
}

// Stop ends the server and waits until it has ended.
func (s *Server) Stop() error {
	_ = s.leash.Close()
	select {
	case <-s.done:
		return nil
	case <-time.After(10 * time.Second):
		return errors.New("DynamoDB Local has not ended after 10 s")
	}
}

// Kill ends the server like a crash, and waits until it has ended.
func (s *Server) Kill() error {
	if err := syscall.Kill(-s.group, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill DynamoDB Local: %w", err)
	}
	return s.Stop()
}

// Done returns a channel that is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// LastWords returns the last line of the server's output.
func (s *Server) LastWords() string { return s.output.last() }

// tail keeps the last few KB of the server's output, for error messages.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - 8<<10; extra > 0 {
		t.text = t.text[extra:]
	}
	return len(p), nil
}

func (t *tail) contains(s string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Contains(string(t.text), s)
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLine(t.text)
}
