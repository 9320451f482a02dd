package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/annals-es/annals/local/postgres"
)

// With RUN_SERVER the test binary is a parent of a server whose data is temporary.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_SERVER") != "" {
		s, err := postgres.Start(context.Background(), postgres.Config{})
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, s.URL("annals"))
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, cfg postgres.Config) *postgres.Server {
	t.Helper()
	s, err := postgres.Start(t.Context(), cfg)
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

// do runs a statement.
func do(t *testing.T, url, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return err
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	return err
}

// TestStartAndStop: the data is below a folder that only this process's user can open, as that of a test is.
func TestStartAndStop(t *testing.T) {
	t.Parallel()
	s := start(t, postgres.Config{Dir: filepath.Join(t.TempDir(), "state", "data")})
	conn, err := pgx.Connect(t.Context(), s.URL("annals"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var encoding, collation, zone string
	err = conn.QueryRow(t.Context(), `SELECT pg_encoding_to_char(encoding), datcollate, current_setting('timezone')
		FROM pg_database WHERE datname = current_database()`).Scan(&encoding, &collation, &zone)
	if err != nil || encoding != "UTF8" || collation != "C" || zone != "UTC" {
		t.Errorf("the database has %s, %s, %s, %v; want UTF8, C, UTC", encoding, collation, zone, err)
	}
	if err := s.Stop(); err != nil { // with a connected client
		t.Error(err)
	}
	<-s.Done()
	if err := do(t, s.URL("annals"), "SELECT 1"); err == nil {
		t.Error("the server answers after Stop")
	}
}

// TestAnotherUserGainsNothing: the server trusts whoever connects, so its SQL must not do what its system user may do.
func TestAnotherUserGainsNothing(t *testing.T) {
	t.Parallel()
	s := start(t, postgres.Config{})
	for _, sql := range []string{
		"CREATE TABLE lines (line text); COPY lines FROM PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')",
		"CREATE ROLE other SUPERUSER",
	} {
		if err := do(t, s.URL("annals"), sql); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v, want insufficient_privilege", sql, err)
		}
	}
	admin, err := url.Parse(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	admin.User = url.User("postgres")
	if err := do(t, admin.String(), "SELECT 1"); err == nil || !strings.Contains(err.Error(), "no pg_hba.conf entry") {
		t.Errorf("connect as the superuser: %v, want a refusal", err)
	}
	if err := do(t, s.URL("annals"), "CREATE DATABASE another"); err != nil {
		t.Error(err)
	}
	if err := do(t, s.URL("another"), "CREATE TABLE rows (id int)"); err != nil {
		t.Error(err)
	}
}

// TestDataStay: after a kill of the server, and of the program that runs it, the next start has what was committed.
func TestDataStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, postgres.Config{Dir: dir})
	if err := do(t, first.URL("annals"), "CREATE TABLE rows AS SELECT 7 AS id"); err != nil {
		t.Fatal(err)
	}
	// A client that is connected keeps a process of the server busy when the server is killed.
	conn, err := pgx.Connect(t.Context(), first.URL("annals"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	for round := range 2 {
		again := start(t, postgres.Config{Dir: dir, Port: first.Port()})
		conn, err := pgx.Connect(t.Context(), again.URL("annals"))
		if err != nil {
			t.Fatal(err)
		}
		var id int
		if err := conn.QueryRow(t.Context(), "SELECT id FROM rows").Scan(&id); err != nil || id != 7 {
			t.Errorf("start %d: read %d, %v, want 7", round+2, id, err)
		}
		_ = conn.Close(t.Context())
		if err := again.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStartWaitsForADyingServer: a start that finds another server's lock tries again until that server has ended.
func TestStartWaitsForADyingServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, postgres.Config{Dir: dir})
	started := make(chan error, 1)
	go func() {
		second, err := postgres.Start(t.Context(), postgres.Config{Dir: dir})
		if err == nil {
			err = second.Stop()
		}
		started <- err
	}()
	time.Sleep(500 * time.Millisecond) // for the start to find the lock; if it is later, it finds none
	if err := first.Stop(); err != nil {
		t.Error(err)
	}
	if err := <-started; err != nil {
		t.Error(err)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	s := start(t, postgres.Config{})
	dir := filepath.Join(t.TempDir(), "data")
	_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir, Port: s.Port()})
	want := fmt.Sprintf("PostgreSQL cannot listen on %d: the port is in use", s.Port())
	if err == nil || err.Error() != want {
		t.Errorf("on a port in use: %v, want %s", err, want)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("data was created for a server that cannot start: %v", err)
	}
}

// TestRefusedData: a folder with the data of a version that is not installed, or with other files, is left as it is.
func TestRefusedData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, text, want string }{
		{"PG_VERSION", "9\n", "is of PostgreSQL 9, which is missing: install that version, or delete the folder"},
		{"PG_VERSION", "new\n", "is not a folder of PostgreSQL's data"},
		{"letter.txt", "Dear Ada", "is not a folder of PostgreSQL's data"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("start on %s: %v, want %s", test.file, err, test.want)
		}
		if text, err := os.ReadFile(filepath.Join(dir, test.file)); err != nil || string(text) != test.text {
			t.Errorf("%s is now %q, %v", test.file, text, err)
		}
	}
}

// TestNothingIsLeftOfAStartThatIsStopped: the next start does not find half of the data.
func TestNothingIsLeftOfAStartThatIsStopped(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := postgres.Start(ctx, postgres.Config{Dir: filepath.Join(parent, "data")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("start after its context ended: %v", err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestTheServerEndsWithItsParent, however the parent ends, and its temporary data is removed.
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
	url = strings.TrimSpace(url)
	conn, err := pgx.Connect(t.Context(), url) // a connected client does not delay the end
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := os.ReadDir(temp)
		if err == nil && len(left) == 0 && do(t, url, "SELECT 1") != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after the end of its parent the server still runs, or its data is left: %v, %v", left, err)
		}
	}
}
