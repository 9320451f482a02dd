package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/projection"
)

// look is how often a rebuild is looked at.
const look = time.Second

// follow has the state machine build a projection anew, and says how far it is until another generation serves.
func (c *cli) follow(cmd *cobra.Command, o *operator, name string) error {
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
func elsewhere(ctx context.Context, o *operator, name string, say func(string)) (projection.Generation, error) {
	before, err := recordOf(ctx, o, name)
	if err != nil {
		return 0, err
	}
	execution := fmt.Sprintf("%s-by-hand-%d", name, time.Now().UnixMilli())
	if err := o.machine.Start(ctx, execution, projection.Stage{Projection: name}); err != nil {
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
			return 0, fmt.Errorf("generation %d of %s was given up", building, name)
		}
		failure, err := o.machine.Failure(ctx, execution)
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
func rebuildProgress(ctx context.Context, o *operator, record projection.Record) (string, error) {
	b := record.Building()
	if b == nil {
		return "waits for the machine", nil
	}
	s, err := o.models.Progress(ctx, record.Projection, *b)
	return fmt.Sprintf("generation %d is built: %s", b.Generation, s), err
}

// recordOf returns the record of a read model.
func recordOf(ctx context.Context, o *operator, name string) (projection.Record, error) {
	records, err := o.models.Records(ctx)
	if err != nil {
		return projection.Record{}, err
	}
	for _, r := range records {
		if r.Projection == name {
			return r, nil
		}
	}
	return projection.Record{}, &projection.UnknownProjectionError{Projection: name}
}
