package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

// look is how often a rebuild elsewhere is looked at.
const look = time.Second

// follow has the state machine build a projection anew, and says how far it is until another generation serves.
func (c *cli) follow(cmd *cobra.Command, o *annalslambda.Operator, name string) error {
	start := time.Now()
	served, err := elsewhere(cmd.Context(), o, name, func(says string) { fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", name, says) })
	if err != nil {
		return err
	}
	out := rebuilt{Projection: name, Generation: served, Seconds: time.Since(start).Seconds()}
	err = c.show(cmd, out, func(w io.Writer) {
		fmt.Fprintf(w, "%s: generation %d serves after %s\n", name, out.Generation, time.Since(start).Round(time.Millisecond))
	})
	if err != nil {
		return err
	}
	return parkedAgain(cmd.Context(), o, name, served)
}

// elsewhere starts the state machine, and waits until another generation serves, which it returns.
func elsewhere(ctx context.Context, o *annalslambda.Operator, name string, say func(string)) (projection.Generation, error) {
	before, err := recordOf(ctx, o, name)
	if err != nil {
		return 0, err
	}
	execution := fmt.Sprintf("%s-by-hand-%d", name, time.Now().UnixMilli())
	if err := o.Rebuilds.Start(ctx, execution, projection.Stage{Projection: name}); err != nil {
		return 0, err
	}
	say("started execution " + execution + ", which goes on without this command")
	var building projection.Generation
	for said := ""; ; {
		now, err := recordOf(ctx, o, name)
		if err != nil {
			return 0, err
		}
		if serving := now.Serving(); serving.Generation != before.Serving().Generation {
			return serving.Generation, nil
		}
		switch b := now.Building(); {
		case b != nil:
			building = b.Generation
		case building > 0:
			return 0, fmt.Errorf("generation %d of %s was given up meanwhile", building, name)
		}
		failure, err := o.Rebuilds.Failure(ctx, execution)
		switch {
		case err != nil:
			return 0, err
		case failure != nil:
			return 0, fmt.Errorf("%s\n%s goes on serving as it was; the same command goes on from here", why(now, failure), name)
		}
		if says, err := rebuildProgress(ctx, o, now); err != nil {
			return 0, err
		} else if says != said {
			said = says
			say(says)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(look):
		}
	}
}

// why is the reason on record, which is that of the segment that failed; else the execution's.
func why(record projection.Record, failure *projection.StageError) string {
	if b := record.Building(); b != nil && b.Failure != "" {
		return b.Failure
	}
	return failure.String()
}

// rebuildProgress says how far the generation is that is being built.
func rebuildProgress(ctx context.Context, o *annalslambda.Operator, record projection.Record) (string, error) {
	b := record.Building()
	if b == nil {
		return "waits for the machine", nil
	}
	s, err := o.Engine.Progress(ctx, record.Projection, *b)
	return fmt.Sprintf("generation %d is built: %s", b.Generation, s), err
}

// recordOf returns the record of a read model.
func recordOf(ctx context.Context, o *annalslambda.Operator, name string) (projection.Record, error) {
	records, err := o.Engine.Records(ctx)
	if err != nil {
		return projection.Record{}, err
	}
	for _, r := range records {
		if r.Projection == name {
			return r, nil
		}
	}
	return projection.Record{}, fmt.Errorf("there is no projection %q", name)
}

func (c *cli) abandonCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "abandon PROJECTION",
		Short: "Give up the generation that is being built; what serves is not touched",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			if err := o.Rebuilder.Abandon(cmd.Context(), args[0]); err != nil {
				return err
			}
			out := struct {
				Projection string `json:"projection"`
				Abandoned  bool   `json:"abandoned"`
			}{args[0], true}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "%s: the generation that was being built is given up\n", args[0])
			})
		},
	}
}
