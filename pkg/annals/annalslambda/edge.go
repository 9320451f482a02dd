package annalslambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Command returns the handler of all commands. It needs [annalsaws.CommandTables], the secrets and the clients. Before
// it takes a command, call [Deployment.Start].
//
// Errors: those of [annals.Service.Open] and [annalshttp.Commands].
func (d Deployment) Command() (http.Handler, error) {
	_, h, err := d.command()
	return h, err
}

func (d Deployment) command() (*annals.Running, http.Handler, error) {
	o, err := d.open(use{commands: true, clients: true, stateCache: stateCache})
	if err != nil {
		return nil, nil, err
	}
	cfg := d.edge()
	if d.CursorKey != "" { // commands have no cursors
		cfg.CursorKey = []byte(d.CursorKey)
	}
	h, err := annalshttp.Commands(o.Running, cfg)
	if err != nil {
		return nil, nil, err
	}
	return o.Running, countOutcomes(d.Meter, h), nil
}

// Start does what the service does before its first command: see [annals.BeforeCommands]. It needs what Command needs.
//
// Errors: those of [annals.Service.Open] and [annals.Running.Start]. After one, the process must take no command.
func (d Deployment) Start(ctx context.Context) error {
	o, err := d.open(use{commands: true, clients: true})
	if err != nil {
		return err
	}
	return before(ctx, o.Running)
}

// before does what the service does before its first command, within the time that a start has.
func before(ctx context.Context, r *annals.Running) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return r.Start(ctx)
}

// Query returns the handler of all queries. It needs [annalsaws.QueryTables], and the key of cursors.
//
// Errors: no key of cursors; those of [annals.Service.Open] and [annalshttp.Queries]; [projection.UnknownFoldError] if
// this code can't read what is served.
func (d Deployment) Query() (http.Handler, error) {
	_, h, err := d.query()
	return h, err
}

func (d Deployment) query() (*opened, http.Handler, error) {
	if d.CursorKey == "" {
		return nil, nil, errors.New("the key that seals cursors is missing: set " + annalsaws.CursorKeyEnv)
	}
	o, err := d.openReadModels()
	if err != nil {
		return nil, nil, err
	}
	cfg := d.edge()
	cfg.CursorKey = []byte(d.CursorKey)
	h, err := annalshttp.Queries(o.Running, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("queries (cursors have the key in %s): %w", annalsaws.CursorKeyEnv, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err = o.Reader.Check(ctx)
	if unknown := (*projection.UnknownFoldError)(nil); errors.As(err, &unknown) {
		return nil, nil, err
	}
	if err != nil { // every query looks again
		d.Log.LogAttrs(ctx, slog.LevelWarn, "start", slog.String("error", annalshttp.Describe(err)))
	}
	return o, h, nil
}

func (d Deployment) edge() annalshttp.Config {
	return annalshttp.Config{Log: d.Log, Unavailable: unavailable, Now: d.Store.Now, Queue: d.CatchUps}
}
