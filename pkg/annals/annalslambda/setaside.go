package annalslambda

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// maxSetAside is how many records of a function are looked at one by one.
const maxSetAside = 100

// SetAside is what a function set aside of the event table's stream.
type SetAside struct {
	Function string // the projector, the reactor
	// Count is how many records there are, More whether there are more than can be counted at once.
	Count int
	More  bool
	// Records are the oldest of them, without what was in them.
	Records []SetAsideRecord
}

// SetAsideRecord is a record that was set aside.
type SetAsideRecord struct {
	Unreadable
	// Object is where it is, as a URL of S3.
	Object string
}

// SetAside returns what the functions set aside, of those whose buckets are known. One that set nothing aside is there
// with none.
//
// Errors: those of S3; an object that is no record.
func (o *Operator) SetAside(ctx context.Context) ([]SetAside, error) {
	var all []SetAside
	for _, of := range o.failures {
		if of.bucket == nil {
			continue
		}
		found, err := setAsideIn(ctx, of.bucket)
		if err != nil {
			return all, fmt.Errorf("records that the %s set aside: %w", of.function, err)
		}
		found.Function = of.function
		all = append(all, found)
	}
	return all, nil
}

func setAsideIn(ctx context.Context, b Bucket) (SetAside, error) {
	keys, more, err := b.List(ctx, annalsaws.UnreadablePrefix)
	if err != nil {
		return SetAside{}, err
	}
	found := SetAside{Count: len(keys), More: more}
	for _, key := range keys[:min(len(keys), maxSetAside)] {
		content, err := b.Get(ctx, key)
		if err != nil {
			return found, err
		}
		record := SetAsideRecord{Object: b.Location(key)}
		if err := json.Unmarshal(content, &record.Unreadable); err != nil {
			return found, fmt.Errorf("%s: %w", record.Object, err)
		}
		record.Record = nil // nobody is shown a payload
		found.Records = append(found.Records, record)
	}
	return found, nil
}

// functionFailures is the bucket of a function. nil = it is not known.
type functionFailures struct {
	function string
	bucket   Bucket
}
