package feed

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/es"
)

// errSpent is the error of a search whose budget is used up.
var errSpent = errors.New("the budget is spent")

// least is how many requests it takes to read an open shard: an iterator, the records, and twice none.
const least = 4

// past searches a stream for its newest commits.
type past struct {
	*reader
	most int // commits
	now  time.Time
	left int // requests
	all  map[string]types.Shard
	read map[string]stretch // by shard
}

// stretch has the commits of a shard that was read to its end.
type stretch struct {
	// first is the time of its first commit, zero if it has none. All commits of its parent are older.
	first time.Time
	// newest are its last commits, in the order of the shard.
	newest []es.Commit
}

// search returns the newest commits, the oldest first. It returns true if they are complete: as many as requested, or
// all that exist. It takes a place in each open shard, after the commits that were found or, if the shard is too long,
// at its end.
func (p *past) search(ctx context.Context, limit time.Duration) ([]es.Commit, bool, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	complete, err := p.open(ctx, bounded)
	switch {
	case err != nil:
		return nil, false, err
	case !complete:
		return nil, false, p.followEnded(ctx)
	}
	for complete && p.most > 0 {
		older := p.older()
		if older == "" {
			break
		}
		if complete, err = within(bounded, p.shard(bounded, older)); err != nil {
			return nil, false, err
		}
	}
	return p.newest(), complete, p.followEnded(ctx)
}

// open reads the open shards, and tells whether it reached the end of all of them.
func (p *past) open(ctx, bounded context.Context) (complete bool, err error) {
	var open []string
	for id, s := range p.all {
		if isOpen(s) {
			open = append(open, id)
		}
	}
	slices.Sort(open)
	complete = p.most == 0 || least*len(open) <= p.left
	for _, id := range open {
		if p.most > 0 && complete {
			if complete, err = within(bounded, p.shard(bounded, id)); err != nil {
				return false, err
			}
		}
		if p.most == 0 || !complete {
			if err := p.take(ctx, id, place{kind: types.ShardIteratorTypeLatest}); err != nil {
				return false, err
			}
		}
	}
	return complete, nil
}

// within tells whether the search is within its budget. The budget is used up when the stream throttles.
func within(bounded context.Context, err error) (bool, error) {
	var limit *types.LimitExceededException
	var throttled smithy.APIError
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, errSpent), errors.Is(bounded.Err(), context.DeadlineExceeded), errors.As(err, &limit),
		errors.As(err, &throttled) && throttled.ErrorCode() == "ThrottlingException":
		return false, nil
	}
	return false, err
}

// shard reads a shard from its beginning to its end, and takes the place there if it is open.
func (p *past) shard(ctx context.Context, id string) error {
	at := place{kind: types.ShardIteratorTypeTrimHorizon}
	var first *es.Commit
	var last []types.Record
	for empty := 0; ; {
		records, err := p.page(ctx, id, &at)
		if err != nil {
			return err
		}
		for i := range records {
			at.kind, at.after = types.ShardIteratorTypeAfterSequenceNumber, records[i].Dynamodb.SequenceNumber
			if !inserts(&records[i]) {
				continue
			}
			if c, err := commitOf(&records[i]); first == nil && err == nil {
				first = &c
			}
			last = append(last, records[i])
		}
		last = last[max(0, len(last)-p.most):]
		if empty++; len(records) > 0 {
			empty = 0
		}
		if at.iterator == nil || isOpen(p.all[id]) && (empty == 2 || p.isNow(records)) {
			break
		}
	}
	if at.iterator != nil {
		p.places[id] = at
	}
	p.read[id] = stretchOf(first, last)
	return nil
}

// isNow tells whether a page ends with commits that were stored after the search began: a busy shard has no empty page
// at its end.
func (p *past) isNow(records []types.Record) bool {
	if len(records) == 0 {
		return false
	}
	created := records[len(records)-1].Dynamodb.ApproximateCreationDateTime
	return created != nil && !created.Before(p.now)
}

// page reads the next page of a shard. It is empty if DynamoDB has just deleted the shard.
func (p *past) page(ctx context.Context, id string, at *place) ([]types.Record, error) {
	var gone *types.ResourceNotFoundException
	var trimmed *types.TrimmedDataAccessException
	records, err := p.next(ctx, id, at)
	if !isOpen(p.all[id]) && (errors.As(err, &gone) || errors.As(err, &trimmed)) {
		at.iterator = nil
		return nil, nil
	}
	return records, err
}

func (p *past) next(ctx context.Context, id string, at *place) ([]types.Record, error) {
	if at.iterator == nil {
		if err := p.spend(); err != nil {
			return nil, err
		}
		out, err := p.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
			StreamArn: &p.stream, ShardId: &id, ShardIteratorType: at.kind,
		})
		if err != nil {
			return nil, err
		}
		at.iterator = out.ShardIterator
	}
	if err := p.spend(); err != nil {
		return nil, err
	}
	out, err := p.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: at.iterator})
	if err != nil {
		return nil, err
	}
	at.iterator = out.NextShardIterator
	return out.Records, nil
}

func (p *past) spend() error {
	if p.left == 0 {
		return errSpent
	}
	p.left--
	return nil
}

// older names a shard that was not read and may hold commits newer than the oldest that was found, "" if there is none.
func (p *past) older() string {
	found := p.newest()
	for id, s := range p.read {
		parent := aws.ToString(p.all[id].ParentShardId)
		_, listed := p.all[parent]
		_, read := p.read[parent]
		if listed && !read && (len(found) < p.most || s.first.IsZero() || s.first.After(found[0].At)) {
			return parent
		}
	}
	return ""
}

// newest returns the newest commits that were read, the oldest first.
func (p *past) newest() []es.Commit {
	var all []es.Commit
	for _, s := range p.read {
		all = append(all, s.newest...)
	}
	slices.SortFunc(all, func(a, b es.Commit) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Stream.String(), b.Stream.String()),
			cmp.Compare(a.Version, b.Version))
	})
	return all[max(0, len(all)-p.most):]
}

// followEnded opens the shards that follow those that ended during the search.
func (p *past) followEnded(ctx context.Context) error {
	for id := range p.read {
		if _, open := p.places[id]; !open && isOpen(p.all[id]) {
			return p.follow(ctx)
		}
	}
	return nil
}

func stretchOf(first *es.Commit, last []types.Record) stretch {
	var s stretch
	if first != nil {
		s.first = first.At
	}
	for i := range last {
		if c, err := commitOf(&last[i]); err == nil {
			s.newest = append(s.newest, c)
		}
	}
	return s
}

func isOpen(s types.Shard) bool {
	return s.SequenceNumberRange == nil || s.SequenceNumberRange.EndingSequenceNumber == nil
}

func byID(shards []types.Shard) map[string]types.Shard {
	all := make(map[string]types.Shard, len(shards))
	for _, s := range shards {
		all[aws.ToString(s.ShardId)] = s
	}
	return all
}
