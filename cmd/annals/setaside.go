package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// mendSetAside says what to do about records that were set aside.
const mendSetAside = "See docs/runbooks/unreadable-records.md. If a record's key names a stream, correct the cause " +
	"and run `annals heal STREAM`. Then remove the object (`aws s3 rm OBJECT`)."

// setAside is a record that was set aside, as it is shown.
type setAside struct {
	// Function is the function that set the record aside.
	Function string    `json:"function"`
	Key      string    `json:"key"` // the stream in the record's key; it may be invalid
	Version  string    `json:"version"`
	Since    time.Time `json:"since"`
	Why      string    `json:"why"`
	Object   string    `json:"object"`
}

// listSetAside lists the records that were set aside, below the parked streams.
func (c *cli) listSetAside(cmd *cobra.Command, o *operator) error {
	all, err := o.setAsides(cmd.Context())
	if err != nil {
		return err
	}
	count := 0
	for _, of := range all {
		count += of.Count
	}
	if count == 0 {
		return nil
	}
	if c.output != asJSON {
		fmt.Fprintln(cmd.OutOrStdout(), "\nSet aside, because they can't be read:")
	}
	t := c.table(cmd, "FUNCTION", "KEY", "VERSION", "SINCE", "WHY", "OBJECT")
	for _, of := range all {
		for _, r := range of.Records {
			a := setAside{of.Function, r.Stream, r.Version, r.Since, r.Why, r.Object}
			if err := t.row(a, a.Function, a.Key, a.Version, stamp(a.Since), a.Why, a.Object); err != nil {
				return err
			}
		}
	}
	if err := t.end(); err != nil || c.output == asJSON {
		return err
	}
	for _, of := range all {
		if of.Count > len(of.Records) {
			fmt.Fprintf(cmd.OutOrStdout(), "The %s set %s aside; the oldest %d are shown.\n",
				of.Function, many(of), len(of.Records))
		}
	}
	fmt.Fprintln(cmd.OutOrStdout(), mendSetAside)
	return nil
}

func many(of setAsides) string {
	if of.More {
		return fmt.Sprintf("more than %d records", of.Count)
	}
	return fmt.Sprintf("%d records", of.Count)
}

// setAside checks that no records were set aside.
func (d *doctor) setAside(ctx context.Context) {
	const name = "records set aside"
	all, err := d.session.operator.setAsides(ctx)
	if err != nil {
		d.say(wrongResult, name, "Allow s3:ListBucket and s3:GetObject on the buckets of failures.", "%v", err)
		return
	}
	if len(all) == 0 {
		d.say(skippedResult, name, "", "the service has no buckets of failures")
		return
	}
	for _, of := range all {
		if of.Count == 0 {
			d.say(okResult, name, "", "the %s set none aside", of.Function)
			continue
		}
		var keys []string
		for _, r := range of.Records[:min(len(of.Records), 3)] {
			keys = append(keys, fmt.Sprintf("%s@%s since %s", r.Stream, r.Version, stamp(r.Since)))
		}
		d.say(wrongResult, name, "`annals parked list` lists them. "+mendSetAside, "the %s could not read %s, the oldest: %s",
			of.Function, many(of), strings.Join(keys, ", "))
	}
}
