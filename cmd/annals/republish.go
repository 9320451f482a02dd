package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
)

func (c *cli) republishCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "republish STREAM [VERSION]",
		Short: "Send the integration events of a stream again, from a version on, with their old ids",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			stream, err := streamArg(args[0])
			if err != nil {
				return err
			}
			from := int64(1)
			if text := arg(args, 1); text != "" {
				if from, err = strconv.ParseInt(text, 10, 64); err != nil || from < 1 {
					return usage("%q is no version: want a whole number of 1 or more", text)
				}
			}
			o, err := c.operator(cmd)
			if err != nil {
				return err
			}
			n, err := o.republish(cmd.Context(), stream, from)
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("republish %s: no event from version %d on", stream, from)
			}
			out := struct {
				Stream string `json:"stream"`
				Events int    `json:"events"`
			}{stream.String(), n}
			return c.show(cmd, out, func(w io.Writer) {
				fmt.Fprintf(w, "read %d events of %s and sent the public ones to the bus\n", n, stream)
			})
		},
	}
}

// republish has the reactor function go through a stream from a version on, in as many invocations as that takes. It
// returns the number of events.
//
// Errors: those of [functions.Client.Ask], with the version to go on with; a function that does not get on.
func (o *operator) republish(ctx context.Context, stream es.StreamID, from int64) (events int, err error) {
	for from > 0 {
		answer, err := o.functions.Ask(ctx, annalsaws.Reactor, ask.Request{
			Task: ask.Republish, Stream: stream.String(), Version: from,
		})
		if err != nil {
			return events, fmt.Errorf("republish %s from version %d: %w", stream, from, err)
		}
		if answer.Next != 0 && answer.Next <= from {
			return events,
				fmt.Errorf("republish %s from version %d: the reactor function had no time to send an event: raise its timeout",
					stream, from)
		}
		events, from = events+answer.Events, answer.Next
	}
	return events, nil
}
