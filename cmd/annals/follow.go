package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/es/projection"
)

// look is the interval at which a rebuild's progress is read.
const look = time.Second

// follow starts the rebuild of a projection on the state machine, and prints its progress until the new generation
// serves.
func (c *cli) follow(cmd *cobra.Command, o *operator, name string) error {
	start := time.Now()
	served, err := elsewhere(cmd.Context(), o, name, func(says string) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", name, says)
	})
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

// elsewhere starts the state machine, waits until a new generation serves, and returns that generation.
func elsewhere(ctx context.Context, o *operator, name string, say func(string)) (projection.Generation, error) {
	before, err := recordOf(ctx, o, name)
	if err != nil {
		return 0, err
	}
	execution := fmt.Sprintf("%s-by-hand-%d", name, time.Now().UnixMilli())
	if err := o.machine.Start(ctx, execution, projection.Stage{Projection: name}); err != nil {
		return 0, err
	}
	say("started execution " + execution + "; it continues if this command is interrupted")
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
			return 0, fmt.Errorf("rebuild %s: generation %d was abandoned", name, building)
		}
		failure, err := o.machine.Failure(ctx, execution)
		switch {
		case err != nil:
			return 0, err
		case failure != nil:
			return 0, fmt.Errorf("rebuild %s: %s\nthe old generation keeps serving; the same command continues the rebuild",
				name, why(now, failure))
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

// why returns the error of the segment that failed, which is in the record, or else the execution's error.
func why(record projection.Record, failure *projection.StageError) string {
	if b := record.Building(); b != nil && b.Failure != "" {
		return b.Failure
	}
	return failure.String()
}

// rebuildProgress describes the progress of the generation that is being built.
func rebuildProgress(ctx context.Context, o *operator, record projection.Record) (string, error) {
	b := record.Building()
	if b == nil {
		return "waiting for the state machine", nil
	}
	s, err := o.models.Progress(ctx, record.Projection, *b)
	return fmt.Sprintf("building generation %d: %s", b.Generation, s), err
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
