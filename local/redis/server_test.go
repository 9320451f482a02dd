package redis_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/local/redis"
)

// With RUN_SERVER the test binary is a parent of a server that keeps nothing.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_SERVER") != "" {
		s, err := redis.Start(context.Background(), redis.Config{})
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, s.URL(0))
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, cfg redis.Config) *redis.Server {
	t.Helper()
	s, err := redis.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, url string) *client.Client {
	t.Helper()
	options, err := client.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries = -1
	c := client.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	s := start(t, redis.Config{Dir: filepath.Join(t.TempDir(), "state", "data")})
	c := connect(t, s.URL(redis.Databases-1))
	for name, want := range map[string]string{
		"maxmemory-policy": "noeviction", "bind": "127.0.0.1", "appendonly": "yes", "save": "",
	} {
		if got, err := c.ConfigGet(t.Context(), name).Result(); err != nil || got[name] != want {
			t.Errorf("setting %s: %v, %v, want %q", name, got, err, want)
		}
	}
	if err := s.Stop(); err != nil { // with a connected client
		t.Error(err)
	}
	<-s.Done()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("the server answers after Stop")
	}
}

// TestDataStay: after a kill of the server, and of the program that runs it, the next start has what was written.
func TestDataStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, redis.Config{Dir: dir})
	c := connect(t, first.URL(7))
	if err := c.Set(t.Context(), "order", "7", 0).Err(); err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(info(t, c, "process_id"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	for round := range 2 {
		again := start(t, redis.Config{Dir: dir, Port: first.Port()})
		got, err := connect(t, again.URL(7)).Get(t.Context(), "order").Result()
		if err != nil || got != "7" {
			t.Errorf("start %d: read %q, %v, want 7", round+2, got, err)
		}
		if err := again.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// info returns a field of what the server says about itself.
func info(t *testing.T, c *client.Client, field string) string {
	t.Helper()
	text, err := c.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, value, ok := strings.Cut(text, field+":")
	if !ok {
		t.Fatalf("INFO server has no %s: %s", field, text)
	}
	value, _, _ = strings.Cut(value, "\r\n")
	return value
}

// TestStartWaitsForADyingServer: two servers would destroy the data of one folder.
func TestStartWaitsForADyingServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, redis.Config{Dir: dir})
	if err := connect(t, first.URL(0)).Set(t.Context(), "order", "7", 0).Err(); err != nil {
		t.Fatal(err)
	}
	type started struct {
		server *redis.Server
		err    error
	}
	second := make(chan started, 1)
	go func() {
		s, err := redis.Start(t.Context(), redis.Config{Dir: dir})
		second <- started{s, err}
	}()
	select {
	case s := <-second:
		t.Errorf("a second server started on the data of a running one: %v", s)
	case <-time.After(500 * time.Millisecond): // for the start to find the lock; if it is later, it finds none
	}
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	s := <-second
	if s.err != nil {
		t.Fatal(s.err)
	}
	if got, err := connect(t, s.server.URL(0)).Get(t.Context(), "order").Result(); err != nil || got != "7" {
		t.Errorf("the second server has %q, %v, want 7", got, err)
	}
	if err := s.server.Stop(); err != nil {
		t.Error(err)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	s := start(t, redis.Config{})
	dir := filepath.Join(t.TempDir(), "data")
	_, err := redis.Start(t.Context(), redis.Config{Dir: dir, Port: s.Port()})
	want := fmt.Sprintf("Redis cannot listen on %d: the port is in use", s.Port())
	if err == nil || err.Error() != want {
		t.Errorf("on a port in use: %v, want %s", err, want)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was created for a server that cannot start: %v", err)
	}
}

// TestDataThatCannotBeRead: the error says why.
func TestDataThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "appendonlydir"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{
		filepath.Join(dir, "appendonly.aof"), filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest"),
	} {
		if err := os.WriteFile(file, []byte("Dear Ada,\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := redis.Start(t.Context(), redis.Config{Dir: dir})
	if err == nil || !strings.HasPrefix(err.Error(), "Redis ended during start: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("start with other data: %v, want one line of the server", err)
	}
}

func TestNothingIsLeftOfAStartThatIsStopped(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := redis.Start(ctx, redis.Config{Dir: filepath.Join(parent, "data")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("start after its context ended: %v", err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestTheServerEndsWithItsParent, however the parent ends, and its temporary folder is removed.
func TestTheServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "RUN_SERVER=1", "TMPDIR="+temp)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = parent.Process.Kill() }()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, strings.TrimSpace(url))
	if err := c.Ping(t.Context()).Err(); err != nil { // a connected client does not delay the end
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := os.ReadDir(temp)
		if err == nil && len(left) == 0 && c.Ping(t.Context()).Err() != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the end of its parent the server still runs, or its folder is left: %v, %v", left, err)
		}
	}
}
