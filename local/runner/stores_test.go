package runner

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// sqlAddress asks a function for the address of its PostgreSQL.
func (p *process) sqlAddress() string {
	p.t.Helper()
	answer, err := http.Post(p.address+"/items/a?variable=ANNALS_SQL_URL", "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// sqlDo runs statements.
func sqlDo(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// TestSQL: functions get the address of PostgreSQL. It is started again when it was killed, ends with the runner, and
// its data stays until a start with FRESH=1.
func TestSQL(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), system(t)
	p := launch(t, state, dir, shared(t), "STORES=sql")
	url := p.sqlAddress()
	if err := sqlDo(t.Context(), url, "CREATE TABLE rows (id int); INSERT INTO rows VALUES (7)"); err != nil {
		t.Fatalf("the function's address %q: %v", url, err)
	}
	want := fmt.Sprintf("PostgreSQL is at %s; its data is in %s\n", url, filepath.Join(state, "postgres"))
	if !strings.Contains(p.stdout(), want) {
		t.Errorf("the runner did not print %q:\n%s", want, p.stdout())
	}

	line, _, _ := strings.Cut(read(t, filepath.Join(state, "postgres", "postmaster.pid")), "\n")
	server, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(server, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "PostgreSQL runs again", func() bool {
		return strings.Contains(p.stderr(), "PostgreSQL ended unexpectedly, and is started again") &&
			sqlDo(t.Context(), url, "INSERT INTO rows VALUES (8)") == nil
	})
	children := descendants(t, p.cmd.Process.Pid)
	_ = p.signal(syscall.SIGKILL)
	for _, child := range children {
		eventually(t, "all end with the runner", func() bool { return !alive(child) })
	}

	again := launch(t, state, dir, shared(t), "STORES=sql")
	url = again.sqlAddress()
	if err := sqlDo(t.Context(), url, "DO $$ BEGIN ASSERT (SELECT sum(id) FROM rows) = 15; END $$"); err != nil {
		t.Errorf("after the restart of the runner: %v", err)
	}
	if err := again.signal(syscall.SIGTERM); err != nil {
		t.Errorf("exit of the runner: %v\n%s", err, again.stderr())
	}
	if err := sqlDo(t.Context(), url, "SELECT 1"); err == nil {
		t.Error("PostgreSQL runs after the end of the runner")
	}

	fresh := launch(t, state, dir, shared(t), "STORES=sql", "FRESH=1")
	if err := sqlDo(t.Context(), fresh.sqlAddress(), "CREATE TABLE rows (id int)"); err != nil {
		t.Errorf("after a start with FRESH=1: %v", err)
	}
	_ = fresh.signal(syscall.SIGKILL)
}

func TestNoSQLUnlessAsked(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, system(t), shared(t), "STORES=")
	if url := p.sqlAddress(); url != "" {
		t.Errorf("the function has the address %q of PostgreSQL", url)
	}
	if _, err := os.Stat(filepath.Join(state, "postgres")); !os.IsNotExist(err) {
		t.Errorf("there is data of PostgreSQL: %v", err)
	}
	_ = p.signal(syscall.SIGKILL)
}

// TestSQLThatCannotStart: the runner does not start, and says what to do.
func TestSQLThatCannotStart(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	data := filepath.Join(state, "postgres")
	if err := os.Mkdir(data, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	words := refusal(t, []string{"-state", state, "-template", systemDir}, "PORT=0", "STORES=sql", shared(t))
	if want := "the data in " + data + " is of PostgreSQL 9, which is missing: " +
		"install that version, or delete the folder"; words != want {
		t.Errorf("the runner printed %q, want %q", words, want)
	}
}
