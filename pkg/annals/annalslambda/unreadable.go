package annalslambda

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Unreadable is the JSON document that is stored in S3 for a record of the event table's stream that was set aside.
type Unreadable struct {
	// Stream and Version are those in the record's key, "?" if the key has none. They may be invalid.
	Stream  string `json:"stream"`
	Version string `json:"version"`
	// Since is when the record entered the table's stream.
	Since time.Time `json:"since"`
	// Why is why the record could not be read. It contains no payload.
	Why string `json:"why"`
	// Record is the whole record as Lambda delivered it.
	Record *events.DynamoDBEventRecord `json:"record"`
}

// unreadable handles a record that is no commit. If its key is that of a commit, the stream is caught up from the event
// table: the commit may be readable there, and if not, the stream is parked. If the stream can't be caught up, the
// record is set aside, so that the shard moves on. It returns false if the batch has to be delivered again.
func (p *Subscriber) unreadable(ctx context.Context, record *events.DynamoDBEventRecord) bool {
	said := []slog.Attr{slog.String("commit", name(record.Change.Keys))}
	stream, err := placeOf(record)
	if err == nil {
		err = p.engine.CatchUp(ctx, stream)
	}
	if _, away := errors.AsType[*projection.OutageError](err); away { // its recovery catches up the stream, too
		err = nil
	}
	done := err == nil
	if !done {
		said = append(said, slog.String("error", annalshttp.Describe(err)))
	}
	if !done && !passes(err) {
		object, failed := p.setAside(ctx, record, err)
		if done = failed == nil; done {
			said = append(said, slog.String("setAside", object))
		} else {
			said = append(said, slog.String("notSetAside", failed.Error()))
		}
	}
	// The error of decoding is not logged: it may contain the payload.
	p.log.LogAttrs(ctx, slog.LevelError, "a stored commit can't be read", said...)
	return done
}

// placeOf returns the stream in a record's key, if the key is that of a commit.
//
// Errors: [es.StreamNameError], [es.LimitError]; one if the version is invalid.
func placeOf(record *events.DynamoDBEventRecord) (es.StreamID, error) {
	stream, err := streamOf(record)
	if err != nil {
		return stream, err
	}
	key, there := record.Change.Keys[dynamostore.EventsTable.Sort.Name]
	if !there || key.DataType() != events.DataTypeNumber {
		return stream, errors.New("the record's key has no version")
	}
	if version, err := strconv.ParseInt(key.Number(), 10, 64); err != nil || version < 1 {
		return stream, fmt.Errorf("version %s is invalid: versions of commits are whole numbers from 1", key.Number())
	}
	return stream, nil
}

// passes tells whether an error is transient, so that the record is tried again.
func passes(err error) bool {
	return dynamofault.Unavailable(err) || errors.Is(err, es.ErrUnavailable) || errors.Is(err, projection.ErrUnfinished) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// setAside writes the whole record into the function's bucket. A record that is delivered again is written to the same
// object again.
//
// Errors: those of S3; one if the function has no bucket.
func (p *Subscriber) setAside(
	ctx context.Context, record *events.DynamoDBEventRecord, why error,
) (object string, err error) {
	if p.failures == nil {
		return "", errors.New("the function has no bucket to set the record aside in")
	}
	stream, version := keysOf(record.Change.Keys)
	content, err := json.Marshal(Unreadable{
		Stream: stream, Version: version, Since: record.Change.ApproximateCreationDateTime.UTC(),
		Why: annalshttp.Describe(why), Record: record,
	})
	if err != nil {
		return "", err
	}
	object = asideKey(record)
	if err := p.failures.Put(ctx, object, content); err != nil {
		return "", err
	}
	p.meter.Add(telemetry.UnreadableRecords, 1)
	return object, nil
}

// asideKey is the key of a record's object. It is the same at each delivery, unique, and sorts in the order of the
// stream.
func asideKey(record *events.DynamoDBEventRecord) string {
	number := record.Change.SequenceNumber
	if strings.Trim(number, "0123456789") != "" {
		number = "" // it becomes part of a path
	}
	sum := sha256.Sum256([]byte(name(record.Change.Keys)))
	return fmt.Sprintf("%s%040s-%x", annalsaws.UnreadablePrefix, number, sum[:8])
}
