package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/internal/awsconfig/profiles"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/internal/inspect/feed"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// session is a connection to a service.
type session struct {
	annalsaws.Located
	*inspect.Inspector
	operator *operator
	aws      aws.Config
	dynamoDB *dynamodb.Client
	store    *dynamostore.Store
	// elsewhere is an error if the environment names another table than the functions use.
	elsewhere error
}

// table returns a table's name on DynamoDB.
func (s *session) table(t annalsaws.Table) string { return s.Resources.Tables[t.Name] }

// connect connects to the service.
func (c *cli) connect(cmd *cobra.Command) (*session, error) {
	ctx := cmd.Context()
	var (
		s   session
		err error
	)
	if s.Located, err = c.locate(ctx, cmd.InOrStdin()); err != nil {
		return nil, err
	}
	if err := c.nameTables(cmd, &s); err != nil {
		return nil, err
	}
	if s.aws, err = profiles.Load(ctx); err != nil {
		return nil, err
	}
	only := cmd.CommandPath()
	s.dynamoDB = dynamodb.NewFromConfig(s.aws, unchecked)
	if writes(cmd) {
		only = ""
	} else {
		s.dynamoDB = readOnly(s.dynamoDB, only)
	}
	log := slog.New(slog.NewTextHandler(people{cmd.ErrOrStderr()}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if s.store, err = dynamostore.New(s.dynamoDB, s.table(annalsaws.Events), dynamostore.Config{Log: log}); err != nil {
		return nil, err
	}
	s.operator = newOperator(&s,
		functions.New(s.aws, s.Resources.Functions, only).On(s.table(annalsaws.Events), s.elsewhere), log)
	follow := feed.Config{Every: time.Second}
	if s.dynamoDB.Options().BaseEndpoint != nil { // not AWS: a third reader of the stream does no harm
		follow.Every, follow.Budget.Requests = 200*time.Millisecond, 400
	}
	s.Inspector = inspect.New(s.store, inspect.Config{
		Aggregates: s.operator.replays(s.Service), Engines: s.operator.Engines(),
		Apart: s.operator.apart,
		Feed:  feed.New(s.dynamoDB, s.aws, s.table(annalsaws.Events), follow),
		Every: follow.Every, UnitsPerSecond: c.units,
	})
	return &s, nil
}

// nameTables replaces the names of tables with those in the environment, if there are any. The variables are the ones
// that the functions have. It prints each replacement. After a replacement no function may be asked: functions use the
// other table. It fails if a table has no name.
func (c *cli) nameTables(cmd *cobra.Command, s *session) error {
	var missing []string
	for _, t := range annalsaws.TablesOf(s.Service) {
		if name := c.getenv(t.Env()); name != "" && name != s.table(t) {
			fmt.Fprintf(cmd.ErrOrStderr(), "table %s: using %s instead of %s, because %s is set\n",
				t.Name, name, s.table(t), t.Env())
			s.elsewhere = fmt.Errorf("it uses table %s, not %s, which %s names: unset %s, or use a command that needs no "+
				"function",
				cmp.Or(s.table(t), "of another name"), name, t.Env(), t.Env())
			s.Resources.Tables[t.Name] = name
		}
		if s.table(t) == "" {
			missing = append(missing, t.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s has no table for %s: deploy it again, or name the tables in the environment, such as %s=NAME",
		s.Place, strings.Join(missing, ", "), annalsaws.Events.Env())
}

// unchecked disables the checksums of answers: TLS protects their integrity. DynamoDB's errors carry no checksum, so
// the SDK would log a mismatch at every failed condition: https://github.com/aws/aws-sdk-go-v2/issues/3545.
func unchecked(o *dynamodb.Options) { o.DisableValidateResponseChecksum = true }

// operator connects to the service and returns its operator.
func (c *cli) operator(cmd *cobra.Command) (*operator, error) {
	s, err := c.connect(cmd)
	if err != nil {
		return nil, err
	}
	return s.operator, nil
}

// projectionNames returns the names of a service's reactions and of its read models that are not replaced.
func projectionNames(l annalsaws.Located) []string {
	var names []string
	for _, r := range l.Service.Reactions {
		names = append(names, r.Name)
	}
	for _, m := range l.Service.ReadModels {
		if !m.Replaced {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}
