package runner

import (
	"context"
	"path"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/local/bucket"
	"github.com/annals-es/annals/local/mapping"
	"github.com/annals-es/annals/local/queue"
	"github.com/annals-es/annals/local/template"
)

// openBuckets opens the template's buckets and serves them. Call it after openQueues.
func (r *runner) openBuckets(system *template.System) {
	r.buckets = map[string]*bucket.Bucket{}
	var all []*bucket.Bucket
	for _, d := range system.Buckets {
		b := bucket.New(bucket.Config{
			Name: d.Name, ARN: d.ARN, Region: template.Region, Dir: filepath.Join(r.bucketFolders(), d.ID),
		})
		for _, id := range d.QueueIDs {
			b.Tell(func(message string) error { return r.queues[id].Send(context.Background(), []byte(message)) })
		}
		r.buckets[d.ID] = b
		all = append(all, b)
	}
	r.s3.May = r.gate.mayDo
	r.s3.Serve(all...)
}

// toQueue is a destination that receives where the records are.
type toQueue struct{ *queue.Queue }

func (d toQueue) GiveUp(ctx context.Context, g mapping.GivenUp) error { return d.Send(ctx, g.Metadata) }

// toBucket is a destination that receives the records too. Its keys have Lambda's format, see
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html.
type toBucket struct {
	*bucket.Bucket
	mapping string
}

func (d toBucket) GiveUp(_ context.Context, g mapping.GivenUp) error {
	now := time.Now().UTC()
	return d.Put(path.Join("aws/lambda", d.mapping, g.Shard, now.Format("2006/01/02"),
		now.Format("2006-01-02T15.04.05")+"-"+uuid.NewString()), g.Whole)
}
