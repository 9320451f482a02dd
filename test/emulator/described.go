package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// described checks that the command line finds what the stack has, by the description in its template, and that the
// file that it prints serves as well. An aggregate's state is asked of a function.
func (r *run) described(ctx context.Context) error {
	said, err := r.annals(ctx, "describe")
	if err != nil {
		return err
	}
	var found struct {
		Place     string
		Resources struct{ Tables, Functions, Queues map[string]string }
	}
	if err := parse(said, &found); err != nil {
		return err
	}
	for _, one := range []struct{ what, got, want string }{
		{"events table", found.Resources.Tables["events"], r.outputs["EventsTableName"]},
		{"command function", found.Resources.Functions["command"], r.resources["CommandFunction"].PhysicalResourceID},
		{"projector's queue", found.Resources.Queues["projector"], r.resources["CatchUpQueue"].PhysicalResourceID},
		{"place", found.Place, "stack " + stack + " in " + region},
	} {
		if one.got == "" || one.got != one.want {
			return fmt.Errorf("annals describe: the %s is %q, want %q", one.what, one.got, one.want)
		}
	}
	file := filepath.Join(r.dir, "described.json")
	if err := os.WriteFile(file, []byte(said), 0o600); err != nil {
		return err
	}
	for _, place := range [][]string{{"--stack", stack}, {"--file", file}} {
		for _, version := range []struct{ is, status string }{{"0", "delivered"}, {"1", "draft"}} {
			args := slices.Concat(place, []string{"state", "Order#life", "--version", version.is})
			said, err := r.exec(ctx, nil, filepath.Join(r.dir, "annals"), args...)
			if err == nil && !strings.Contains(said, version.status) {
				err = fmt.Errorf("annals %s does not say %s: %s", strings.Join(args, " "), version.status, said)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
