package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"
)

func (c *cli) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check a setup, and say what is wrong and what to do",
		Long: `Check a setup, and say what is wrong and what to do. It checks where the service is, the credentials, the
clock, every table with its keys and indexes, the event table's stream and its protection, the queues, whether the
deployed code can read the serving generations and their rows, projections that are more than two minutes behind,
parked streams, outages of the stores of read models, deadlines that failed or are more than 15 minutes overdue, ids
that look like e-mail addresses, and records of the stream that were set aside. It reads a hundred rows of each read model on
DynamoDB, which the query function decodes, at most 1,000 due deadlines of each timer, the newest commits from the event
table's DynamoDB stream (see annals tail --help), and the first page of a scan of the event table and of the table of
keys: at most 1,000 items and 1 MB of each.
Exit code 3: something is wrong.`,
		Example: "  annals --local doctor\n  annals --stack Shop doctor --output json | jq 'select(.result != \"ok\")'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := doctor{cli: c}
			d.examine(cmd)
			t := c.table(cmd, "RESULT", "CHECK", "DETAIL")
			for _, one := range d.checks {
				if err := t.row(one, one.Result, one.Check, one.Detail); err != nil {
					return err
				}
			}
			if err := t.end(); err != nil {
				return err
			}
			return c.advise(cmd, d.checks)
		},
	}
}

// advise prints the advice of checks.
func (c *cli) advise(cmd *cobra.Command, checks []check) error {
	wrong := 0
	for _, one := range checks {
		if one.Result == wrongResult {
			wrong++
		}
		if one.Advice != "" && c.output != asJSON {
			fmt.Fprintf(people{cmd.OutOrStdout()}, "\n%s: %s\n  %s\n", one.Check, one.Detail, one.Advice)
		}
	}
	if wrong > 0 {
		return found("%d checks found something wrong", wrong)
	}
	return nil
}

// The results of a check.
const (
	okResult      = "ok"
	noticeResult  = "notice" // it works, but the operator should know about it
	wrongResult   = "wrong"
	skippedResult = "skipped"
)

// check is the result of one check.
type check struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Detail string `json:"detail"`
	// Advice is what to do. It is "" if there is nothing to do.
	Advice string `json:"advice,omitempty"`
}

// doctor checks a setup.
type doctor struct {
	*cli
	*session
	onAWS  bool
	checks []check
}

func (d *doctor) say(result, name, advice, format string, args ...any) {
	d.checks = append(d.checks, check{name, result, fmt.Sprintf(format, args...), advice})
}

// examine runs the checks. It stops where the remaining checks would fail for the same reason.
func (d *doctor) examine(cmd *cobra.Command) {
	ctx := cmd.Context()
	v := thisVersion()
	d.say(okResult, "version", "", "annals %s, %s, %s", v.Version, v.Go, v.Platform)
	var err error
	if d.session, err = d.connect(cmd); err != nil {
		d.say(wrongResult, "settings", "Say where the service is: --local for `make run`, --stack NAME for a stack on AWS "+
			"(`cdk list` names them), or --file FILE.", "%v", err)
		return
	}
	endpoint := d.dynamoDB.Options().BaseEndpoint
	d.onAWS = endpoint == nil
	d.say(okResult, "settings", "", "%s", d.place(cmp.Or(aws.ToString(endpoint), "AWS")))
	d.queues()
	if !d.credentials(ctx) {
		return
	}
	if !d.tables(ctx) {
		return
	}
	d.protection(ctx)
	d.generations(ctx)
	d.deadlines(ctx)
	d.addresses(ctx)
	d.setAside(ctx)
}

// place describes the service that is checked.
func (d *doctor) place(endpoint string) string {
	return fmt.Sprintf("%s: service %s, region %s, DynamoDB at %s", d.Place, d.Service.Name, d.aws.Region, endpoint)
}

func (d *doctor) credentials(ctx context.Context) bool {
	got, err := d.aws.Credentials.Retrieve(ctx)
	if err != nil {
		d.say(wrongResult, "credentials", "Log in (`aws sso login`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "+
			"AWS_SECRET_ACCESS_KEY.", "%v", err)
		return false
	}
	d.say(okResult, "credentials", "", "from %s", got.Source)
	return true
}
