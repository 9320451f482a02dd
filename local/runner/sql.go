package runner

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/annals-es/annals/internal/debian"
	"github.com/annals-es/annals/local/postgres"
)

// sqlStore is the name in STORES of PostgreSQL. There are no other names.
const sqlStore = "sql"

// withSQL reads STORES, a list of names with commas, and reports whether it has sqlStore.
func withSQL(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		if name != sqlStore {
			return false, fmt.Errorf("STORES=%s: there is no store %q: use %s", text, name, sqlStore)
		}
	}
	return true, nil
}

// sqlDatabase is a PostgreSQL server that is started again if it ends by itself.
type sqlDatabase struct {
	url    string
	cancel context.CancelFunc
	done   chan struct{}
}

// openSQL starts PostgreSQL, if STORES has it, and installs it before if that is possible.
func (r *runner) openSQL(ctx context.Context) error {
	if !r.sql {
		return nil
	}
	if err := debian.EnsurePostgres(ctx, r.out); err != nil {
		return err
	}
	server, err := r.startSQL(ctx, 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.postgres = &sqlDatabase{url: server.URL("annals"), cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.postgres.done)
		r.keepSQL(ctx, server)
	}()
	return nil
}

func (r *runner) startSQL(ctx context.Context, port int) (*postgres.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return postgres.Start(ctx, postgres.Config{Dir: r.sqlData(), Port: port})
}

// keepSQL starts the server again, at the same address, until the context ends. Then it stops the server.
func (r *runner) keepSQL(ctx context.Context, server *postgres.Server) {
	for {
		select {
		case <-ctx.Done():
			_ = server.Stop() // it ends with this process in any case
			return
		case <-server.Done():
		}
		r.log.ErrorContext(ctx, "PostgreSQL ended unexpectedly, and is started again", "error", server.LastWords())
		again, err := r.startSQL(ctx, server.Port())
		if err != nil {
			r.ended <- fmt.Errorf("PostgreSQL ended unexpectedly, and cannot be started again: %w", err)
			return
		}
		server = again
	}
}

// stop ends the server.
func (d *sqlDatabase) stop() {
	if d != nil {
		d.cancel()
		<-d.done
	}
}
