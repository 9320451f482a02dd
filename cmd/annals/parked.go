package main

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/projection"
)

func (c *cli) parkedCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "parked", Short: "List, show and retry the streams that a projection could not apply"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list [PROJECTION]", Short: "List the parked streams, and the records that were set aside",
			Long: "List the parked streams, and the records that were set aside.\n" +
				"The projector function is asked for those of read models in other stores than DynamoDB. If it can't read\n" +
				"one, the command lists all others first, and then fails with the reason.",
			Example: "  annals --local parked list orders",
			Args:    cobra.MaximumNArgs(1), ValidArgsFunction: c.completeProjection(0), RunE: c.listParked,
		},
		&cobra.Command{
			Use: "show PROJECTION STREAM", Short: "Show why a stream is parked",
			Example: "  annals --local parked show orders Order#o-1",
			Args:    cobra.ExactArgs(2), ValidArgsFunction: c.completeProjection(0), RunE: c.showParked,
		},
		writer(&cobra.Command{
			Use: "retry [PROJECTION [STREAM]]", Short: "Retry one parked stream, or all",
			Long: "Retry one parked stream, or all parked streams, in one projection or in all.\n" +
				"A new build of the code retries them by itself. Exit code 3: some are still parked.",
			Example: "  annals --local parked retry\n  annals --local parked retry orders Order#o-1",
			Args:    cobra.MaximumNArgs(2), ValidArgsFunction: c.completeProjection(0), RunE: c.retryParked,
		}),
	)
	return cmd
}

// parked is a parked stream, as it is shown.
type parked struct {
	Projection string                `json:"projection"`
	Generation projection.Generation `json:"generation"`
	Stream     string                `json:"stream"`
	// Version is the version of the event that can't be applied. Waiting is how many events are known to wait.
	Version int64             `json:"version"`
	Waiting int64             `json:"waiting"`
	Reason  projection.Reason `json:"reason"`
	Error   string            `json:"error"`
	At      time.Time         `json:"at"`
	Code    string            `json:"code,omitempty"`
}

func newParked(w projection.Waiting) parked {
	return parked{
		Projection: w.Projection, Generation: w.Generation, Stream: w.Stream.String(), Version: w.Version,
		Waiting: max(w.Seen-w.Version+1, 1), Reason: w.Reason, Error: w.Error, At: w.At, Code: w.Code,
	}
}

func (c *cli) listParked(cmd *cobra.Command, args []string) error {
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	t := c.table(cmd, "PROJECTION", "GENERATION", "STREAM", "BEFORE", "WAITING", "REASON")
	var failed error
	for w, err := range o.Parked(cmd.Context(), args[:min(len(args), 1)]...) {
		if isApart(err) {
			failed = err
			break
		}
		if err != nil {
			return errorAfter(t, err)
		}
		p := newParked(w)
		if err := t.row(p, p.Projection, p.Generation, p.Stream, p.Version, p.Waiting, p.Reason); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil || len(args) > 0 {
		return cmp.Or(err, failed)
	}
	return cmp.Or(c.listSetAside(cmd, o), failed)
}

func (c *cli) showParked(cmd *cobra.Command, args []string) error {
	stream, err := streamArg(args[1])
	if err != nil {
		return err
	}
	o, err := c.operator(cmd)
	if err != nil {
		return err
	}
	shown := false
	for w, err := range o.Parked(cmd.Context(), args[0]) {
		if err != nil {
			return err
		}
		if w.Stream != stream {
			continue
		}
		shown = true
		p := newParked(w)
		err := c.show(cmd, p, func(out io.Writer) {
			fmt.Fprintf(out, "%s in %s, generation %d\n"+
				"  parked before version %d since %s; %d events are known to wait\n  reason: %s\n  error: %s\n  code: %s\n",
				visible(p.Stream, false), p.Projection, p.Generation, p.Version, stamp(p.At), p.Waiting, p.Reason,
				visible(p.Error, false), p.Code)
		})
		if err != nil {
			return err
		}
	}
	if !shown {
		return fmt.Errorf("%s is not parked in %s", args[1], args[0])
	}
	return nil
}
