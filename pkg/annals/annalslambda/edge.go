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

// Command returns the handler of all commands. It needs [annalsaws.CommandTables], the secrets and the clients. Call
// [Deployment.Start] before you pass it a command.
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

// Start runs the service's checks before its first command: see [annals.BeforeCommands]. It needs what Command needs.
//
// Errors: those of [annals.Service.Open] and [annals.Running.Start]. After an error the process must not accept
// commands.
func (d Deployment) Start(ctx context.Context) error {
	o, err := d.open(use{commands: true, clients: true})
	if err != nil {
		return err
	}
	return before(ctx, o.Running)
}

// before runs the service's checks before its first command, for at most startTimeout.
func before(ctx context.Context, r *annals.Running) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return r.Start(ctx)
}

// Query returns the handler of all queries. It needs [annalsaws.QueryTables] and CursorKey.
//
// Errors: one if CursorKey is missing; those of [annals.Service.Open] and [annalshttp.Queries];
// [projection.UnknownFoldError] if this code can't read a serving generation.
func (d Deployment) Query() (http.Handler, error) {
	_, h, err := d.query()
	return h, err
}

func (d Deployment) query() (*opened, http.Handler, error) {
	if d.CursorKey == "" {
		return nil, nil, errors.New("the key that seals cursors is missing: set the environment variable " +
			annalsaws.CursorKeyEnv)
	}
	o, err := d.openReadModels()
	if err != nil {
		return nil, nil, err
	}
	cfg := d.edge()
	cfg.CursorKey = []byte(d.CursorKey)
	h, err := annalshttp.Queries(o.Running, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("make the query handler (%s is the key of cursors): %w", annalsaws.CursorKeyEnv, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err = o.Reader.Check(ctx)
	if unknown := (*projection.UnknownFoldError)(nil); errors.As(err, &unknown) {
		return nil, nil, err
	}
	if err != nil { // every query checks again
		d.Log.LogAttrs(ctx, slog.LevelWarn, "a check at start failed and is repeated later",
			slog.String("error", annalshttp.Describe(err)))
	}
	return o, h, nil
}

func (d Deployment) edge() annalshttp.Config {
	return annalshttp.Config{Log: d.Log, Unavailable: unavailable, Now: d.Store.Now, Queue: d.CatchUps}
}
