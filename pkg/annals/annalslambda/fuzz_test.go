package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// stored is a client whose table holds one item.
type stored struct {
	dynamostore.Client
	item dynamostore.Item
}

func (s stored) Query(
	context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options),
) (*dynamodb.QueryOutput, error) {
	return &dynamodb.QueryOutput{Items: []dynamostore.Item{s.item}}, nil
}

// FuzzStoredItem: for any item of the event table, each way to read it gives its commit, or an error
// that names its stream and version.
func FuzzStoredItem(f *testing.F) {
	for _, seed := range []string{
		`{"count":{"N":"1"},"id":{"S":"i"},"at":{"S":"2026-01-31T12:00:00.000000Z"},"hash":{"B":"AA=="},` +
			`"events":{"L":[{"M":{"type":{"S":"Noted"},"schema":{"N":"1"},"data":{"S":"{}"}}}]}}`,
		`{"count":{"N":"1"},"prev":{"B":"AA=="},"events":{"L":[{"M":{"type":{"S":"Noted"}}}]},` +
			`"zdata":{"B":"KLUv/SQAAQAAmek="}}`,
		`{"count":{"N":"9223372036854775807"},"meta":{"M":{"occurredAt":{"S":"x"}}}}`,
		`{"siblings":{"L":[{"NULL":true}]}}`, `{}`,
	} {
		f.Add(int64(1), []byte(seed))
		f.Add(int64(math.MaxInt64), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, version int64, text []byte) {
		var image map[string]events.DynamoDBAttributeValue
		if version < 1 || json.Unmarshal(text, &image) != nil {
			return
		}
		at := es.StreamVersion{Stream: es.StreamID{Type: "Account", ID: "a"}, Version: version}
		one := item(image)
		one["stream"] = &types.AttributeValueMemberS{Value: at.Stream.String()}
		one["version"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(version, 10)}
		store, err := dynamostore.New(stored{item: one}, "events", dynamostore.Config{})
		if err != nil {
			t.Fatal(err)
		}
		check := func(way string, err error) {
			var corrupt *es.CorruptError
			if err != nil && (!errors.As(err, &corrupt) || corrupt.Stream != at.Stream || corrupt.Version != at.Version) {
				t.Errorf("%s: %v does not name %s", way, err, at)
			}
		}
		_, err = store.Load(t.Context(), store.Empty(at.Stream), func(*es.Commit) error { return nil })
		check("load", err)
		_, err = store.Head(t.Context(), at.Stream)
		check("head", err)
		for c, err := range store.Read(t.Context(), at.Stream, es.Range{}) {
			check("read", err)
			if err == nil && (c.Stream != at.Stream || c.Version != version || len(c.Events) == 0) {
				t.Errorf("read accepted %+v", c)
			}
		}
	})
}

// FuzzStreamRecord: any stream record is a whole commit, or an error that says that the item is corrupt. Its
// name can be logged.
func FuzzStreamRecord(f *testing.F) {
	good := `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{"stream":{"S":"Account#a"},` +
		`"version":{"N":"1"}},"NewImage":{` +
		`"stream":{"S":"Account#a"},"version":{"N":"1"},"count":{"N":"1"},"id":{"S":"i"},` +
		`"at":{"S":"2026-01-31T12:00:00.000000Z"},` +
		`"hash":{"B":"AA=="},"meta":{"M":{"actor":{"S":"x"},"extra":{"M":{"k":{"S":"v"}}}}},"types":{"SS":["Noted"]},` +
		`"siblings":{"L":[{"M":{"stream":{"S":"Account#b"},"version":{"N":"2"}}}]},` +
		`"events":{"L":[{"M":{"type":{"S":"Noted"},"schema":{"N":"1"},"data":{"S":"{}"}}}]}}}}`
	for _, seed := range []string{
		good, `{}`, `{"dynamodb":{"Keys":{"stream":{}}}}`, `{"dynamodb":{"NewImage":{"stream":{"NULL":true}}}}`,
		`{"dynamodb":{"NewImage":{"stream":null}}}`, `{"dynamodb":{"NewImage":{"zdata":{"B":"KLUv/SQAAQAAmek="}}}}`,
		`{"dynamodb":{"NewImage":{"events":{"L":[{},{"M":null},null]}}}}`,
		`{"dynamodb":{"Keys":{"stream":null,"version":null}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var record events.DynamoDBEventRecord
		if json.Unmarshal(text, &record) != nil {
			return
		}
		_ = name(record.Change.Keys)
		commit, err := dynamostore.Decode(item(record.Change.NewImage))
		var corrupt *es.CorruptError
		switch {
		case err == nil && (commit.Version < 1 || len(commit.Events) == 0 || commit.Stream.Validate() != nil):
			t.Errorf("record accepted: %+v", commit)
		case err != nil && !errors.As(err, &corrupt):
			t.Errorf("%v does not say that the item is corrupt", err)
		}
	})
}
