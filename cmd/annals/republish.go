package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
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
			answer, err := o.functions.Ask(cmd.Context(), annalsaws.Reactor, ask.Request{
				Task: ask.Republish, Stream: stream.String(), Version: from,
			})
			if err != nil {
				return err
			}
			n := answer.Events
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
