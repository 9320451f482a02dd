package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/annals-es/annals/local/child"
)

// role is the user of all clients, and the name of the first database. Like users of a hosted PostgreSQL, it is no
// superuser: it may create databases, but its SQL neither opens files nor starts programs.
const role = "annals"

// access is pg_hba.conf: role connects without a password over the loopback interface, and nothing else connects.
const access = "host all " + role + " 127.0.0.1/32 trust\n"

// setup has one statement a line, for a server without clients.
const setup = "CREATE ROLE " + role + " LOGIN CREATEDB\nCREATE DATABASE " + role + " OWNER " + role + "\n"

// fill fills a missing or empty folder with a new server's data, and returns the folder. If dir is empty, it is a new
// temporary one.
func (p programs) fill(ctx context.Context, as account, dir string) (string, error) {
	if dir == "" {
		dir, err := os.MkdirTemp("", "annals-postgres-")
		if err != nil {
			return "", err
		}
		return dir, p.initialize(ctx, as, dir)
	}
	partial := dir + ".partial" // renamed, so that dir is never partial
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	if err := os.MkdirAll(partial, 0o700); err != nil {
		return "", err
	}
	if err := p.initialize(ctx, as, partial); err != nil {
		return "", err
	}
	return dir, os.Rename(partial, dir)
}

// initialize fills an empty folder. If it fails, it removes the folder.
func (p programs) initialize(ctx context.Context, as account, dir string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("initialize the data of PostgreSQL: %w", errors.Join(err, os.RemoveAll(dir)))
		}
	}()
	if err := as.own(dir); err != nil {
		return err
	}
	initdb := command(ctx, as, p.path("initdb"), "-D", dir, "-U", "postgres", "--auth=reject",
		"--encoding=UTF8", "--locale=C", "--no-sync")
	if err := finish(initdb); err != nil {
		return err
	}
	hba := filepath.Join(dir, "pg_hba.conf")
	if err := os.WriteFile(hba, []byte(access), 0o600); err != nil {
		return err
	}
	if err := as.own(hba); err != nil {
		return err
	}
	single := command(ctx, as, p.path("postgres"), "--single", "-D", dir, "-c", "fsync=off", "-c", "exit_on_error=on",
		"postgres")
	single.Stdin = strings.NewReader(setup)
	return finish(single)
}

// command returns a command of the server. Variables of the environment, such as PGDATA, do not change what it does.
func command(ctx context.Context, as account, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/" // the account may not be able to open this process's working directory
	cmd.Env, cmd.SysProcAttr = child.Environ(), as.attributes()
	return cmd
}

func finish(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("`%s` failed (%w): %s", strings.Join(cmd.Args, " "), err, lastWords(string(out)))
	}
	return nil
}
