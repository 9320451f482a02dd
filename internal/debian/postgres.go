package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/annals-es/annals/local/postgres"
)

// EnsurePostgres checks that a PostgreSQL server is installed. If there is none, it installs one as root on Debian, and
// writes one line about it to say. It starts no server. Elsewhere it returns an error that names the command to run.
func EnsurePostgres(ctx context.Context, say io.Writer) error {
	missing := postgres.Check()
	if missing == nil {
		return nil
	}
	if !able() {
		return missing
	}
	err := withoutCluster("/etc/postgresql-common/createcluster.d", func() error {
		return Install(ctx, say, "PostgreSQL", "postgresql")
	})
	if err != nil {
		return err
	}
	return postgres.Check()
}

// withoutCluster installs PostgreSQL while a file in dir says that Debian's package must not create a database cluster.
// The package would start its server, now and with each start of the machine.
//
// Source: https://manpages.debian.org/bookworm/postgresql-common/pg_createcluster.1.en.html
func withoutCluster(dir string, install func() error) error {
	file := filepath.Join(dir, "annals.conf")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("tell Debian to create no database cluster: %w", err)
	}
	if err := os.WriteFile(file, []byte("create_main_cluster = false\n"), 0o600); err != nil {
		return fmt.Errorf("tell Debian to create no database cluster: %w", err)
	}
	err := errors.Join(install(), os.Remove(file))
	_ = os.Remove(dir) // fails if it has other files
	return err
}
