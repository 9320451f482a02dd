package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/annals-es/annals/internal/objects"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// maxSetAside is how many records of a function are looked at one by one.
const maxSetAside = 100

// setAsides is what a function set aside of the event table's stream.
type setAsides struct {
	Function string
	// Count is how many records there are, More whether there are more than can be counted at once.
	Count int
	More  bool
	// Records are the oldest of them, without what was in them.
	Records []setAsideRecord
}

// setAsideRecord is a record that was set aside: what of it may be shown. annalslambda.Unreadable is the whole of it.
type setAsideRecord struct {
	Stream  string    `json:"stream"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Why     string    `json:"why"`
	// Object is where it is, as a URL of S3.
	Object string `json:"-"`
}

// bucketsOf are the buckets of what a service's functions could not process.
func bucketsOf(s *session) []failures {
	suffix := "amazonaws.com"
	if strings.HasPrefix(s.aws.Region, "cn-") {
		suffix += ".cn"
	}
	all, s3 := []failures{}, objects.New(s.aws, os.Getenv)
	for _, f := range annalsaws.Functions {
		if name := s.Resources.Failures[f]; name != "" {
			all = append(all, failures{f, s3.Bucket(fmt.Sprintf("https://%s.s3.%s.%s", name, s.aws.Region, suffix))})
		}
	}
	return all
}

// setAsides returns what the functions set aside. One that set nothing aside is there with none.
//
// Errors: those of S3; an object that is no record.
func (o *operator) setAsides(ctx context.Context) ([]setAsides, error) {
	var all []setAsides
	for _, of := range o.buckets {
		found, err := setAsideIn(ctx, of.bucket)
		if err != nil {
			return all, fmt.Errorf("records that the %s set aside: %w", of.function, err)
		}
		found.Function = string(of.function)
		all = append(all, found)
	}
	return all, nil
}

func setAsideIn(ctx context.Context, b objects.Bucket) (setAsides, error) {
	keys, more, err := b.List(ctx, annalsaws.UnreadablePrefix)
	if err != nil {
		return setAsides{}, err
	}
	found := setAsides{Count: len(keys), More: more}
	for _, key := range keys[:min(len(keys), maxSetAside)] {
		content, err := b.Get(ctx, key)
		if err != nil {
			return found, err
		}
		record := setAsideRecord{Object: b.Location(key)}
		if err := json.Unmarshal(content, &record); err != nil {
			return found, fmt.Errorf("%s: %w", record.Object, err)
		}
		found.Records = append(found.Records, record)
	}
	return found, nil
}
