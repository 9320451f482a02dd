package dynamokeys_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/pkg/es/personal/keystest"
)

// open returns keys on a new table, and the table's name.
func open(t *testing.T, more ...func(*dynamodb.Options)) (*dynamokeys.Keys, string) {
	t.Helper()
	table := dynamotest.Table(t, dynamotest.Client(t), dynamokeys.Table)
	keys, err := dynamokeys.New(dynamotest.Client(t, more...), table)
	if err != nil {
		t.Fatal(err)
	}
	return keys, table
}

func TestKeys(t *testing.T) {
	t.Parallel()
	keystest.Run(t, func(t *testing.T) personal.Keys {
		t.Helper()
		keys, _ := open(t)
		return keys
	})
}

func TestNewRefusesNoTable(t *testing.T) {
	t.Parallel()
	if _, err := dynamokeys.New(dynamotest.Client(t), ""); err == nil {
		t.Error("a store without a table was accepted")
	}
}
