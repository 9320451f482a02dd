package dynamokeys

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// maxShort is the longest name of a stream, in bytes, that is part of the sort key. DynamoDB's maximum for a sort key
// is 1,024 bytes.
const maxShort = 1000

// Note implements [personal.Keys]. It is one PutItem, without a condition: the same note is the same item.
//
// Errors: [personal.NameError]; [es.StreamNameError] and [es.LimitError] for the stream's name.
func (k *Keys) Note(ctx context.Context, subject string, stream es.StreamID) error {
	if err := personal.Check(subject); err != nil {
		return err
	}
	if err := stream.Validate(); err != nil {
		return err
	}
	put := &dynamodb.PutItemInput{TableName: &k.table, Item: note(subject, stream)}
	if _, err := k.client.PutItem(ctx, put); err != nil {
		return failed("note a stream for subject", subject, err)
	}
	return nil
}

func note(subject string, stream es.StreamID) item {
	name := stream.String()
	if len(name) <= maxShort {
		return item{subjectName: text(subject), aboutName: text(shortNote + name)}
	}
	return item{subjectName: text(subject), aboutName: text(longNote + hash(name)), streamName: text(name)}
}

func hash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Streams implements [personal.Keys]. It is one Query for each megabyte of notes.
//
// Errors: [personal.NameError].
func (k *Keys) Streams(ctx context.Context, subject string) iter.Seq2[es.StreamID, error] {
	return func(yield func(es.StreamID, error) bool) {
		if err := personal.Check(subject); err != nil {
			yield(es.StreamID{}, err)
			return
		}
		pages := dynamodb.NewQueryPaginator(k.client, &dynamodb.QueryInput{
			TableName: &k.table, ConsistentRead: aws.Bool(true),
			KeyConditionExpression:    aws.String("#subject = :subject AND begins_with(#about, :notes)"),
			ExpressionAttributeNames:  map[string]string{"#subject": subjectName, "#about": aboutName},
			ExpressionAttributeValues: item{":subject": text(subject), ":notes": text(noteItems)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(es.StreamID{}, failed("list the streams of subject", subject, err))
				return
			}
			for _, stored := range page.Items {
				stream, err := noted(stored)
				if err != nil {
					yield(es.StreamID{}, failed("list the streams of subject", subject, err))
					return
				}
				if !yield(stream, nil) {
					return
				}
			}
		}
	}
}

// noted returns the stream of a stored note.
//
// Errors: an error that names the subject and the attribute that can't be read.
func noted(stored item) (es.StreamID, error) {
	r := reader{item: stored}
	about := r.text(aboutName)
	from := aboutName
	name, short := strings.CutPrefix(about, shortNote)
	if sum, long := strings.CutPrefix(about, longNote); long {
		from, name = streamName, r.text(streamName)
		if hash(name) != sum {
			r.fail(from, errors.New("is not the name whose hash is in the sort key"))
		}
	} else if !short {
		r.fail(from, fmt.Errorf("is %q, want a note that begins with %s or %s", about, shortNote, longNote))
	}
	stream, err := es.ParseStreamID(name)
	if err != nil {
		r.fail(from, err)
	}
	return stream, r.err
}
