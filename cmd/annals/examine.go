package main

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/projection"
)

const deploy = "Deploy the stack again (`make deploy`): it creates missing resources and corrects settings."

// tables checks every table, and the clock by DynamoDB's answer. It returns false if a table can't be used.
func (d *doctor) tables(ctx context.Context) bool {
	good := true
	for i, t := range annalsaws.TablesOf(d.Service) {
		name := d.session.table(t)
		out, err := d.dynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		var missing *types.ResourceNotFoundException
		switch {
		case errors.As(err, &missing):
			good = false
			d.say(wrongResult, "table "+t.Name, "Check the region and the account. "+deploy, "%s does not exist", name)
			continue
		case err != nil:
			d.say(wrongResult, "table "+t.Name,
				"Check the network, the credentials, and the permission dynamodb:DescribeTable.", "%v", err)
			return false // the other tables would fail the same way
		}
		good = d.table(t, out.Table) && good
		if i == 0 {
			d.account(out.Table)
			d.clock(out)
		}
	}
	return good
}

// table compares a table with what the code expects.
func (d *doctor) table(t annalsaws.Table, got *types.TableDescription) bool {
	switch {
	case got.TableStatus != types.TableStatusActive && got.TableStatus != types.TableStatusUpdating:
		d.say(wrongResult, "table "+t.Name, "Wait until it is active.", "%s is %s", *got.TableName, got.TableStatus)
	case !sameKeys(t.Table, got):
		d.say(wrongResult, "table "+t.Name,
			"This is another table, or one of another version of the service: check the names of tables in the "+
				"environment.", "%s has other keys", *got.TableName)
	case indexFault(t.Table, got) != "":
		d.say(wrongResult, "table "+t.Name, "Lists can't be read from it. "+deploy+
			" A deployment adds one index to a table at a time, and DynamoDB needs time to fill it. Delete an index with "+
			"other keys or attributes first.",
			"%s %s", *got.TableName, indexFault(t.Table, got))
	case t.Stream &&
		(got.StreamSpecification == nil || got.StreamSpecification.StreamViewType != types.StreamViewTypeNewImage):
		d.say(wrongResult, "table "+t.Name, "Projections receive no events without it. "+deploy,
			"%s has no stream of new images", *got.TableName)
	default:
		d.say(okResult, "table "+t.Name, "", "%s, about %d items", *got.TableName, aws.ToInt64(got.ItemCount))
		return true
	}
	return false
}

func sameKeys(want dynamotable.Table, got *types.TableDescription) bool {
	return sameKey(want.Partition, want.Sort, got.KeySchema, got.AttributeDefinitions)
}

// sameKey compares a key and its types with the key of a table or of an index.
func sameKey(
	partition, sort dynamotable.Key, schema []types.KeySchemaElement, defined []types.AttributeDefinition,
) bool {
	var keys []dynamotable.Key
	for _, k := range schema {
		i := slices.IndexFunc(defined, func(a types.AttributeDefinition) bool {
			return aws.ToString(a.AttributeName) == aws.ToString(k.AttributeName)
		})
		if i < 0 {
			return false
		}
		keys = append(keys, dynamotable.Key{
			Name: aws.ToString(k.AttributeName), Type: dynamotable.Type(defined[i].AttributeType),
		})
	}
	wanted := []dynamotable.Key{partition}
	if sort.Name != "" {
		wanted = append(wanted, sort)
	}
	return slices.Equal(keys, wanted)
}

// indexFault describes the first declared index of a table that can't be queried as declared, "" if there is none. It
// ignores indexes that are not declared.
func indexFault(want dynamotable.Table, got *types.TableDescription) string {
	for _, index := range want.Indexes {
		i := slices.IndexFunc(got.GlobalSecondaryIndexes, func(g types.GlobalSecondaryIndexDescription) bool {
			return aws.ToString(g.IndexName) == index.Name
		})
		if i < 0 {
			return "has no index " + index.Name
		}
		there := got.GlobalSecondaryIndexes[i]
		switch {
		case !sameKey(index.Partition, index.Sort, there.KeySchema, got.AttributeDefinitions):
			return "has other keys in its index " + index.Name
		case !holds(there.Projection, index.Projected):
			return "has other attributes in its index " + index.Name
		case there.IndexStatus == types.IndexStatusCreating, there.IndexStatus == types.IndexStatusDeleting:
			return "has an index " + index.Name + " that is " + string(there.IndexStatus)
		}
	}
	return ""
}

// holds tells whether an index has these attributes besides its keys.
func holds(p *types.Projection, attributes []string) bool {
	if p == nil || p.ProjectionType == types.ProjectionTypeAll {
		return p != nil
	}
	return !slices.ContainsFunc(attributes, func(a string) bool { return !slices.Contains(p.NonKeyAttributes, a) })
}

// account reports the AWS account of a table.
func (d *doctor) account(table *types.TableDescription) {
	switch at, err := arn.Parse(aws.ToString(table.TableArn)); {
	case err != nil:
		d.say(skippedResult, "account", "", "the table's ARN has none: %v", err)
	case !d.onAWS:
		d.say(okResult, "account", "", "none: the service runs locally")
	default:
		d.say(okResult, "account", "", "%s, region %s", at.AccountID, at.Region)
	}
}

// skew is how far this clock may be off. AWS refuses signatures that are 5 minutes off.
const skew = 30 * time.Second

func (d *doctor) clock(out *dynamodb.DescribeTableOutput) {
	server, ok1 := middleware.GetServerTime(out.ResultMetadata)
	here, ok2 := middleware.GetResponseAt(out.ResultMetadata)
	if !ok1 || !ok2 {
		d.say(skippedResult, "clock", "", "DynamoDB's answer has no time")
		return
	}
	if off := here.Sub(server).Abs(); off > skew {
		d.say(wrongResult, "clock", "Set this machine's clock (NTP): the times of events and the signatures of requests "+
			"depend on it.",
			"it differs from DynamoDB's by %s", off.Round(time.Second))
		return
	}
	d.say(okResult, "clock", "", "agrees with DynamoDB's within %s", skew)
}

// protection checks that the event table is protected, and that expired connections are deleted.
func (d *doctor) protection(ctx context.Context) {
	events, connections := d.session.table(annalsaws.Events), d.session.table(annalsaws.Connections)
	if ttl, err := d.dynamoDB.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{
		TableName: &connections,
	}); err != nil {
		d.say(wrongResult, "time to live", "Allow dynamodb:DescribeTimeToLive.", "%v", err)
	} else if ttl.TimeToLiveDescription == nil ||
		aws.ToString(ttl.TimeToLiveDescription.AttributeName) != annalsaws.Connections.TimeToLive {
		d.say(wrongResult, "time to live", deploy, "%s has no time to live: old connections are never deleted", connections)
	} else {
		d.say(okResult, "time to live", "", "old connections are deleted by attribute %q", annalsaws.Connections.TimeToLive)
	}
	if !d.onAWS {
		d.say(skippedResult, "protection", "", "point-in-time recovery and deletion protection are checked on AWS only")
		return
	}
	if table, err := d.dynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &events}); err != nil {
		d.say(wrongResult, "deletion protection", "Allow dynamodb:DescribeTable.", "%v", err)
	} else if !aws.ToBool(table.Table.DeletionProtectionEnabled) {
		d.say(wrongResult, "deletion protection", deploy, "%s can be deleted by mistake, with all events", events)
	} else {
		d.say(okResult, "deletion protection", "", "%s can't be deleted by mistake", events)
	}
	backups, err := d.dynamoDB.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &events})
	if err != nil {
		d.say(wrongResult, "point-in-time recovery", "Allow dynamodb:DescribeContinuousBackups.", "%v", err)
		return
	}
	switch recovery := backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription; {
	case recovery == nil || recovery.PointInTimeRecoveryStatus != types.PointInTimeRecoveryStatusEnabled:
		d.say(wrongResult, "point-in-time recovery", deploy, "%s can't be restored to an earlier second", events)
	default:
		d.say(okResult, "point-in-time recovery", "", "%s can be restored to an earlier second", events)
	}
}

func (d *doctor) queues() {
	for _, q := range []struct {
		name string
		of   annalsaws.Function
	}{{"queue of catch-ups", annalsaws.Projector}, {"queue of reactions", annalsaws.Reactor}} {
		text := d.Resources.Queues[q.of]
		at, err := url.Parse(text)
		switch {
		case text == "":
			d.say(noticeResult, q.name,
				deploy+" Without a queue, failed streams are not retried from it, and the daily reconciliation does not run.",
				"none")
		case err != nil || at.Host == "" || at.Path == "":
			d.say(wrongResult, q.name, "The description must have the queue's URL: print it again with `annals describe`.",
				"%q is not the URL of a queue", text)
		default:
			d.say(okResult, q.name, "", "%s", at)
		}
	}
}

// long is how long a rebuild may take before it is reported.
const long = 24 * time.Hour

// generations checks the generations of all projections: that the code can read them, parked streams, failed rebuilds.
func (d *doctor) generations(ctx context.Context) {
	if err := d.served(ctx); err != nil {
		d.say(wrongResult, "code", "Deploy code that has that fold version, or roll the projection back (`annals rollback`).",
			"%v", err)
	} else {
		d.say(okResult, "code", "", "the deployed code can read all serving generations")
	}
	d.readable(ctx)
	all, err := d.Projections(ctx)
	if err != nil {
		d.say(wrongResult, "projections", "Check the permission to read the tables of the projections.", "%v", err)
		return
	}
	d.lanes(ctx, all)
	for _, p := range all {
		if p.Unregistered {
			d.say(noticeResult, "projection "+p.Name, "It starts with the first commit that its function receives.",
				"it has not started")
			continue
		}
		if p.Outage != nil {
			d.say(wrongResult, "store of "+p.Name,
				"Check the store. When it answers again, the projector brings the projection up to date by itself. The other "+
					"projections are not affected.", "%s", outageOf(p))
		}
		if p.Unread != "" {
			d.say(wrongResult, "projection "+p.Name,
				"Check that its store answers, and the permission to invoke the projector function. The other projections "+
					"are not affected.",
				"it is in store %s, and its parked streams can't be read: %s", p.Store, p.Unread)
		}
		for _, g := range p.Generations {
			switch {
			case g.Parked > 0:
				d.say(wrongResult, "projection "+p.Name,
					"`annals parked list "+p.Name+
						"` names them, `annals parked show` shows the reason. See docs/runbooks/parked-streams.md.",
					"%d streams are parked in generation %d", g.Parked, g.Generation)
			case g.Failure != "":
				d.say(wrongResult, "projection "+p.Name,
					"See docs/runbooks/failed-rebuild.md. `annals rebuild "+p.Name+"` continues the rebuild.",
					"the rebuild of generation %d failed: %s", g.Generation, g.Failure)
			case g.Status == projection.Building && time.Since(g.Since) > long:
				d.say(wrongResult, "projection "+p.Name, "`annals rebuild "+p.Name+"` continues the rebuild.",
					"generation %d has been building since %s", g.Generation, stamp(g.Since))
			case g.Status == projection.Serving:
				d.say(okResult, "projection "+p.Name, "", "generation %d serves, fold version %d", g.Generation, g.Fold)
			default:
				d.say(okResult, "projection "+p.Name, "", "generation %d is %s", g.Generation, g.Status)
			}
		}
	}
}

// served checks that the deployed code has the fold of each serving generation.
//
// Errors: [projection.UnknownFoldError]; the catalog's.
func (d *doctor) served(ctx context.Context) error {
	records, err := d.session.operator.models.Records(ctx)
	if err != nil {
		return err
	}
	for _, r := range records {
		i := slices.IndexFunc(d.Service.ReadModels, func(m annals.ReadModelDescription) bool {
			return m.Name == r.Projection
		})
		serving := r.Serving()
		reads := func(f projection.FoldDescription) bool { return f.Version == serving.Fold }
		if !slices.ContainsFunc(d.Service.ReadModels[i].Folds, reads) {
			return &projection.UnknownFoldError{Projection: r.Projection, Generation: serving.Generation, Fold: serving.Fold}
		}
	}
	return nil
}
