package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/console"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

func (c *cli) consoleCommand() *cobra.Command {
	var (
		write, beside bool
		port          int
		units         float64
	)
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Serve a web page that shows the running service",
		Long: `Serve a web page, on this machine alone, that shows new commits as they are stored, streams and their past
states, the effects of a request, the progress of projections, parked streams, open deadlines and, if events have
personal data, how far a person is forgotten. It only reads. With --write it can also retry parked streams, rebuild
projections, run and cancel deadlines, and forget people.

While a page is open and visible, it reads the event table's stream as its third reader (see annals tail --help), and
the checkpoints of a sample of the new commits: some 40 read units a second in a busy service. A search ends after 20
s.`,
		Example: "  annals --stack Shop console\n  annals --stack Shop console --write --port 8080",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !c.local {
				c.units = units
			}
			cfg := console.Config{Write: write}
			if beside {
				return c.consoleBeside(cmd, cfg)
			}
			return c.consoleAlone(cmd, port, cfg)
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "allow changes: retries of parked streams, rebuilds, running deadlines, forgetting people")
	cmd.Flags().IntVar(&port, "port", 0, "port on the loopback interface; 0 takes a free one")
	cmd.Flags().Float64Var(&units, "units-per-second", 1000,
		"the most read units a second of a search on AWS, 0 = no limit")
	cmd.Flags().BoolVar(&beside, "beside", false, "serve on the socket that is file descriptor 3 until standard input "+
		"ends: for the runner")
	_ = cmd.Flags().MarkHidden("beside")
	return cmd
}

// consoleAlone serves on a port of its own. The page has the operator's rights, so opening it takes a key.
func (c *cli) consoleAlone(cmd *cobra.Command, port int, cfg console.Config) error {
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	cfg.Key = rand.Text()
	page, err := c.console(cmd, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "open http://%s/?key=%s\n", listener.Addr(), cfg.Key)
	return serveUntil(cmd.Context(), listener, page)
}

// consoleBeside serves behind the runner of `make run`. It needs no key: the runner protects it as it protects the
// service.
func (c *cli) consoleBeside(cmd *cobra.Command, cfg console.Config) error {
	socket := os.NewFile(3, "socket")
	listener, err := net.FileListener(socket)
	if err != nil {
		return fmt.Errorf("serve the console: file descriptor 3 is no socket: %w", err)
	}
	_ = socket.Close()
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, cmd.InOrStdin())
		cancel()
	}()
	cmd.SetContext(ctx)
	cfg.Write = true
	page, err := c.console(cmd, cfg)
	if err != nil {
		return err
	}
	return serveUntil(ctx, listener, page)
}

func serveUntil(ctx context.Context, listener net.Listener, page http.Handler) error {
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 15}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// console returns the page of the service.
func (c *cli) console(cmd *cobra.Command, cfg console.Config) (http.Handler, error) {
	if cfg.Write {
		writer(cmd)
	}
	s, err := c.connect(cmd)
	if err != nil {
		return nil, err
	}
	cfg.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	cfg.Place = s.Place
	if s.table(annalsaws.Keys) != "" {
		cfg.People = finder{s, c.actor()}
	}
	if len(s.operator.timers) > 0 {
		cfg.Timers = timing{s.operator}
	}
	if c.local {
		address := c.localAddress()
		cfg.Requests, cfg.Units = localRequests(address), localUnits(address)
	}
	return console.New(cmd.Context(), s, s.operator, rebuilder{s.operator}, cfg), nil
}

// rebuilder rebuilds read models for the console, as `annals rebuild` does.
type rebuilder struct{ operator *operator }

func (r rebuilder) Rebuilds(name string) bool { return r.operator.rebuilds(name) == nil }

func (r rebuilder) Rebuild(ctx context.Context, name string, _ func(events int)) error {
	_, err := elsewhere(ctx, r.operator, name, func(string) {})
	return err
}

// timing lists, runs and cancels deadlines for the console, as `annals deadlines` does.
type timing struct{ operator *operator }

func (t timing) OpenDeadlines(ctx context.Context, until time.Time) iter.Seq2[reaction.OpenDeadline, error] {
	return t.operator.Deadlines(ctx, t.operator.timers, until)
}

func (t timing) RunDeadline(ctx context.Context, timer string, stream es.StreamID, name string) error {
	_, err := t.operator.change(ctx, ask.RunDeadline, timer, stream, name)
	return err
}

func (t timing) CancelDeadline(ctx context.Context, timer string, stream es.StreamID, name string) error {
	_, err := t.operator.change(ctx, ask.CancelDeadline, timer, stream, name)
	return err
}

// finder finds and forgets people for the console, as `annals subjects` does.
type finder struct {
	session *session
	actor   string
}

func (f finder) Person(ctx context.Context, id string) (console.Person, error) {
	s, err := f.session.subject(ctx, id)
	out := console.Person{
		Subject: s.Subject, Status: string(s.Status), RequestedAt: s.RequestedAt, KeyDeletedAt: s.KeyDeletedAt,
		Until: s.Until, Streams: s.Streams, Documents: s.Documents, Rows: s.Rows, Snapshots: s.Snapshots,
		ForgottenAt: s.ForgottenAt, Final: s.Final, Names: s.Names, Unknown: s.Unknown,
	}
	for _, p := range s.Published {
		out.Published = append(out.Published, console.Published(p))
	}
	return out, err
}

func (f finder) Forget(ctx context.Context, id string) error {
	return f.session.forget(ctx, id, f.actor)
}

// localRequests asks the runner how many invocations the functions of the API had.
func localRequests(address string) console.Requests {
	return func(ctx context.Context) (map[string]console.Count, error) {
		all, err := askRunner[map[string]console.Count](ctx, address+"/_local/functions")
		return map[string]console.Count{"commands": all["CommandFunction"], "queries": all["QueryFunction"]}, err
	}
}

// localUnits asks the runner what the functions consumed.
func localUnits(address string) console.Units {
	return func(ctx context.Context) (console.Consumed, error) {
		return askRunner[console.Consumed](ctx, address+"/_local/units")
	}
}

func askRunner[T any](ctx context.Context, url string) (out T, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return out, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return out, err
	}
	defer func() { _ = answer.Body.Close() }()
	return out, json.NewDecoder(answer.Body).Decode(&out)
}
