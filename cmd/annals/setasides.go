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

// maxSetAside is how many records of each function are read.
const maxSetAside = 100

// setAsides are the records of the event table's stream that a function set aside.
type setAsides struct {
	Function string
	// Count is how many records were counted. More is true if there are more.
	Count int
	More  bool
	// Records are the oldest of them, without their contents.
	Records []setAsideRecord
}

// setAsideRecord has the members of annalslambda.Unreadable that may be shown: not the record, which has a payload.
type setAsideRecord struct {
	Stream  string    `json:"stream"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Why     string    `json:"why"`
	// Object is the URL of its object: s3://bucket/key.
	Object string `json:"-"`
}

// bucketsOf returns the buckets of the records and batches that a service's functions could not process.
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

// setAsides returns the records that the functions set aside, with an element for each function that has a bucket.
//
// Errors: those of S3; one if an object is no such record.
func (o *operator) setAsides(ctx context.Context) ([]setAsides, error) {
	var all []setAsides
	for _, of := range o.buckets {
		found, err := setAsideIn(ctx, of.bucket)
		if err != nil {
			return all, fmt.Errorf("list the records that the %s set aside: %w", of.function, err)
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
			return found, fmt.Errorf("read %s: %w", record.Object, err)
		}
		found.Records = append(found.Records, record)
	}
	return found, nil
}
