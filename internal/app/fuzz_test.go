package app

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// FuzzStreamRecord: whatever a stream record holds, it is a whole commit or an error that says the item is corrupt, and its
// name can be told for the log.
func FuzzStreamRecord(f *testing.F) {
	good := `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{"stream":{"S":"Account#a"},"version":{"N":"1"}},"NewImage":{` +
		`"stream":{"S":"Account#a"},"version":{"N":"1"},"count":{"N":"1"},"id":{"S":"i"},"at":{"S":"2026-01-31T12:00:00.000000Z"},` +
		`"hash":{"B":"AA=="},"meta":{"M":{"actor":{"S":"x"},"extra":{"M":{"k":{"S":"v"}}}}},"types":{"SS":["Noted"]},` +
		`"siblings":{"L":[{"M":{"stream":{"S":"Account#b"},"version":{"N":"2"}}}]},` +
		`"events":{"L":[{"M":{"type":{"S":"Noted"},"schema":{"N":"1"},"data":{"S":"{}"}}}]}}}}`
	for _, seed := range []string{
		good, `{}`, `{"dynamodb":{"Keys":{"stream":{}}}}`, `{"dynamodb":{"NewImage":{"stream":{"NULL":true}}}}`,
		`{"dynamodb":{"NewImage":{"stream":null}}}`, `{"dynamodb":{"NewImage":{"zdata":{"B":"KLUv/SQAAQAAmek="}}}}`,
		`{"dynamodb":{"NewImage":{"events":{"L":[{},{"M":null},null]}}}}`, `{"dynamodb":{"Keys":{"stream":null,"version":null}}}`,
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
			t.Errorf("accepted %+v", commit)
		case err != nil && !errors.As(err, &corrupt):
			t.Errorf("%v does not say that the item is corrupt", err)
		}
	})
}
