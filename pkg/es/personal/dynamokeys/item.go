package dynamokeys

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

type item = map[string]types.AttributeValue

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func truth(v bool) types.AttributeValue  { return &types.AttributeValueMemberBOOL{Value: v} }
func number(v int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(v)}
}

// keyOf returns the table's key of the item with a subject's key or tombstone.
func keyOf(subject string) item { return item{subjectName: text(subject), aboutName: text(keyItem)} }

func encode(key personal.Key) item {
	encoded := keyOf(key.Subject)
	encoded[numberName] = number(key.Number)
	encoded[secretName] = &types.AttributeValueMemberB{Value: key.Secret}
	encoded[atName] = text(es.FormatTime(key.At))
	return encoded
}

// decode returns the key or tombstone in an item.
//
// Errors: an error that names the subject and the attribute that can't be read.
func decode(stored item) (personal.Key, error) {
	r := reader{item: stored}
	key := r.key()
	key.Secret = r.secret(key.Forgotten)
	if r.err != nil {
		return personal.Key{}, r.err
	}
	return key, nil
}

// decodeListed is decode for an item that was read without its secret.
func decodeListed(stored item) (personal.Key, error) {
	r := reader{item: stored}
	key := r.key()
	if r.err != nil {
		return personal.Key{}, r.err
	}
	return key, nil
}
