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

// Unreadable is a record of the event table's stream that was set aside, as the bucket has it: a JSON document.
type Unreadable struct {
	// Stream and Version are what the record's key says, "?" where it does not. They may name no stream.
	Stream  string `json:"stream"`
	Version string `json:"version"`
	// Since is when the record came into the table's stream.
	Since time.Time `json:"since"`
	// Why says why it could not be read. It cites no payload.
	Why string `json:"why"`
	// Record is the record as Lambda delivered it, whole.
	Record *events.DynamoDBEventRecord `json:"record"`
}

// unreadable deals with a record that is no commit. If its key names a place in a stream, the stream is read from the
// event table, where the commit may be whole, or else parks the stream. If that is not possible, the record is set
// aside, so that it holds up nothing. It tells whether the record is dealt with: if not, the batch has to come again.
func (p *Subscriber) unreadable(ctx context.Context, record *events.DynamoDBEventRecord) bool {
	said := []slog.Attr{slog.String("commit", name(record.Change.Keys))}
	stream, err := placeOf(record)
	if err == nil {
		err = p.engine.CatchUp(ctx, stream)
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
	// The error of decoding it is left out: it may cite the payload.
	p.log.LogAttrs(ctx, slog.LevelError, "a stored commit can't be read", said...)
	return done
}

// placeOf is the stream that a record's key names, if the key is one of a commit.
//
// Errors: [es.StreamNameError], [es.LimitError]; a version that no commit has.
func placeOf(record *events.DynamoDBEventRecord) (es.StreamID, error) {
	stream, err := streamOf(record)
	if err != nil {
		return stream, err
	}
	key, there := record.Change.Keys[dynamostore.EventsTable.Sort.Name]
	if !there || key.DataType() != events.DataTypeNumber {
		return stream, errors.New("a record without a version")
	}
	if version, err := strconv.ParseInt(key.Number(), 10, 64); err != nil || version < 1 {
		return stream, fmt.Errorf("the version %s: the versions of commits are whole numbers from 1", key.Number())
	}
	return stream, nil
}

// passes tells whether the same record may be dealt with when it comes again.
func passes(err error) bool {
	return dynamofault.Unavailable(err) || errors.Is(err, es.ErrUnavailable) || errors.Is(err, projection.ErrUnfinished) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// setAside writes a record whole into the function's bucket. A record that comes again is written again, to the same
// object.
//
// Errors: those of S3; there is no bucket.
func (p *Subscriber) setAside(
	ctx context.Context, record *events.DynamoDBEventRecord, why error,
) (object string, err error) {
	if p.failures == nil {
		return "", errors.New("there is no bucket to set it aside in")
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

// asideKey is the key of the object of a record: the same whenever it comes, another for each record, and in their
// order.
func asideKey(record *events.DynamoDBEventRecord) string {
	number := record.Change.SequenceNumber
	if strings.Trim(number, "0123456789") != "" {
		number = "" // it is part of a path
	}
	sum := sha256.Sum256([]byte(name(record.Change.Keys)))
	return fmt.Sprintf("%s%040s-%x", annalsaws.UnreadablePrefix, number, sum[:8])
}
